// A formula as the server laid it out: outlines, no fonts. Each symbol is a group of its own.

const known = new Map(); // outline -> its id on this page

export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function outline(path) {
  if (!known.has(path)) {
    known.set(path, `outline-${known.size}`);
    document.getElementById("outlines").append(svg("path", { id: known.get(path), d: path }));
  }
  return known.get(path);
}

// drawing: of /v1/formula. probabilities: of each token. choose(token, group): what a click on a symbol does.
export function draw(drawing, latex, { size = 30, probabilities = [], choose = null, room = 0 } = {}) {
  if (!drawing) return element("p", { class: "empty" }, "nothing to draw");
  const [left, top, width, height, ...marks] = drawing.formulas[0];
  const scale = room && (width / 100) * size > room ? Math.max(size * 0.5, room / (width / 100)) : size;
  const node = svg("svg", { viewBox: `${left} ${top} ${width} ${height}`, width: (width / 100) * scale, height: (height / 100) * scale });
  if (choose) node.setAttribute("role", "group");
  else node.setAttribute("role", "img");
  node.setAttribute("aria-label", latex);
  const groups = new Map();
  for (let at = 0; at < marks.length;) {
    const [kind, x, y, token, w, h, word] = marks.slice(at, at + 7);
    at += kind >= 0 ? 4 : kind === -4 ? 7 : 6;
    if (!groups.has(token)) groups.set(token, svg("g", { class: "glyph" }));
    groups.get(token).append(mark(drawing, kind, x, y, w, h, word));
  }
  const tokens = latex.split(" ");
  for (const [token, group] of groups) {
    node.append(group);
    const sure = probabilities[token];
    if (sure !== undefined && sure !== null) group.style.color = `color-mix(in oklab, var(--unsure) ${Math.round(100 * (1 - sure) ** 0.7)}%, var(--ink))`;
    if (!choose) { group.classList.add("fixed"); continue; }
    const said = sure === undefined || sure === null ? "" : `, ${Math.round(100 * sure)} percent`;
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", `${tokens[token] ?? "symbol"}${said}, change`);
    group.setAttribute("aria-expanded", "false");
    group.addEventListener("click", () => choose(token, group));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      choose(token, group);
    });
    requestAnimationFrame(() => addHit(group));
  }
  return node;
}

function mark({ paths, kinds, words }, kind, x, y, w, h, word) {
  if (kind >= 0) {
    const [path, stretchX, stretchY, bold] = kinds[kind];
    const use = svg("use", { href: `#${outline(paths[path])}`, transform: `matrix(${stretchX / 10} 0 0 ${-stretchY / 10} ${x} ${y})` });
    if (bold) { use.setAttribute("stroke", "currentColor"); use.setAttribute("stroke-width", 40); }
    return use;
  }
  if (kind === -1) return svg("rect", { x, y, width: w, height: h });
  if (kind === -4) return svg("text", { x, y, "font-size": h, textLength: w, lengthAdjust: "spacingAndGlyphs" }, words[word]);
  return svg("line", { x1: x, x2: x + w, y1: kind === -2 ? y + h : y, y2: kind === -2 ? y : y + h, stroke: "currentColor", "stroke-width": 4 });
}

function addHit(group) {
  if (!group.isConnected) return;
  const box = group.getBBox();
  group.prepend(svg("rect", { class: "hit", x: box.x - 8, y: box.y - 10, width: box.width + 16, height: box.height + 20, rx: 12 }));
}
