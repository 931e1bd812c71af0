r"""Which commands of KaTeX and MathJax the grammar has, and how real formulas are read beside other parsers.

    npm install --prefix DIR katex mathjax-full
    python benchmarks/coverage.py DIR [data=../shared/data] > docs/latex-coverage.md

Prints Markdown. The tables of commands are those that the two programs define in their own sources, by family. A
command is *read* if the grammar has it, *typeset* if the layout draws it without a note, *canonical* if the strict
form of a formula with it is stable. The Im2LaTeX formulas are parsed by KaTeX, pylatexenc and the project, and where
KaTeX reads a formula, the number of its fractions, roots, scripts and cells is compared with ours.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pylatexenc.latexwalker import LatexWalker, LatexWalkerError

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.latex import Row, canonical, parse
from unimumer_data.latex.grammar import ENVIRONMENTS, is_unknown
from unimumer_data.layout import layout

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SHOWN = 40

MATHJAX = r"""
const {MapHandler} = require("mathjax-full/js/input/tex/MapHandler.js");
const maps = [], register = MapHandler.register;
MapHandler.register = (map) => { maps.push(map); register(map); };
require("mathjax-full/js/input/tex/AllPackages.js");
const families = {};
for (const map of maps) {
  const names = map.map ? [...map.map.keys()] : [];
  (families[map.name] = families[map.name] || []).push(...names);
}
console.log(JSON.stringify(families));
"""

KATEX = r"""
const katex = require("katex");
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter((line) => line).map((line) => JSON.parse(line));
function count(node, found) {
  if (Array.isArray(node)) { node.forEach((inner) => count(inner, found)); return found; }
  if (!node || typeof node !== "object") return found;
  if (node.type === "genfrac" && node.hasBarLine) found.fractions++;
  if (node.type === "sqrt") found.roots++;
  if (node.type === "supsub") { if (node.sub) found.subs++; if (node.sup) found.sups++; }
  if (node.type === "array") node.body.forEach((row) => { found.cells += row.length; });
  Object.entries(node).forEach(([key, value]) => { if (key !== "loc") count(value, found); });
  return found;
}
for (const text of lines) {
  try {
    const tree = katex.__parse(text, {displayMode: true, strict: "ignore"});
    console.log(JSON.stringify(count(tree, {fractions: 0, roots: 0, subs: 0, sups: 0, cells: 0})));
  } catch (error) { console.log(JSON.stringify({refused: error.message.split(" at position")[0]})); }
}
"""


def main(argv: list[str] | None = None) -> int:
    """Print the page; 2 for wrong usage."""
    arguments = sys.argv[1:] if argv is None else argv
    options = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    places = [Path(argument) for argument in arguments if "=" not in argument]
    if len(places) != 1 or not (places[0] / "node_modules" / "katex").is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    modules = places[0] / "node_modules"
    versions = [
        json.loads((modules / name / "package.json").read_text())["version"] for name in ("katex", "mathjax-full")
    ]
    print("# Which LaTeX is read\n")
    print(
        f"Made by `benchmarks/coverage.py` with KaTeX {versions[0]} and MathJax {versions[1]}; do not edit. *Read*:"
        " the grammar has the command.\n*Typeset*: the layout draws it without a note. *Canonical*: the strict form of"
        " a formula with it is stable. A command that the\ngrammar lacks is a symbol, and the groups right after it"
        " stay its arguments ([canonical-form.md](canonical-form.md)).\n"
    )
    print_commands("KaTeX", katex_commands(modules / "katex" / "src"))
    print_commands("MathJax", mathjax_commands(places[0]))
    print_formulas(places[0], Path(options.get("data", DATA)) / "im2latex-sample" / "formulas.lst")
    return 0


def katex_commands(source: Path) -> dict[str, list[str]]:
    """Family -> commands: functions by file, symbols by class of atom, macros, environments."""
    families: dict[str, list[str]] = defaultdict(list)
    for file in sorted((source / "functions").glob("*.ts")):
        for block in re.findall(r"names: \[(.*?)\]", file.read_text(), re.DOTALL):
            families[file.stem] += _names(block)
    symbols = (source / "symbols.ts").read_text()
    for kind, name in re.findall(r'defineSymbol\(math, \w+, (\w+), [^,]+, "(\\\\[A-Za-z]+)"', symbols):
        families[f"symbols, {kind}"].append(name[1:])
    families["macros"] += re.findall(r'defineMacro\("\\(\\[A-Za-z]+)"', (source / "macros.ts").read_text())
    for file in sorted((source / "environments").glob("*.ts")):
        for block in re.findall(r"names: \[(.*?)\]", file.read_text(), re.DOTALL):
            families["environments"] += [f"{{{name}}}" for name in re.findall(r'"([A-Za-z]+\*?)"', block)]
    return families


def _names(block: str) -> list[str]:
    return ["\\" + name for name in re.findall(r'"\\\\([A-Za-z]+)"', block)]


def mathjax_commands(folder: Path) -> dict[str, list[str]]:
    """Map of MathJax -> commands and environments in it."""
    families: dict[str, list[str]] = json.loads(_node(folder, MATHJAX, ""))
    named = {}
    for name, words in families.items():
        environments = "environment" in name.lower()
        found = [
            f"{{{word}}}" if environments else f"\\{word}" for word in words if re.fullmatch(r"[A-Za-z]+\*?", word)
        ]
        if found:
            named[name] = found
    return named


def _node(folder: Path, script: str, text: str) -> str:
    return subprocess.run(
        ["node", "-e", script], input=text, capture_output=True, text=True, check=True, cwd=folder
    ).stdout


def print_commands(program: str, families: dict[str, list[str]]) -> None:
    total: Counter[str] = Counter()
    print(f"## Commands of {program}\n")
    print("| family | commands | read | typeset | canonical | unknown |\n| --- | --- | --- | --- | --- | --- |")
    for family, names in families.items():
        names = sorted(set(names))
        unknown = [name for name in names if not is_read(name)]
        counts = {
            "commands": len(names),
            "read": len(names) - len(unknown),
            "typeset": sum(map(is_typeset, names)),
            "canonical": sum(map(is_canonical, names)),
        }
        total.update(counts)
        shown = " ".join(f"`{name}`" for name in unknown[:SHOWN]).replace("|", "\\|")
        rest = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        print(f"| {family} | {' | '.join(map(str, counts.values()))} | {shown}{rest} |")
    print(f"| all | {' | '.join(map(str, total.values()))} | |\n")


def sample(name: str) -> str:
    """A formula with the command or environment in it."""
    if name[0] == "{":
        environment = ENVIRONMENTS.get(name[1:-1])
        columns = "{ c c }" if environment is not None and environment.columns else ""
        return rf"\begin {name} {columns} a & b \\ c & d \end {name}"
    return rf"\left( x {name} {{ a }} {{ b }} \right)"


def is_read(name: str) -> bool:
    return name[1:-1] in ENVIRONMENTS if name[0] == "{" else not is_unknown(name)


def is_typeset(name: str) -> bool:
    return is_read(name) and not any("unknown" in note for note in layout(sample(name)).notes)


def is_canonical(name: str) -> bool:
    try:
        form = canonical(sample(name), "strict", repairs=[])
        return canonical(form, "strict") == form
    except LatexSyntaxError:
        return False


def print_formulas(folder: Path, file: Path) -> None:
    texts = [text for text in file.read_text(encoding="utf-8", errors="replace").split("\n") if text]
    known = [re.sub(r"\\label\s*\{[^}]*\}", "", text).replace(r"\mbox", r"\text") for text in texts]
    lines = _node(folder, KATEX, "\n".join(map(json.dumps, known))).splitlines()
    theirs: list[dict[str, Any]] = [json.loads(line) for line in lines]
    table: Counter[tuple[bool, bool, bool]] = Counter()
    reasons: Counter[str] = Counter()
    equal, different, refused = 0, [], []
    for number, (text, found) in enumerate(zip(texts, theirs, strict=True)):
        ours = _ours(text)
        table["refused" not in found, _pylatexenc(text), ours is not None] += 1
        if "refused" in found:
            reasons[found["refused"].split(":")[-1].strip()[:60]] += 1
        elif ours is None:
            refused.append(number)
        elif dict(ours) == found:
            equal += 1
        else:
            names = [name for name in found if found[name] != ours[name]]
            different.append((number, ", ".join(f"{name} {found[name]}/{ours[name]}" for name in names)))
    print(f"## The {len(texts)} formulas of the Im2LaTeX sample\n")
    print(
        "KaTeX has neither `\\label` nor `\\mbox`: it reads formulas without the one, with `\\text` for the other.\n"
    )
    print("| KaTeX | pylatexenc | this project | formulas |\n| --- | --- | --- | --- |")
    for key, count in table.most_common():
        print("| " + " | ".join("reads" if reads else "refuses" for reads in key) + f" | {count} |")
    print(f"\nMost frequent reasons of KaTeX: {_most(reasons)}.")
    print(f"\nKaTeX reads and we refuse: {', '.join(map(str, refused)) or 'none'}.")
    print(
        f"\nFractions, roots, scripts and cells are as many as KaTeX's in {equal} of the {equal + len(different)}"
        " formulas that both read. The others,\nby number from 0 (KaTeX/ours):"
        f" {'; '.join(f'{number}: {what}' for number, what in different) or 'none'}."
    )


def _most(reasons: Counter[str]) -> str:
    return "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common(8))


def _pylatexenc(text: str) -> bool:
    try:
        LatexWalker(rf"\[{text}\]", tolerant_parsing=False).get_latex_nodes()
    except LatexWalkerError:
        return False
    return True


def _ours(text: str) -> Counter[str] | None:
    try:
        row = parse(text)
    except LatexSyntaxError:
        return None
    return _counted(row)


def _counted(row: Row) -> Counter[str]:
    found: Counter[str] = Counter(fractions=0, roots=0, subs=0, sups=0, cells=0)
    work: list[Iterable[Any]] = [row]
    while work:
        for node in work.pop():
            relations = [relation for relation, _ in node.children or ()]
            found["fractions"] += node.symbol in (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac")
            found["roots"] += node.symbol == r"\sqrt"
            limits = node.symbol in (r"\sum", r"\prod", r"\coprod", r"\lim", r"\int", r"\iint", r"\oint")
            found["subs"] += "sub" in relations or (limits and "below" in relations)
            found["sups"] += "sup" in relations or (limits and "above" in relations)
            for relation, child in node.children or ():
                if relation.startswith("begin_") or node.symbol == r"\substack":
                    found["cells"] += 1 + sum(cell.symbol in ("&", "\\\\") for cell in child)
                    found["cells"] -= bool(child and child[-1].symbol == "\\\\")
                if node.symbol != "\\begin" or relation != "above":
                    work.append(child)
    return found


if __name__ == "__main__":
    sys.exit(main())
