// Offers, in each row, the grants of the service that is chosen there.
"use strict";

document.addEventListener("focusin", (event) => {
    const field = event.target;
    const row = field.closest(".dynamic-audience_grants, [id^='audience_grants-']");
    const service = row && row.querySelector("select[name$='-audience']");
    if (service && field.name && field.name.endsWith("-grant")) {
        field.setAttribute("list", `eaglet-grants-${service.value}`);
        field.setAttribute("autocomplete", "off");
    }
});
