"""Make the data files of `unimumer_eval.layout` from KaTeX's npm package. Run by hand; needs fonttools.

    npm pack katex@0.19.1 && tar xzf katex-0.19.1.tgz
    python scripts/make_glyph_metrics.py package

KaTeX publishes the metrics of Knuth's Computer Modern and of the AMS fonts (fontMetricsData.js, from the TFM files),
a table of symbols (symbols.ts), and the fonts themselves, whose outlines give the boxes of the ink.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import string
import sys
from pathlib import Path
from typing import Any

from unimumer_data.latex.grammar import COMMANDS, SYMBOLS

DATA = Path(__file__).resolve().parent.parent / "unimumer_data" / "layout" / "data"
FONTS = {
    "main": "Main-Regular",
    "bold": "Main-Bold",
    "italic": "Main-Italic",
    "math": "Math-Italic",
    "boldmath": "Math-BoldItalic",
    "ams": "AMS-Regular",
    "cal": "Caligraphic-Regular",
    "frak": "Fraktur-Regular",
    "script": "Script-Regular",
    "sans": "SansSerif-Regular",
    "tt": "Typewriter-Regular",
    "size1": "Size1-Regular",
    "size2": "Size2-Regular",
    "size3": "Size3-Regular",
    "size4": "Size4-Regular",
}
TEXT = "".join(map(chr, range(0x21, 0x7F)))
EXTRA = {
    "main": TEXT + "\u02dc\u0131\u0237\ue020\u2212\u2217\u22c5\u2032",
    "bold": TEXT,
    "italic": TEXT,
    "boldmath": TEXT,
    "math": TEXT + "\u0131\u0237",
    "ams": "ABCDEFGHIJKLMNOPQRSTUVWXYZk",
    "cal": TEXT,
    "frak": TEXT,
    "script": TEXT,
    "sans": TEXT,
    "tt": TEXT,
}
CLASSES = {"mathord": "ord", "textord": "ord", "accent": "ord"}
WHOLE = ("size1", "size2", "size3", "size4")
OUTLINED = ("main", "math", "ams", "cal", "frak", "size1", "size2", "size3", "size4")
"""Fonts whose shapes are kept; SVG falls back on text for the others."""
_DEFINITION = re.compile(
    r'^defineSymbol\(math, (main|ams), (\w+), "((?:\\.|[^"])+)", "((?:\\.|[^"])+)"(, true)?', re.M
)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the unpacked npm package")
    package = parser.parse_args(argv).package
    version = json.loads((package / "package.json").read_text())["version"]
    symbols = read_symbols((package / "src" / "symbols.ts").read_text(encoding="utf-8"))
    metrics = read_metrics((package / "src" / "fontMetricsData.js").read_text(encoding="utf-8"))
    fonts: dict[str, dict[str, list[int]]] = {}
    outlines: dict[str, dict[str, str]] = {}
    for font, file in FONTS.items():
        wanted = wanted_characters(font, symbols)
        path = package / "dist" / "fonts" / f"KaTeX_{file}.ttf"
        fonts[font], outlines[font] = read_font(path, metrics[file], wanted)
    source = f"katex {version} on npm (MIT; glyph shapes SIL OFL 1.1), by scripts/make_glyph_metrics.py"
    columns = "width, height, depth, italic, skew, left, bottom, right, top of the ink; 1/1000 em"
    write("glyphs.json", {"source": source, "columns": columns, "fonts": fonts, "symbols": symbols})
    shapes = dump({"source": source, "fonts": {font: outlines[font] for font in OUTLINED}})
    save("outlines.json.gz", gzip.compress(shapes.encode(), mtime=0))
    return 0


def read_symbols(text: str) -> dict[str, list[str]]:
    """Token -> font, class of atom and character, for the tokens of the grammar and all single characters."""
    found = {letter: ["math", "ord", letter] for letter in string.ascii_letters}
    found |= {character: ["main", "ord", character] for character in string.digits + '/@."'}
    for font, group, replacement, name, named_by_character in _DEFINITION.findall(text):
        character, token = json.loads(f'"{replacement}"'), json.loads(f'"{name}"')
        if len(character) > 1:
            continue
        row = ["math" if group == "mathord" else font, CLASSES.get(group, group), character]
        if named_by_character:
            found.setdefault(character, row)
        if len(token) == 1 or token in SYMBOLS or token in COMMANDS:
            found[token] = row
    return dict(sorted(found.items()))


def read_metrics(text: str) -> dict[str, dict[str, list[float]]]:
    body = text[text.index("{") : text.rindex("}") + 1]
    fonts: dict[str, dict[str, list[float]]] = json.loads(re.sub(r",(\s*[}\]])", r"\1", body))
    return fonts


def wanted_characters(font: str, symbols: dict[str, list[str]]) -> set[str] | None:
    """None for all."""
    if font in WHOLE:
        return None
    table = {"bold": "main", "boldmath": "math"}.get(font, font)
    return set(EXTRA.get(font, "")) | {character for name, _, character in symbols.values() if name == table}


def read_font(
    path: Path, metrics: dict[str, list[float]], wanted: set[str] | None
) -> tuple[dict[str, list[int]], dict[str, str]]:
    from fontTools.pens.boundsPen import BoundsPen
    from fontTools.pens.svgPathPen import SVGPathPen
    from fontTools.ttLib import TTFont

    font = TTFont(path)
    names, glyphs = font.getBestCmap(), font.getGlyphSet()
    assert font["head"].unitsPerEm == 1000
    rows, outlines = {}, {}
    for code, (depth, height, italic, skew, width) in metrics.items():
        character = chr(int(code))
        if int(code) not in names or (wanted is not None and character not in wanted):
            continue
        glyph = glyphs[names[int(code)]]
        bounds, path_pen = BoundsPen(glyphs), SVGPathPen(glyphs, ntos=lambda number: str(round(number)))
        glyph.draw(bounds)
        if bounds.bounds is None:
            continue
        glyph.draw(path_pen)
        row = [width, height, depth, italic, skew]
        rows[character] = [round(1000 * number) for number in row] + [round(edge) for edge in bounds.bounds]
        outlines[character] = relative(path_pen.getCommands())
    return rows, outlines


def relative(path: str) -> str:
    """The path with relative coordinates, which are shorter."""
    x = y = left = bottom = 0
    parts = []
    for command, numbers in re.findall(r"([A-Z])([^A-Z]*)", path):
        values = [int(number) for number in re.findall(r"-?\d+", numbers)]
        if command == "Z":
            parts.append("z")
            x, y = left, bottom
        elif command in "HV":
            origin = x if command == "H" else y
            parts.append(f"{command.lower()}{values[0] - origin}")
            x, y = (values[0], y) if command == "H" else (x, values[0])
        else:
            size = {"M": 2, "L": 2, "T": 2, "Q": 4}[command]
            if command == "M":
                left, bottom = values[:2]
            shifted = []
            for at in range(0, len(values), size):
                shifted += [value - (x, y)[index % 2] for index, value in enumerate(values[at : at + size])]
                x, y = values[at + size - 2 : at + size]
            parts.append(command.lower() + " ".join(map(str, shifted)).replace(" -", "-"))
    return "".join(parts)


def write(name: str, content: dict[str, Any]) -> None:
    """One font or table a line: small, and a change shows where it is."""
    lines = []
    for key, value in content.items():
        if isinstance(value, dict) and key == "fonts":
            inner = ",\n".join(f"{json.dumps(k)}: {dump(v)}" for k, v in value.items())
            lines.append(f"{json.dumps(key)}: {{\n{inner}\n}}")
        else:
            lines.append(f"{json.dumps(key)}: {dump(value)}")
    save(name, ("{\n" + ",\n".join(lines) + "\n}\n").encode())


def save(name: str, content: bytes) -> None:
    target = DATA / name
    temporary = target.with_name(name + ".tmp")
    temporary.write_bytes(content)
    temporary.replace(target)
    print(f"{name}: {len(content)} bytes")


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())
