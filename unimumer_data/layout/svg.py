"""A formula as SVG that needs no network and no fonts: glyphs are outlines, each stored once and used often."""

from __future__ import annotations

from typing import NamedTuple

from unimumer_data.support.xml import escape, quoteattr

from .boxes import LINE, RULE, TEXT, Mark
from .metrics import outlines
from .typeset import Layout, layout

UNIT = 1000
"""Units of the drawing per em."""
_MARGIN = 0.1
_STANDS_FOR = {"bold": "main", "italic": "math", "boldmath": "math", "script": "cal"}
_HEAVY = frozenset(("bold", "boldmath"))
_FAMILIES = {"sans": "sans-serif", "tt": "monospace"}


class Outline(NamedTuple):
    """What is drawn of a mark: its name, equal in all formulas of a page; the path, y upwards, in `UNIT`; bold."""

    name: str
    path: str
    heavy: bool


def to_svg(latex: str, *, em: float = 16.0) -> str:
    r"""Draw a formula.

    >>> to_svg("x").startswith("<svg ")
    True

    Args:
        latex: LaTeX; ``<title>`` names what cannot be drawn as meant.
        em: size of the letters, in CSS pixels.

    Returns:
        One ``<svg>`` element in the colour of the text around it, standing on its baseline.
    """
    return draw(layout(latex), em=em, label=latex)


def draw(formula: Layout, *, em: float = 16.0, label: str = "") -> str:
    """The SVG of a layout; ``label`` is its text for readers who cannot see it."""
    left, top, right, bottom = extent(formula)
    shapes: dict[str, str] = {}
    body = [_draw_mark(mark, shapes) for mark in formula.marks]
    defined = "".join([f'<path id="{name}" d="{path}"/>' for name, path in shapes.items()])
    view = " ".join(str(round(UNIT * edge)) for edge in (left, top, right - left, bottom - top))
    size = f'width="{(right - left) * em:.1f}" height="{(bottom - top) * em:.1f}"'
    title = f"<title>{escape('; '.join(formula.notes))}</title>" if formula.notes else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{view}" role="img" aria-label={quoteattr(label)} '
        f'style="vertical-align:{-bottom * em:.1f}px" fill="currentColor">{title}<defs>{defined}</defs>'
        f"{''.join(body)}</svg>"
    )


def extent(formula: Layout) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a drawing with its margin, in em; at least a line high."""
    edges = [(mark.left, mark.top, mark.right, mark.bottom) for mark in formula.marks]
    left = min([0.0, *(edge[0] for edge in edges)]) - _MARGIN
    top = min([-0.7, *(edge[1] for edge in edges)]) - _MARGIN
    right = max([formula.width, *(edge[2] for edge in edges)]) + _MARGIN
    bottom = max([0.2, *(edge[3] for edge in edges)]) + _MARGIN
    return left, top, right, bottom


def outline(mark: Mark) -> Outline | None:
    """The outline of a glyph; None for rules and strokes, and where we have none."""
    table = outlines()
    font = mark.font if mark.char in table.get(mark.font, {}) else _STANDS_FOR.get(mark.font, mark.font)
    if mark.char not in table.get(font, {}):
        font = "main"
    path = table[font].get(mark.char)
    if path is None or mark.font in (RULE, LINE, TEXT, *_FAMILIES):
        return None
    name = f"g-{font}-{'-'.join(f'{ord(char):x}' for char in mark.char)}"
    return Outline(name, path, mark.font in _HEAVY)


def _draw_mark(mark: Mark, shapes: dict[str, str]) -> str:
    if mark.font == RULE:
        return _rectangle(mark)
    if mark.font == LINE:
        return _stroke(mark)
    shape = outline(mark)
    if shape is None:
        return _words(mark)
    shapes[shape.name] = shape.path
    heavy = ' stroke="currentColor" stroke-width="40"' if shape.heavy else ""
    place = f"matrix({mark.scale_x:.4g} 0 0 {-mark.scale_y:.4g} {UNIT * mark.x:.0f} {UNIT * mark.y:.0f})"
    return f'<use href="#{shape.name}" transform="{place}"{heavy}/>'


def _rectangle(mark: Mark) -> str:
    sizes = (mark.left, mark.top, mark.right - mark.left, mark.bottom - mark.top)
    x, y, width, height = (UNIT * size for size in sizes)
    return f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}"/>'


def _stroke(mark: Mark) -> str:
    start, end = (mark.bottom, mark.top) if mark.char == "/" else (mark.top, mark.bottom)
    ends = f'x1="{UNIT * mark.left:.0f}" y1="{UNIT * start:.0f}" x2="{UNIT * mark.right:.0f}" y2="{UNIT * end:.0f}"'
    return f'<line {ends} stroke="currentColor" stroke-width="40"/>'


def _words(mark: Mark) -> str:
    """What we have no outline for is left to a font of the viewer, fitted into its box."""
    family = _FAMILIES.get(mark.font, "serif")
    width = UNIT * (mark.right - mark.left)
    return (
        f'<text x="{UNIT * mark.left:.0f}" y="{UNIT * mark.y:.0f}" font-family="{family}" '
        f'font-size="{UNIT * mark.scale_y:.0f}" textLength="{width:.0f}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(mark.char)}</text>"
    )
