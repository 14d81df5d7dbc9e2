// Without a validator, which would be another host.
SwaggerUIBundle({
  domNode: document.getElementById("swagger-ui"),
  url: document.getElementById("swagger-ui").dataset.document,
  deepLinking: true,
  validatorUrl: null,
});
