// Canonical tokens to MathML, in the browser: costs the page nothing a sample and marks single tokens.

const ACCENTS = {
  "\\hat": "^", "\\widehat": "^", "\\check": "ˇ", "\\tilde": "~", "\\widetilde": "~", "\\bar": "¯", "\\overline": "¯",
  "\\vec": "→", "\\overrightarrow": "→", "\\overleftarrow": "←", "\\overleftrightarrow": "↔", "\\dot": "˙",
  "\\ddot": "¨", "\\dddot": "⃛", "\\breve": "˘", "\\acute": "´", "\\grave": "`", "\\mathring": "˚",
  "\\overbrace": "⏞", "\\overbracket": "⎴", "\\overparen": "⏜", "\\wideparen": "⏜", "\\overarc": "⏜",
};
const UNDER = { "\\underline": "_", "\\underbrace": "⏟", "\\underbracket": "⎵", "\\underrightarrow": "→", "\\underleftarrow": "←", "\\ubar": "_" };
const ARROWS = { "\\xrightarrow": "→", "\\xleftarrow": "←", "\\xlongequal": "=", "\\xleftrightarrow": "↔", "\\xRightarrow": "⇒", "\\xLeftarrow": "⇐", "\\xmapsto": "↦" };
const FENCES = { pmatrix: "()", bmatrix: "[]", Bmatrix: "{}", vmatrix: "||", Vmatrix: "‖‖", cases: "{ ", dcases: "{ ", rcases: " }" };
const LIMITS = new Set(["\\sum", "\\prod", "\\coprod", "\\lim", "\\limsup", "\\liminf", "\\max", "\\min", "\\sup", "\\inf", "\\bigcup", "\\bigcap", "\\bigoplus", "\\bigotimes", "\\bigvee", "\\bigwedge"]);
const FONTS = { "\\mathbb": "double-struck", "\\mathcal": "script", "\\mathscr": "script", "\\mathfrak": "fraktur", "\\mathbf": "bold", "\\boldsymbol": "bold" };
const PLANES = { "double-struck": [0x1d538, 0x1d552, 0x1d7d8], script: [0x1d49c, 0x1d4b6], fraktur: [0x1d504, 0x1d51e], bold: [0x1d400, 0x1d41a, 0x1d7ce] };
const HOLES = { "double-struck": { C: "ℂ", H: "ℍ", N: "ℕ", P: "ℙ", Q: "ℚ", R: "ℝ", Z: "ℤ" }, script: { B: "ℬ", E: "ℰ", F: "ℱ", H: "ℋ", I: "ℐ", L: "ℒ", M: "ℳ", R: "ℛ", e: "ℯ", g: "ℊ", o: "ℴ" }, fraktur: { C: "ℭ", H: "ℌ", I: "ℑ", R: "ℜ", Z: "ℨ" }, bold: {} };

function tag(name, ...children) {
  const node = document.createElementNS("http://www.w3.org/1998/Math/MathML", name);
  node.append(...children);
  return node;
}

/** MathML of tokens, or null where they do not fit together. `marked` holds the numbers of tokens to mark. */
function formula(tokens, names, marked) {
  let at = 0;
  const peek = () => tokens[at];
  const fail = () => { throw new SyntaxError("token " + at); };

  function leaf(kind, text, index) {
    const node = tag(kind, text);
    if (marked.has(index)) node.setAttribute("class", "off");
    return node;
  }

  function inFont(char, font) {
    const hole = HOLES[font][char];
    if (hole) return hole;
    const ranges = [["A", "Z"], ["a", "z"], ["0", "9"]];
    const plane = ranges.findIndex(([low, high]) => char >= low && char <= high);
    const base = PLANES[font][plane];
    return base === undefined ? char : String.fromCodePoint(base + char.charCodeAt(0) - ranges[plane][0].charCodeAt(0));
  }

  function symbol(token, index, font) {
    if (/^[0-9]$/.test(token)) return leaf("mn", font ? inFont(token, font) : token, index);
    if (/^[A-Za-z]$/.test(token)) return leaf("mi", font ? inFont(token, font) : token, index);
    const text = names[token] ?? (token.length > 1 && token[0] === "\\" ? null : token);
    if (text === null) return /^\\[a-zA-Z]+$/.test(token) ? leaf("mi", token.slice(1), index) : leaf("mo", token.slice(1), index);
    const node = leaf(/^\p{L}/u.test(text) ? "mi" : "mo", text, index);
    if (node.localName === "mo" && /^[()[\]{}|‖⟨⟩⌊⌋⌈⌉/]$/.test(text)) node.setAttribute("stretchy", "false");
    return node;
  }

  function group(font) {
    if (peek() !== "{") return atom(font);
    at++;
    const content = row((token) => token === "}", font);
    at++;
    return content;
  }

  function table(font) {
    const name = (tokens[at++] ?? fail()).replace(/[{}]/g, "");
    if (/array|tabular|alignedat/.test(name) && peek() === "{") group("");
    const body = tag("mtable");
    let cells = tag("mtr");
    for (;;) {
      cells.append(tag("mtd", row((token) => token === "&" || token === "\\\\" || token === "\\end", font)));
      const end = tokens[at++];
      if (end === "&") continue;
      body.append(cells);
      cells = tag("mtr");
      if (end === "\\end") break;
    }
    at++;
    if (/cases|align|split/.test(name)) body.setAttribute("style", "text-align: left");
    const [left, right] = FENCES[name.replace("*", "")] ?? "  ";
    return tag("mrow", ...(left.trim() ? [tag("mo", left)] : []), body, ...(right.trim() ? [tag("mo", right)] : []));
  }

  function atom(font) {
    const index = at;
    const token = tokens[at++] ?? fail();
    if (token === "{") { at = index; return group(font); }
    if (token === "}" || token === "&" || token === "\\\\" || token === "\\end") fail();
    if (/^\\[cdt]?frac$/.test(token) || /^\\[dt]?binom$/.test(token)) {
      const fraction = tag("mfrac", group(font), group(font));
      if (marked.has(index)) fraction.setAttribute("class", "off");
      if (!token.endsWith("binom")) return fraction;
      fraction.setAttribute("linethickness", "0");
      return tag("mrow", tag("mo", "("), fraction, tag("mo", ")"));
    }
    if (token === "\\sqrt") {
      let degree = null;
      if (peek() === "[") { at++; degree = row((next) => next === "]", font); at++; }
      const root = degree ? tag("mroot", group(font), degree) : tag("msqrt", group(font));
      if (marked.has(index)) root.setAttribute("class", "off");
      return root;
    }
    if (token in ARROWS) {
      let below = null;
      if (peek() === "[") { at++; below = row((next) => next === "]", font); at++; }
      const arrow = leaf("mo", ARROWS[token], index);
      return below ? tag("munderover", arrow, below, group(font)) : tag("mover", arrow, group(font));
    }
    if (token in ACCENTS) { const accent = leaf("mo", ACCENTS[token], index); const node = tag("mover", group(font), accent); node.setAttribute("accent", "true"); return node; }
    if (token in UNDER) return tag("munder", group(font), leaf("mo", UNDER[token], index));
    if (token === "\\overset" || token === "\\stackrel") { const above = group(font); return tag("mover", group(font), above); }
    if (token === "\\underset") { const below = group(font); return tag("munder", group(font), below); }
    if (token in FONTS) return group(FONTS[token]);
    if (/^\\(math|text|operatorname|mbox|boxed|fbox|pmod|substack|mathop|textcircled)/.test(token) && peek() === "{") return group("");
    if (token === "\\begin") return table(font);
    return symbol(token, index, font);
  }

  function scripted(font) {
    const start = peek();
    const base = start === "^" || start === "_" ? tag("mrow") : atom(font);
    let limits = LIMITS.has(start) || /brace$/.test(start), below = null, above = null;
    for (;;) {
      if (peek() === "\\limits") { limits = true; at++; }
      else if (peek() === "\\nolimits") { limits = false; at++; }
      else if (peek() === "_" && !below) { at++; below = group(font); }
      else if (peek() === "^" && !above) { at++; above = group(font); }
      else break;
    }
    if (below && above) return tag(limits ? "munderover" : "msubsup", base, below, above);
    if (below) return tag(limits ? "munder" : "msub", base, below);
    if (above) return tag(limits ? "mover" : "msup", base, above);
    return base;
  }

  function row(ends, font) {
    const content = tag("mrow");
    while (at < tokens.length && !ends(peek())) content.append(scripted(font));
    if (at >= tokens.length && !ends(undefined)) fail();
    return content;
  }

  try {
    const math = tag("math", row((token) => token === undefined, ""));
    math.setAttribute("display", "block");
    return math;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}
