"use strict";
const form = document.querySelector(".filters");
const rows = [...document.querySelectorAll("tr[data-state]")];
const causes = [...document.querySelectorAll("details.cause")];
/* Read once: a row is also found by the view above it. */
const texts = new Map([
  ...rows.map((row) => [row, `${row.textContent} ${row.parentElement.dataset.view}`]),
  ...causes.map((cause) => [cause, cause.textContent]),
].map(([element, text]) => [element, text.toLowerCase()]));

function apply() {
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const states = [...form.querySelectorAll("[name=state]:checked")].map((box) => box.value);
  const found = (element) => words.every((word) => texts.get(element).includes(word));
  for (const row of rows) {
    row.hidden = !(states.includes(row.dataset.state) && found(row)
      && (!form.elements.faulty.checked || row.dataset.faulty));
  }
  for (const group of document.querySelectorAll("tbody[data-view]")) {
    group.hidden = ![...group.querySelectorAll("tr[data-state]")].some((row) => !row.hidden);
  }
  for (const cause of causes) cause.hidden = !found(cause);
  const operations = rows.filter((row) => row.closest("#operations"));
  const shown = operations.filter((row) => !row.hidden).length;
  form.querySelector("output").value = `${shown} of ${operations.length} operations`;
}

form.hidden = false;
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
/* Paper has no summary to click on. */
addEventListener("beforeprint", () => {
  for (const cause of causes) cause.open = true;
});
/* A link to a cause shows the operations that it concerns. */
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  if (causes.includes(target)) target.open = true;
}
addEventListener("hashchange", reveal);
apply();
reveal();
