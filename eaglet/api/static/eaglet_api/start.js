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

// Whenever they are drawn: fields, the dialog and the tables of answers get names,
// and the keyboard scrolls what is wider than the page.
const name = (element, text) => {
  if (text && element.ariaLabel !== text) element.ariaLabel = text;
};

new MutationObserver(() => {
  for (const control of root.querySelectorAll("input, select, textarea")) {
    const parameter = control.closest("[data-param-name]")?.dataset.paramName;
    const body = control.matches(".body-param__text") ? "Request body" : "";
    if (!control.labels.length) name(control, parameter || control.placeholder || body);
  }
  for (const table of root.querySelectorAll(".responses-table")) {
    const of = (part) => table.closest(".opblock").querySelector(`.opblock-summary-${part}`);
    name(table, `Responses of ${of("method").textContent} ${of("path").textContent}`);
  }
  for (const code of root.querySelectorAll("pre.microlight")) code.tabIndex = 0;
  for (const dialog of root.querySelectorAll(".modal-ux")) {
    dialog.role = "dialog";
    name(dialog, dialog.querySelector("h3").textContent);
    name(dialog.querySelector(".close-modal"), "Close");
  }
}).observe(root, { childList: true, subtree: true });
