"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const PAGE = 24;
const WORDS = {
  right: "right", notation: "right, other notation", "look-alike": "look-alike", missing: "missing",
  duplicate: "duplicate", failed: "failed", empty: "empty", runaway: "runaway", label: "bad label",
  unparsable: "unparsable", symbol: "wrong symbols", structure: "wrong structure", both: "symbols and structure",
};
const ABOUT = {
  right: "the answer is the label", notation: "the same formula, written otherwise", "look-alike": "symbols that look alike in handwriting, fonts or dots differ",
  missing: "the predictions lack this sample", duplicate: "a second prediction for a sample", failed: "the model gave no answer", empty: "an answer without a token",
  runaway: "more than twice as long as the label: the model did not stop", label: "the label is empty or not LaTeX", unparsable: "the answer is not LaTeX",
  symbol: "the right arrangement, other symbols", structure: "the right symbols, arranged otherwise", both: "other symbols, arranged otherwise",
};
const GOOD = new Set(["right", "notation"]);
const TWO = DATA.runs.length > 1;
const PANELS = []; // what draws each panel, in the order of the page
const state = { set: 0, run: DATA.runs.length - 1, show: "errors", sort: null, text: "", confusion: null, page: 0 };

const $ = (id) => document.getElementById(id);
const set = () => DATA.sets[state.set];
const scores = () => set().runs[state.run];

/** An element: el("p", {class: "note"}, "text", child). */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}
const two = (number) => number.toFixed(2);
const count = (number) => number.toLocaleString("en");
const interval = (e) => [two(e.value), el("span", { class: "range" }, ` [${two(e.low)}, ${two(e.high)}]`)];
const below = (e) => [two(e.value), el("span", { class: "range under" }, `${two(e.low)}–${two(e.high)}`)];

const span = (group) => (group.high === null ? `≥ ${group.low}` : group.low === group.high ? `${group.low}` : `${group.low}–${group.high}`);

/** Show another test set or run. */
function select(index, run) {
  Object.assign(state, { set: index, run, confusion: null, page: 0 });
  draw();
}

/** Draw all panels again; what has the focus keeps it, though its node is another one. */
function draw() {
  keepFocus(() => PANELS.forEach((panel) => panel()));
}

function keepFocus(change) {
  const key = document.activeElement?.dataset?.key;
  change();
  if (key) document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

function svg(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function chart(title, groups, series) {
  const [width, height, left, right, top, bottom] = [380, 230, 34, 8, 10, 36];
  const step = (width - left - right) / groups.length;
  const x = (i) => left + step * (i + 0.5);
  const y = (percent) => top + (height - top - bottom) * (1 - percent / 100);
  const total = groups.reduce((sum, group) => sum + group.n, 0);
  const plot = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}: ExpRate by group, numbers below` });
  for (const tick of [0, 25, 50, 75, 100]) {
    plot.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, tick));
  }
  groups.forEach((group, i) => {
    const share = (100 * group.n) / total;
    plot.append(svg("rect", { class: "bar", x: x(i) - step * 0.38, width: step * 0.76, y: y(share), height: y(0) - y(share) }),
      svg("text", { x: x(i), y: height - bottom + 15, "text-anchor": "middle" }, span(group)),
      svg("text", { x: x(i), y: height - bottom + 29, "text-anchor": "middle" }, count(group.n)));
  });
  series.forEach(({ points }, k) => {
    const shift = (k - (series.length - 1) / 2) * Math.min(8, step / 5);
    plot.append(svg("polyline", { class: "s" + k, points: points.map((e, i) => `${x(i) + shift},${y(e.value)}`).join(" ") }));
    points.forEach((e, i) => plot.append(
      svg("line", { class: "s" + k, x1: x(i) + shift, x2: x(i) + shift, y1: y(e.low), y2: y(e.high) }),
      svg("circle", { class: "s" + k, cx: x(i) + shift, cy: y(e.value), r: 3.5 })));
  });
  const rows = groups.map((group, i) => el("tr", {}, el("th", { scope: "row" }, span(group)), el("td", {}, count(group.n)),
    ...series.map(({ points }) => el("td", {}, ...interval(points[i])))));
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...["Group", "n", ...series.map((s) => s.name)].map((h) => el("th", { scope: "col" }, h)))), el("tbody", {}, ...rows));
  return el("figure", { class: "chart" }, el("figcaption", {}, title), plot,
    el("details", {}, el("summary", {}, "Numbers"), el("div", { class: "scroll" }, table)));
}
