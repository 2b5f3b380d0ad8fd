const specs = JSON.parse(document.getElementById("specs").textContent);
document.documentElement.classList.add("scripted");

// a chart with a table takes its rows from the link that downloads them
function filled(element, spec) {
  const link = document.getElementById(element.dataset.table ?? "");
  if (link === null) return spec;
  const text = decodeURIComponent(link.href.slice(link.href.indexOf(",") + 1));
  return { ...spec, datasets: undefined, data: { values: text, format: { type: "csv" } } };
}

async function draw(element) {
  const spec = specs[element.id];
  if (spec === undefined || element.dataset.drawn) return;
  element.dataset.drawn = "yes";
  const options = { actions: false, renderer: "svg", mode: "vega-lite" };
  await window.vegaEmbed(element, filled(element, spec), options);
  element.dataset.drawn = "done";
}

for (const element of document.querySelectorAll(".chart")) {
  const closed = element.closest("details");
  if (closed === null) draw(element);
  else closed.addEventListener("toggle", () => closed.open && draw(element));
}

for (const output of document.querySelectorAll("output")) {
  const name = output.id.slice(0, -"-told".length);
  const told = specs[`${name}-bands`].usermeta.told;
  const chosen = ["n", "case"].map((part) => document.getElementById(`${name}-${part}`));
  const tell = () => (output.textContent = told[chosen.map((part) => part.value).join("|")] ?? "");
  chosen.forEach((part) => part.addEventListener("input", tell));
  tell();
}

for (const button of document.querySelectorAll("input[name=verdict]")) {
  button.addEventListener("change", () => {
    for (const row of document.querySelectorAll("#all-verdicts tbody tr")) {
      row.hidden = button.value !== "all" && row.dataset.verdict !== button.value;
    }
  });
}

// a link to a proof opens it
function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.querySelector("summary").focus();
    target.scrollIntoView();
  }
}
window.addEventListener("hashchange", open);
document.addEventListener("click", (event) => {
  if (event.target.closest("a[href^='#proof-']")) setTimeout(open);
});
open();
