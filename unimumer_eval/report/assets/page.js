"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const PAGE = 24;
const WORDS = {
  right: "right", notation: "right, other notation", "look-alike": "look-alike", missing: "missing",
  duplicate: "duplicate", failed: "failed", empty: "empty", runaway: "runaway", label: "bad label",
  unparsable: "unparsable", symbol: "wrong symbols", structure: "wrong structure", both: "symbols and structure",
};
const GOOD = new Set(["right", "notation"]);
const TWO = DATA.runs.length > 1;
const state = { set: 0, run: DATA.runs.length - 1, show: "errors", text: "", confusion: null, page: 0 };

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

// ---- summary ---------------------------------------------------------------------------------------------------

function drawSummary() {
  const paper = DATA.texts.filter(([name]) => DATA.sets.every((one) => one.runs.every((run) => run.metrics[name])));
  const heads = ["Set", ...(TWO ? ["Run"] : []), "n", "Raw", "Strict", "Loose", "≤ 1", "≤ 2", "≤ 3", "BLEU-4", "Token errors", "Char. errors", ...paper.map(([, title]) => title)];
  const body = el("tbody");
  DATA.sets.forEach((one, index) => one.runs.forEach((run, which) => {
    const { raw, strict, loose } = run.forms;
    const pick = el("button", { type: "button", onclick: () => select(index, which) }, one.name);
    body.append(el("tr", { class: index === state.set && which === state.run ? "current" : "" },
      el("td", {}, pick), ...(TWO ? [el("td", {}, DATA.runs[which])] : []), el("td", {}, count(run.n)),
      ...[raw.exprate, strict.exprate, loose.exprate].map((e) => el("td", {}, ...interval(e))),
      ...[strict.exprate_le1, strict.exprate_le2, strict.exprate_le3, strict.bleu4, strict.token_error_rate, strict.char_error_rate]
        .map((e) => el("td", { title: `95 % interval ${two(e.low)} to ${two(e.high)}` }, two(e.value))),
      ...paper.map(([name]) => el("td", {}, two(run.metrics[name].value)))));
  }));
  $("summary").replaceChildren(el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))), body);
}

function drawChoice() {
  const choice = (label, names, value, change) => el("label", {}, label + " ",
    el("select", { onchange: (event) => change(Number(event.target.value)) },
      ...names.map((name, i) => el("option", { value: i, selected: i === value }, name))));
  const parts = [];
  if (DATA.sets.length > 1) parts.push(choice("Test set", DATA.sets.map((one) => one.name), state.set, (i) => select(i, state.run)));
  if (TWO) parts.push(choice("Run", DATA.runs, state.run, (i) => select(state.set, i)));
  $("choose").replaceChildren(...parts);
}

function select(index, run) {
  Object.assign(state, { set: index, run, confusion: null, page: 0 });
  if (state.show !== "errors" && state.show !== "all" && !scores().outcomes[state.show] && !["won", "lost"].includes(state.show)) state.show = "errors";
  draw();
}

// ---- two runs --------------------------------------------------------------------------------------------------

const FIGURES = { exprate: "ExpRate", exprate_le1: "≤ 1 error", edit_score: "Edit score", bleu4: "BLEU-4", token_error_rate: "Token error rate", char_error_rate: "Character error rate" };

function drawVersus() {
  const comparison = set().comparison;
  $("versus").hidden = !comparison;
  if (!comparison) return;
  const signed = (number) => (number > 0 ? "+" : "") + two(number);
  const exprate = comparison.figures.exprate;
  const facts = [
    [`ExpRate, ${comparison.form}`, `${two(exprate.first)} → ${two(exprate.second)}`],
    ["Difference", `${signed(exprate.difference.value)} [${signed(exprate.difference.low)}, ${signed(exprate.difference.high)}]`],
    ["Won / lost samples", `${count(comparison.won.length)} / ${count(comparison.lost.length)}`],
    ["Exact McNemar test", "p = " + comparison.mcnemar_p.toPrecision(3)],
  ];
  const rows = Object.entries(FIGURES).map(([key, name]) => {
    const figure = comparison.figures[key];
    return el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, two(figure.first)), el("td", {}, two(figure.second)),
      el("td", {}, signed(figure.difference.value), el("span", { class: "range" }, ` [${signed(figure.difference.low)}, ${signed(figure.difference.high)}]`)),
      el("td", {}, figure.p.toPrecision(3)));
  });
  const head = ["Figure", ...DATA.runs, "Difference", "p, paired bootstrap"];
  $("versus-body").replaceChildren(
    el("dl", { class: "delta" }, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Differences" }, el("table", {},
      el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, ...rows))));
}

// ---- curves ----------------------------------------------------------------------------------------------------

const MEASURES = { length: "Length of the label, tokens", depth: "Nesting depth", complexity: "Structures (scripts, fractions, roots, accents)" };
const span = (group) => (group.high === null ? `≥ ${group.low}` : group.low === group.high ? `${group.low}` : `${group.low}–${group.high}`);

function drawCurves() {
  const series = TWO
    ? DATA.runs.map((name, i) => ({ name, of: (measure) => set().runs[i].groups[measure].map((g) => g.strict) }))
    : [["strict", "strict"], ["raw", "raw"]].map(([name, form]) => ({ name, of: (measure) => scores().groups[measure].map((g) => g[form]) }));
  $("legend").replaceChildren(...series.map((s, i) => el("span", { class: "k" + i }, s.name)), el("span", { class: "kn" }, "share of the samples"));
  $("curves").replaceChildren(...Object.entries(MEASURES).map(([measure, title]) =>
    chart(title, scores().groups[measure], series.map((s) => ({ name: s.name, points: s.of(measure) })))), ...reliability());
}

/** How often answers of each confidence are right; nothing where the predictions carry no confidence. */
function reliability() {
  const calibration = scores().calibration;
  if (!calibration) return [];
  const exact = (fraction) => ({ value: 100 * fraction, low: 100 * fraction, high: 100 * fraction });
  const bins = calibration.bins.map((bin) => ({ low: Math.round(100 * bin.low), high: Math.round(100 * bin.high), n: bin.n }));
  const lines = [["right", "accuracy"], ["confidence", "confidence"]]
    .map(([name, key]) => ({ name, points: calibration.bins.map((bin) => exact(bin[key])) }));
  const figure = chart(`Confidence, percent: right (solid) beside expected (dashed); ECE ${calibration.ece.toFixed(3)}`, bins, lines);
  figure.classList.add("reliability");
  return [figure];
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

// ---- confusions ------------------------------------------------------------------------------------------------

const SIDE = 14;
const shown = (token) => (token === "" ? "∅" : DATA.names[token] ?? token);

function drawConfusions() {
  const { confusions, categories, pairs, symbol_edits: symbols, structure_edits: structures } = scores().alignment;
  const byCategory = Object.entries(categories).sort((a, b) => b[1] - a[1]).map(([name, n]) => `${name} ${count(n)}`).join(", ");
  $("confusions-note").textContent = `Rows: symbol of the label; columns: what was written for it; ∅: left out or put in. Choose a cell to see its samples. ` +
    `${count(pairs)} aligned samples: ${count(symbols)} wrong symbols, ${count(structures)} wrong structure tokens.` + (byCategory ? ` Mistaken symbols: ${byCategory}.` : "");
  const rows = [], columns = [];
  for (const { label, answer } of confusions) {
    const fits = (rows.includes(label) || rows.length < SIDE) && (columns.includes(answer) || columns.length < SIDE);
    if (!fits) continue;
    if (!rows.includes(label)) rows.push(label);
    if (!columns.includes(answer)) columns.push(answer);
  }
  const most = confusions.length ? confusions[0].count : 1;
  const head = el("thead", {}, el("tr", {}, el("td"), ...columns.map((token) => el("th", { scope: "col", title: token || "left out" }, shown(token)))));
  const body = el("tbody", {}, ...rows.map((label) => el("tr", {}, el("th", { scope: "row", title: label || "put in" }, shown(label)),
    ...columns.map((answer) => {
      const found = confusions.findIndex((c) => c.label === label && c.answer === answer);
      if (found < 0) return el("td");
      const n = confusions[found].count;
      return el("td", {}, el("button", {
        type: "button", style: `--heat: ${Math.sqrt(n / most)}`, "aria-pressed": state.confusion === found ? "true" : "false",
        "aria-label": `${label || "nothing"} taken for ${answer || "nothing"}: ${n}`,
        onclick: () => { state.confusion = state.confusion === found ? null : found; state.page = 0; drawConfusions(); drawGallery(); $("gallery").scrollIntoView(); },
      }, n));
    }))));
  $("heat").replaceChildren(...(rows.length ? [head, body] : []));
  if (!rows.length) $("confusions-note").textContent = "No symbol was taken for another.";
  drawWorst();
}

function drawWorst() {
  const worst = scores().worst;
  const heads = ["Symbol", "in labels", "found", "ExpRate with it"];
  $("worst").replaceChildren(...(worst.length ? [el("caption", {}, "Symbols read worst"),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...worst.map((one) => el("tr", {}, el("th", { scope: "row", title: one.symbol }, shown(one.symbol)),
      el("td", {}, count(one.in_labels)), el("td", {}, `${one.recall.toFixed(1)} %`), el("td", {}, ...interval(one.exprate)))))] : []));
}

// ---- samples ---------------------------------------------------------------------------------------------------

/** What the page keeps of a sample, see page.py: [id, picture, label, strict label, runs, drawing]. */
function unpack(index) {
  const [id, picture, label, strictLabel, runs, drawing] = set().samples[index];
  return {
    id, picture, label, drawing, strictLabel: strictLabel || label,
    runs: runs.map(([outcome, answer, strictAnswer, edits, confidence, failure, drawing]) => {
      const text = answer === 0 ? label : answer;
      return { outcome: DATA.outcomes[outcome], answer: text, strict: strictAnswer === 0 ? text : strictAnswer === 1 ? strictLabel || label : strictAnswer, edits, confidence, failure, drawing };
    }),
  };
}

function matching() {
  const samples = set().samples;
  const only = state.confusion === null ? null : new Set(scores().alignment.confusions[state.confusion].where);
  const needle = state.text.trim().toLowerCase();
  const found = [];
  for (let i = 0; i < samples.length; i++) {
    if (!samples[i] || (only && !only.has(i))) continue;
    const runs = samples[i][4];
    const outcome = DATA.outcomes[runs[state.run][0]];
    const good = runs.map((run) => GOOD.has(DATA.outcomes[run[0]]));
    const keep = { all: true, errors: !good[state.run], won: !good[0] && good[1], lost: good[0] && !good[1] }[state.show] ?? outcome === state.show;
    if (!keep) continue;
    if (needle && ![samples[i][0], samples[i][2], ...runs.map((run) => run[1])].some((text) => text && String(text).toLowerCase().includes(needle))) continue;
    found.push(i);
  }
  return found;
}

function drawFilters() {
  const wrong = Object.entries(scores().outcomes).reduce((sum, [name, n]) => sum + (GOOD.has(name) ? 0 : n), 0);
  const options = [["errors", "all errors", wrong], ...(set().comparison ? [["won", "won", set().comparison.won.length], ["lost", "lost", set().comparison.lost.length]] : []),
    ...Object.entries(scores().outcomes).filter(([, n]) => n).map(([name, n]) => [name, WORDS[name], n]), ["all", "everything", scores().n]];
  const chips = options.map(([value, name, n]) => el("label", { class: "chip" },
    el("input", { type: "radio", name: "show", value, checked: value === state.show, onchange: () => { state.show = value; state.page = 0; drawGallery(); } }),
    el("span", {}, `${name} ${count(n)}`)));
  $("filters").replaceChildren(el("fieldset", {}, el("legend", {}, "Show"), ...chips),
    el("input", { type: "search", placeholder: "Find in ids and LaTeX", "aria-label": "Find in ids and LaTeX", value: state.text, oninput: (event) => { state.text = event.target.value; state.page = 0; drawGallery(); } }));
}

function drawGallery() {
  const found = matching();
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  state.page = Math.min(state.page, pages - 1);
  const first = state.page * PAGE;
  const parts = [`${count(found.length)} of ${count(scores().n)} samples`];
  if (set().unlisted) parts.push(`${count(set().unlisted)} are not in this page, to keep it small`);
  const confusion = state.confusion === null ? null : scores().alignment.confusions[state.confusion];
  $("status").replaceChildren(parts.join("; ") + ". ", ...(confusion
    ? [`Only ${confusion.label || "nothing"} taken for ${confusion.answer || "nothing"}. `, el("button", { type: "button", onclick: () => { state.confusion = null; drawConfusions(); drawGallery(); } }, "Show others too")] : []));
  $("cards").replaceChildren(...found.slice(first, first + PAGE).map((index) => card(unpack(index))));
  const turn = (by) => () => { state.page += by; drawGallery(); $("gallery").scrollIntoView(); };
  $("pager").replaceChildren(
    el("button", { type: "button", id: "previous", disabled: state.page === 0, onclick: turn(-1) }, "← Previous"),
    el("span", {}, `Page ${state.page + 1} of ${pages}`),
    el("button", { type: "button", id: "next", disabled: state.page >= pages - 1, onclick: turn(1) }, "Next →"));
}

function card(sample) {
  const label = sample.strictLabel.split(/\s+/).filter(Boolean);
  const shownRun = sample.runs[state.run];
  const marks = difference(label, shownRun.strict.split(/\s+/).filter(Boolean));
  const right = GOOD.has(shownRun.outcome);
  return el("article", { "aria-label": sample.id },
    el("header", {}, el("h3", {}, sample.id || "sample without id"), el("span", { class: "tag " + shownRun.outcome }, WORDS[shownRun.outcome]),
      el("span", { class: "meta" }, meta(shownRun))),
    picture(sample),
    side("label", "Label", sample.label, sample.drawing, label, right ? new Set() : marks.label),
    ...sample.runs.map((run, i) => {
      const tokens = run.strict.split(/\s+/).filter(Boolean);
      const marked = GOOD.has(run.outcome) ? new Set() : i === state.run ? marks.answer : difference(label, tokens).answer;
      return side("answer", TWO ? `${DATA.runs[i]}: ${WORDS[run.outcome]}` : "Prediction", run.answer, run.drawing, tokens, marked);
    }));
}

function meta(run) {
  const parts = [];
  if (run.edits && !GOOD.has(run.outcome)) parts.push(`${run.edits} token edit${run.edits === 1 ? "" : "s"}`);
  if (run.confidence != null) parts.push(`confidence ${two(run.confidence)}`);
  if (run.failure) parts.push(run.failure);
  return parts.join(", ");
}

function picture(sample) {
  if (!sample.picture) return null;
  const frame = el("div", { class: "picture" });
  const missing = () => { frame.classList.add("none"); frame.textContent = "picture not found beside this page"; };
  frame.append(el("img", { src: sample.picture, alt: `Handwriting of ${sample.id}`, loading: sample.picture.startsWith("data:") ? null : "lazy", onerror: missing }));
  return frame;
}

function side(kind, title, text, drawing, tokens, marked) {
  const note = drawing === null ? (tokens.length ? "nothing of it prints" : null) : DATA.drawings.notes[drawing];
  const code = el("span", { class: "tokens" }, ...(marked.size ? tokens.flatMap((token, i) => [marked.has(i) ? el("mark", {}, token) : token, " "]) : [text || "(nothing)"]));
  return el("div", { class: "side " + kind }, el("b", {}, title),
    el("div", { class: "formula" }, drawing === null ? null : formula(drawing, text, marked)), note ? el("p", { class: "note" }, `Not drawn as written: ${note}`) : null, code);
}

/** A formula as SVG; `marked` holds the numbers of the tokens to mark. What its numbers mean is told in drawings.py. */
function formula(drawing, text, marked) {
  const { kinds, words, formulas } = DATA.drawings;
  const [left, top, width, height, ...marks] = formulas[drawing];
  const node = svg("svg", { viewBox: `${left} ${top} ${width} ${height}`, style: `width: ${width / 100}em; height: ${height / 100}em`, role: "img", "aria-label": text });
  const size = { "-1": 6, "-2": 6, "-3": 6, "-4": 7 };
  for (let at = 0; at < marks.length; at += size[marks[at]] ?? 4) {
    const [kind, x, y, token, w, h, word] = marks.slice(at, at + 7);
    const style = marked.has(token) ? { class: "off" } : {};
    if (kind >= 0) {
      const [path, stretchX, stretchY, bold] = kinds[kind];
      node.append(svg("use", { href: `#outline-${path}`, transform: `matrix(${stretchX / 10} 0 0 ${-stretchY / 10} ${x} ${y})`, ...(bold ? { stroke: "currentColor", "stroke-width": 40 } : {}), ...style }));
    } else if (kind === -1) node.append(svg("rect", { x, y, width: w, height: h, ...style }));
    else if (kind === -4) node.append(svg("text", { x, y, "font-size": h, textLength: w, lengthAdjust: "spacingAndGlyphs", ...style }, words[word]));
    else node.append(svg("line", { x1: x, x2: x + w, y1: kind === -2 ? y + h : y, y2: kind === -2 ? y : y + h, stroke: "currentColor", "stroke-width": 4, ...style }));
  }
  return node;
}

/** Numbers of the tokens that a shortest edit path changes, on both sides. */
function difference(label, answer) {
  const [n, m] = [label.length, answer.length];
  const marks = { label: new Set(), answer: new Set() };
  if (n * m > 4e6) return marks;
  const cost = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1));
  for (let i = n; i >= 0; i--) for (let j = m; j >= 0; j--) {
    if (i === n || j === m) cost[i][j] = n - i + m - j;
    else if (label[i] === answer[j]) cost[i][j] = cost[i + 1][j + 1];
    else cost[i][j] = 1 + Math.min(cost[i + 1][j + 1], cost[i + 1][j], cost[i][j + 1]);
  }
  let i = 0, j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && label[i] === answer[j]) { i++; j++; }
    else if (i < n && j < m && cost[i][j] === 1 + cost[i + 1][j + 1]) { marks.label.add(i++); marks.answer.add(j++); }
    else if (i < n && (j === m || cost[i][j] === 1 + cost[i + 1][j])) marks.label.add(i++);
    else marks.answer.add(j++);
  }
  return marks;
}

// ---- all -------------------------------------------------------------------------------------------------------

function draw() { drawSummary(); drawChoice(); drawVersus(); drawCurves(); drawConfusions(); drawFilters(); drawGallery(); }

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || event.target.closest(".scroll")) return;
  if (event.key === "ArrowLeft") $("previous").click();
  if (event.key === "ArrowRight") $("next").click();
});
$("outlines").append(...DATA.drawings.paths.map((d, i) => svg("path", { id: `outline-${i}`, d })));
$("subtitle").textContent = DATA.subtitle;
$("settings").querySelector("pre").textContent = DATA.settings;
draw();
