const { charts, rows } = JSON.parse(document.getElementById("data").textContent);
document.documentElement.classList.add("scripted");

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const views = new WeakMap();

// How high a chart is: in some as many steps as a column of their rows has values.
function heightOf(spec, datasets) {
  if (spec.usermeta === undefined) return spec.height;
  const { of, by, step } = spec.usermeta;
  return step * new Set(datasets[of].map((row) => row[by])).size;
}

// Draws a chart, or gives one that is there other rows.
async function draw(element, datasets, spec = charts[element.dataset.chart]) {
  const height = heightOf(spec, datasets);
  const old = views.get(element);
  if (old !== undefined && old.spec === spec && old.height === height) {
    for (const [name, values] of Object.entries(datasets)) old.view.data(name, values);
    await old.view.runAsync();
  } else {
    const width = element.clientWidth;
    // names take at most half of a narrow page, and keys stand one below the other
    const below = width < 500 ? { columns: 1, layout: { top: { direction: "vertical" } } } : {};
    const config = {
      ...spec.config,
      axisY: { labelLimit: Math.max(150, width / 2) },
      legend: { ...spec.config.legend, ...below },
    };
    // without a compiler of expressions, which the policy of the page forbids
    const options = { actions: false, renderer: "svg", mode: "vega-lite", ast: true };
    const { view } = await window.vegaEmbed(element, { ...spec, height, config, datasets }, options);
    views.set(element, { spec, height, view });
  }
}

// One drawing after the other, and of those that wait only the last.
function drawer(make) {
  let running = false;
  let again = false;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await make();
    }
    running = false;
  };
}

function fill(select, values, chosen) {
  const kept = values.includes(select.value) ? select.value : chosen;
  select.replaceChildren(...values.map((value) => new Option(value || "none", value)));
  select.value = kept;
}

for (const box of all(".bands")) {
  const found = rows[box.dataset.record].bands;
  const part = (name) => document.getElementById(`${box.dataset.record}--${name}`);
  const [slider, shown, select, told] = ["n", "shown", "case", "told"].map(part);
  const tell = drawer(async () => {
    const n = found.n[slider.value];
    const at = (name, same = () => true) => found[name].filter((row) => row.n === n && same(row));
    fill(select, at("told").map((row) => row.case), at("told")[0]?.case);
    const here = (row) => row.case === select.value;
    const text = at("told", here)[0]?.text;
    shown.textContent = n;
    slider.setAttribute("aria-valuetext", `n = ${n}`);
    told.textContent = text ?? `n = ${n}: this record has no bound and no training here.`;
    for (const element of all(".with-case, [data-chart=bands]", box)) element.hidden = !text;
    for (const element of all(".chart:not([hidden])", box)) {
      const kind = element.dataset.chart;
      const same = kind === "errors" ? here : undefined;
      const names = { bands: ["bands", "measured"], errors: ["bands", "errors"], counts: ["counts"] };
      const datasets = Object.fromEntries(names[kind].map((name) => [name, at(name, same)]));
      element.hidden = Object.values(datasets).some((values) => values.length === 0) && kind === "errors";
      if (!element.hidden) await draw(element, datasets);
    }
    box.dataset.n = n;
  });
  // the largest n for which there is training
  slider.value = found.n.indexOf(Math.max(...found.told.map((row) => row.n)));
  slider.addEventListener("input", tell);
  select.addEventListener("input", tell);
  tell();
}

const onceOpen = (details, make) =>
  details.addEventListener("toggle", () => details.open && make(), { once: true });

for (const element of all("[data-chart=claims]")) {
  onceOpen(element.closest("details"), () =>
    draw(element, { claims: rows[element.dataset.record].claims }),
  );
}

// A table as rows of texts by columns; a cell in quotes may hold commas and line breaks.
function csv(text) {
  const lines = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    lines.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\n") lines.push([]);
    if (end === "") break;
  }
  const [columns, ...cells] = lines.filter((line) => line.length > 1 || line[0] !== "");
  return { columns, cells };
}

const isNumber = (text) => text !== "" && Number.isFinite(Number(text));

for (const box of all(".explorer")) {
  const [table, x, y, color, xlog, ylog, leftOut, element] = [
    ".table", ".x", ".y", ".color", ".xlog", ".ylog", ".left-out", ".chart",
  ].map((selector) => box.querySelector(selector));
  let columns, cells;
  const show = drawer(async () => {
    const [across, up, by] = [x, y, color].map((each) => columns.indexOf(each.value));
    const number = (text, log) => (isNumber(text) && !(log && Number(text) <= 0) ? Number(text) : null);
    const found = cells
      .map((line) => ({ x: number(line[across], xlog.checked), y: number(line[up], ylog.checked), color: line[by] ?? "" }))
      .filter((row) => row.x !== null && row.y !== null);
    const axis = (name, title, log) => ({ ...charts.explorer.encoding[name], title, scale: log ? { type: "log" } : { zero: false } });
    const tones = {
      field: "color",
      title: color.value,
      type: by >= 0 && found.every((row) => isNumber(row.color)) ? "quantitative" : "nominal",
    };
    const encoding = {
      ...charts.explorer.encoding,
      x: axis("x", x.value, xlog.checked),
      y: axis("y", y.value, ylog.checked),
      color: by >= 0 ? tones : { value: "#0072B2" },
    };
    leftOut.textContent = `${found.length} of ${cells.length} rows are shown${found.length < cells.length ? "; the others have no number that fits these axes" : ""}.`;
    await draw(element, { rows: found }, { ...charts.explorer, encoding });
  });
  const choose = () => {
    const link = document.getElementById(table.value);
    ({ columns, cells } = csv(decodeURIComponent(link.href.slice(link.href.indexOf(",") + 1))));
    const told = (i) => cells.map((line) => line[i]).filter((text) => text !== "");
    const numeric = columns.filter((_, i) => told(i).length > 0 && told(i).every(isNumber));
    fill(x, numeric, numeric[0]);
    fill(y, numeric, numeric[1] ?? numeric[0]);
    fill(color, ["", ...columns], "");
    show();
  };
  table.addEventListener("input", choose);
  for (const control of [x, y, color, xlog, ylog]) control.addEventListener("input", show);
  onceOpen(box, choose);
}

const filter = ["filter-record", "filter-verdict", "filter-shown"].map((id) => document.getElementById(id));

function sift() {
  const [record, verdict, shown] = filter;
  let count = 0;
  for (const body of all("#all-verdicts tbody")) {
    for (const row of body.rows) {
      row.hidden =
        (record.value !== "" && record.value !== body.dataset.record) ||
        (verdict.value !== "" && verdict.value !== row.dataset.verdict);
      count += !row.hidden;
    }
  }
  shown.textContent = count === 1 ? "1 claim" : `${count} claims`;
}

if (filter[0] !== null) {
  filter[0].addEventListener("input", sift);
  filter[1].addEventListener("input", sift);
  sift();
}

// A link into a box that is closed opens it, and takes the keyboard along; one to the claims of a
// record shows all of them.
function arrive() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  if (target.dataset.record && filter[0] !== null) {
    [filter[0].value, filter[1].value] = [target.dataset.record, ""];
    sift();
  }
  const closed = target.closest("details:not([open])");
  if (closed !== null) closed.open = true;
  // the browser may have been there already, and the reader a step ahead
  const there = target.contains(document.activeElement);
  if (!there && target.tabIndex === -1 && target.hasAttribute("tabindex")) target.focus();
  target.scrollIntoView();
}

window.addEventListener("hashchange", arrive);
document.addEventListener("click", (event) => {
  // the same link once more changes nothing in the address
  if (event.target.closest("a[href^='#']")?.hash === location.hash) arrive();
});
arrive();

// What is closed would not be on paper.
window.addEventListener("beforeprint", () => all("details").forEach((box) => (box.open = true)));
