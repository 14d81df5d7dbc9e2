const root = document.getElementById("swagger-ui");
// Without a validator, which would be another host. What opens a call is a button: a link in it is
// one control within another, and as text alone it leads to the same place.
SwaggerUIBundle({
  domNode: root,
  url: root.dataset.document,
  deepLinking: true,
  validatorUrl: null,
  syntaxHighlight: { theme: "obsidian" },
  plugins: [{ components: { DeepLink: ({ text }) => text } }],
  onComplete: () => {
    // All is in a landmark, and no level of headings is left out: the page's own is the first.
    const about = root.querySelector(".information-container");
    about.setAttribute("role", "region");
    about.setAttribute("aria-label", document.title);
    about.querySelector(".title").setAttribute("aria-level", "2");
  },
});
