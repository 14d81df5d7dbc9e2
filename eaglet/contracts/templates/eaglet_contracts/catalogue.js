
"use strict";
const search = document.getElementById("search");
const found = document.getElementById("found");
function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const one of document.querySelectorAll("[data-item]")) {
    const text = one.textContent.toLowerCase();
    one.hidden = !words.every((word) => text.includes(word));
    if (!one.hidden) count += 1;
  }
  found.textContent = words.length ? String(count) : "";
}
function unfold() {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
}
search.addEventListener("input", show);
addEventListener("hashchange", unfold);
unfold();
