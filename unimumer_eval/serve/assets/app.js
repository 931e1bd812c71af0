import { api } from "./api.js";
import { draw, element } from "./formula.js";
import { Pad } from "./pad.js";

const $ = (id) => document.getElementById(id);
const PAUSE = 700; // milliseconds after the last stroke until it is read
const LARGE = 6e6; // bytes; larger pictures are scaled down before they are sent
const SIDE = 2400; // pixels, to this

let info = { keeps: false, continues: false, tasks: ["vanilla"] };
let photo = null; // data: URL of the picture, in place of strokes
let shown = null; // the result on the screen
let said = ""; // what the model had said of the source on the sheet
let drawn = null; // { latex, drawing, copies } of what stands in the text field; null while it is broken
let pending = null; // the request in progress
let timer = 0;

const pad = new Pad($("pad"), () => {
  $("undo").disabled = !pad.past.length;
  $("redo").disabled = !pad.future.length;
  $("clear").disabled = pad.empty && !photo;
  $("hint").hidden = !pad.empty || Boolean(photo);
  $("read").disabled = pad.empty && !photo;
  clearTimeout(timer);
  if (pad.empty && !photo) { pending?.abort(); forget(); }
  else if ($("auto").checked) timer = setTimeout(read, PAUSE);
});

function source() { return photo ? { picture: photo } : { strokes: pad.points }; }

// ---- reading

async function read(prefix = "") {
  if (pad.empty && !photo) return;
  clearTimeout(timer);
  pending?.abort();
  const mine = (pending = new AbortController());
  $("result").classList.add("busy");
  report(prefix ? "going on from there …" : "reading …");
  try {
    const body = { ...source(), include: ["picture", "drawing", "copies"], ...(typeof prefix === "string" && prefix ? { prefix } : {}) };
    show(await api("/v1/recognize", body, mine.signal));
  } catch (error) {
    if (error.name === "AbortError") return;
    forget();
    report(error.message, true);
  }
  if (pending === mine) $("result").classList.remove("busy");
}

function show(result) {
  shown = result;
  said = result.latex;
  report(result.cut ? "The answer was cut at its longest length." : result.fault ? "This is no complete LaTeX yet; correct it below." : "");
  $("status").classList.toggle("wrong", Boolean(result.fault || result.cut));
  $("sure").hidden = result.confidence === null;
  const trust = { true: ", can be trusted", false: ", check it" }[result.accept] ?? "";
  if (result.confidence !== null) $("sure").replaceChildren(element("b", {}, percent(result.confidence)), ` sure${trust}`);
  $("latex").value = result.latex;
  $("latex").classList.remove("edited");
  $("latex-block").hidden = false;
  setDrawn(result.fault ? null : { latex: result.latex, drawing: result.drawing, copies: result.copies ?? {} }, result.symbols.map((one) => one.probability));
  if (result.fault) $("formula").replaceChildren(element("p", { class: "empty" }, "The answer cannot be drawn."));
  fit($("latex"));
  showAlternatives(result.alternatives.slice(1));
  $("tasks").hidden = info.tasks.length < 2;
  $("three").replaceChildren();
  $("seen").hidden = !result.picture;
  if (result.picture) {
    $("seen-picture").src = result.picture.data;
    $("seen-picture").alt = `The picture as the model got it, ${result.picture.width} by ${result.picture.height} pixels`;
    $("seen-size").textContent = `${result.picture.width} × ${result.picture.height} pixels`;
  }
}

function setDrawn(one, probabilities = []) {
  drawn = one;
  $("likely").hidden = true;
  $("latex-fault").textContent = "";
  const known = probabilities.some((value) => value !== null);
  $("legend").hidden = !known || !one;
  if (one) $("formula").replaceChildren(draw(one.drawing, one.latex, { size: 34, probabilities, choose, room: $("formula").clientWidth - 12 }));
  for (const button of document.querySelectorAll("[data-copy]")) button.disabled = !one || !(button.dataset.copy in one.copies);
  $("keep").hidden = !info.keeps;
  $("keep").disabled = !one || !one.latex;
}

function forget() {
  shown = drawn = null;
  said = "";
  report("");
  $("formula").replaceChildren(element("p", { class: "empty" }, "The formula appears here."));
  for (const id of ["sure", "likely", "legend", "latex-block", "alternatives", "tasks", "seen"]) $(id).hidden = true;
  $("result").classList.remove("busy");
}

function report(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("wrong", wrong);
}

function percent(share) { return `${share > 0.995 ? Math.floor(1000 * share) / 10 : Math.round(100 * share)} %`; }

// ---- other readings

function showAlternatives(others) {
  $("alternatives").hidden = !others.length;
  const list = $("alternatives").querySelector("ul");
  list.replaceChildren(...others.map((one) => {
    const button = element("button", { type: "button", "aria-label": one.latex, onclick: () => put(one.latex) }, element("code", {}, one.latex), element("small", {}, percent(one.share)));
    api("/v1/formula", { latex: one.latex }).then((formula) => button.firstChild.replaceWith(draw(formula.drawing, formula.latex, { size: 19 }))).catch(() => {});
    return element("li", {}, button);
  }));
}

// a click on a symbol: what else it could be
function choose(token, group) {
  for (const one of document.querySelectorAll(".glyph[aria-expanded=true]")) one.setAttribute("aria-expanded", "false");
  const symbol = edited() ? null : shown?.symbols[token];
  const pieces = info.continues && symbol ? symbol.likely.filter((one) => one.text.trim() && !/^<\|.*\|>$/.test(one.text)) : [];
  if (!pieces.length) { selectToken(token); return; }
  group.setAttribute("aria-expanded", "true");
  const begin = shown.answer.slice(0, symbol.start);
  $("likely").replaceChildren(element("p", {}, "Choose what stands here; the model goes on from there."), ...pieces.map((one) => element("button", {
    type: "button", onclick: () => { $("likely").hidden = true; $("result").focus(); read(begin + one.text); },
  }, one.text.trim(), element("small", {}, percent(one.probability)))));
  $("likely").hidden = false;
  $("likely").querySelector("button").focus();
}

function selectToken(token) {
  const tokens = $("latex").value.split(" ");
  if (drawn && $("latex").value !== drawn.latex) { $("latex").focus(); return; }
  const start = tokens.slice(0, token).join(" ").length + (token ? 1 : 0);
  $("latex").focus();
  $("latex").setSelectionRange(start, start + (tokens[token] ?? "").length);
}

// ---- correcting

let typing = 0;
function edited() { return shown === null || $("latex").value.trim() !== shown.latex; }
function fit(area) { area.style.height = "auto"; area.style.height = `${area.scrollHeight + 2}px`; }

function put(latex) {
  $("latex").value = latex;
  change();
}

async function change() {
  fit($("latex"));
  $("latex").classList.toggle("edited", edited());
  const mine = ++typing;
  await new Promise((resolve) => setTimeout(resolve, 180));
  if (mine !== typing) return;
  try {
    const formula = await api("/v1/formula", { latex: $("latex").value });
    if (mine === typing) setDrawn(formula, edited() || !shown ? [] : shown.symbols.map((one) => one.probability));
  } catch (error) {
    if (mine !== typing) return;
    const old = $("formula").firstElementChild;
    setDrawn(null);
    if (old) $("formula").replaceChildren(old);
    $("latex-fault").textContent = error.message;
  }
}

async function copy(form) {
  const text = drawn.copies[form];
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = element("textarea", { class: "sr" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(`${{ records: "LaTeX", mathml: "MathML", typst: "Typst" }[form]} copied`);
}

// ---- keeping

function openKeep() {
  if (!drawn) return;
  $("keep-formula").replaceChildren(draw(drawn.drawing, drawn.latex, { size: 26, room: 380 }));
  const corrected = said && said !== drawn.latex;
  $("keep-said").hidden = !corrected;
  if (corrected) $("keep-said").replaceChildren("The model had said ", element("code", {}, said));
  $("writer").value = localStorage.getItem("unimumer-writer") ?? "";
  $("consent").checked = sessionStorage.getItem("unimumer-consent") === "yes";
  $("keep-yes").disabled = !$("consent").checked;
  $("keep-fault").textContent = "";
  $("keep-dialog").showModal();
}

async function keepIt() {
  const writer = $("writer").value.trim();
  $("keep-yes").disabled = true;
  try {
    const done = await api("/v1/keep", { ...source(), latex: drawn.latex, said: shown?.answer.trim().split("\n").at(-1) ?? said, writer, consent: true });
    localStorage.setItem("unimumer-writer", writer);
    sessionStorage.setItem("unimumer-consent", "yes");
    $("keep-dialog").close();
    tally(done);
    toast("Kept. Thank you.");
    $("pad").focus();
  } catch (error) {
    $("keep-fault").textContent = error.message;
    $("keep-yes").disabled = false;
  }
}

function tally({ kept, corrected }) {
  $("tally").hidden = !kept;
  $("tally").textContent = `${kept} kept, ${corrected} corrected`;
}

// ---- three ways to ask

async function askAll() {
  const names = { vanilla: "Plain", tree: "Tree", can: "Count" };
  const cards = info.tasks.map((task) => element("article", { class: "answer" }, element("h3", {}, names[task]), element("p", { class: "status" }, "asking …")));
  $("three").replaceChildren(...cards);
  $("ask-all").disabled = true;
  const results = await Promise.all(info.tasks.map((task) => api("/v1/recognize", { ...source(), task, include: ["drawing", "copies"] }).catch((error) => ({ error }))));
  $("ask-all").disabled = false;
  const plain = results[0].copies?.strict ?? results[0].latex;
  results.forEach((result, i) => {
    const card = cards[i];
    if (result.error) { card.lastChild.replaceWith(element("p", { class: "fault" }, result.error.message)); return; }
    const differs = (result.copies?.strict ?? result.latex) !== plain;
    card.classList.toggle("differs", differs);
    const mark = i === 0 ? "" : element("span", { class: "mark" }, differs ? "differs" : "agrees");
    const room = card.clientWidth - 30;
    const formula = element("div", { class: "formula" }, result.fault ? element("code", {}, result.latex) : draw(result.drawing, result.latex, { size: 24, room }));
    const parts = [element("h3", {}, names[info.tasks[i]], mark), formula];
    if (result.agrees === false) parts.push(element("p", { class: "mark no" }, result.tree === null ? "Its counts say something else." : "Its tree says something else."));
    if (result.tree) parts.push(element("pre", { tabindex: "0", "aria-label": "tree" }, result.tree));
    if (result.counts) parts.push(element("pre", { tabindex: "0", "aria-label": "counts" }, Object.entries(result.counts).map(([symbol, n]) => `${symbol}: ${n}`).join(", ")));
    card.replaceChildren(...parts);
  });
}

// ---- pictures

async function take(file) {
  if (!file) return;
  const ink = /\.inkml$/i.test(file.name ?? "");
  if (!ink && file.type && !file.type.startsWith("image/")) { report("That is not a picture.", true); return; }
  const url = file.size > LARGE && !ink ? await smaller(file) : await dataURL(file);
  give(url, !ink);
}

function give(url, visible = true) {
  pad.strokes = [];
  pad.past = [];
  pad.future = [];
  photo = url;
  $("photo").hidden = !visible;
  if (visible) $("photo").src = url;
  $("photo").onerror = () => { $("photo").hidden = true; }; // such as HEIC: the server reads it, the browser does not
  pad.changed();
  clearTimeout(timer);
  read();
}

function dropPhoto() {
  photo = null;
  $("photo").hidden = true;
  $("photo").removeAttribute("src");
}

function dataURL(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.startsWith("data:") && !reader.result.startsWith("data:;base64") ? reader.result : reader.result.replace("data:;", "data:application/octet-stream;"));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

async function smaller(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = element("canvas", { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.92);
  } catch {
    return dataURL(file);
  }
}

let stream = null;
async function openCamera() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
  } catch {
    report("No camera can be used here: the browser or its owner does not allow it.", true);
    return;
  }
  $("camera-view").srcObject = stream;
  await $("camera-view").play();
  for (const id of ["camera-view", "camera-bar"]) $(id).hidden = false;
  $("shoot").focus();
}

function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  for (const id of ["camera-view", "camera-bar"]) $(id).hidden = true;
}

function shoot() {
  const view = $("camera-view");
  const canvas = element("canvas", { width: view.videoWidth, height: view.videoHeight });
  canvas.getContext("2d").drawImage(view, 0, 0);
  closeCamera();
  give(canvas.toDataURL("image/jpeg", 0.92));
}

// ---- wiring

let fading = 0;
function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(fading);
  fading = setTimeout(() => $("toast").classList.remove("on"), 2200);
}

function tool(erasing) {
  pad.erasing = erasing;
  $("pen").setAttribute("aria-pressed", String(!erasing));
  $("eraser").setAttribute("aria-pressed", String(erasing));
  $("pad").classList.toggle("erasing", erasing);
}

function clear() {
  dropPhoto();
  if (pad.empty) pad.changed();
  else pad.clear();
}

const clicks = {
  pen: () => tool(false), eraser: () => tool(true), undo: () => pad.undo(), redo: () => pad.redo(), clear,
  upload: () => $("file").click(), camera: openCamera, shoot, "camera-off": closeCamera, read: () => read(),
  "ask-all": askAll, keep: openKeep, "keep-yes": keepIt, "keep-no": () => $("keep-dialog").close(),
};
for (const [id, act] of Object.entries(clicks)) $(id).addEventListener("click", act);
for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button.dataset.copy));
$("pad").addEventListener("pointerdown", () => { if (photo) dropPhoto(); $("hint").hidden = true; clearTimeout(timer); }, { capture: true });
$("width").addEventListener("input", () => { pad.width = Number($("width").value); });
$("latex").addEventListener("input", change);
$("consent").addEventListener("change", () => { $("keep-yes").disabled = !$("consent").checked; });
$("keep-dialog").querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); if (!$("keep-yes").disabled) keepIt(); });
$("file").addEventListener("change", () => { take($("file").files[0]); $("file").value = ""; });
document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
  if (file) { event.preventDefault(); take(file); }
});
let depth = 0;
document.addEventListener("dragenter", (event) => { event.preventDefault(); depth++; $("drop").hidden = false; });
document.addEventListener("dragleave", () => { if (--depth <= 0) { depth = 0; $("drop").hidden = true; } });
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => { event.preventDefault(); depth = 0; $("drop").hidden = true; take(event.dataTransfer.files[0]); });
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, dialog")) return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") { event.preventDefault(); event.shiftKey ? pad.redo() : pad.undo(); }
    else if (key === "y") { event.preventDefault(); pad.redo(); }
    return;
  }
  if (event.altKey) return;
  const act = { p: clicks.pen, e: clicks.eraser, u: clicks.upload, delete: clear, escape: () => { $("likely").hidden = true; closeCamera(); } }[key];
  if (act) act();
  else if (key === "enter" && event.target === $("pad")) read();
});
window.addEventListener("resize", () => { if (drawn && shown) setDrawn(drawn, edited() ? [] : shown.symbols.map((one) => one.probability)); });

async function start() {
  try {
    info = await api("/v1/info");
    $("about").replaceChildren(element("b", {}, info.model), info.note ? ` · ${info.note}` : "");
    tally(info);
    document.title = `Formula pad · ${info.model}`;
  } catch (error) {
    $("about").textContent = error.message;
  }
}

start();
