"""A formula as SVG that needs no network and no fonts: glyphs are outlines, each stored once and used often."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from .boxes import LINE, RULE, TEXT, Mark
from .metrics import outlines
from .typeset import Layout, layout

UNIT = 1000
"""Units of the drawing per em."""
_MARGIN = 0.1
_STANDS_FOR = {"bold": "main", "italic": "math", "boldmath": "math", "script": "cal"}
_HEAVY = frozenset(("bold", "boldmath"))
_FAMILIES = {"sans": "sans-serif", "tt": "monospace"}


def to_svg(latex: str, *, em: float = 16.0) -> str:
    r"""Draw a formula.

    >>> to_svg("x").startswith("<svg ")
    True

    Args:
        latex: LaTeX; what cannot be drawn as meant is told in ``<title>``.
        em: size of the letters, in CSS pixels.

    Returns:
        One ``<svg>`` element in the colour of the text around it, standing on its baseline.
    """
    return draw(layout(latex), em=em, label=latex)


def draw(formula: Layout, *, em: float = 16.0, label: str = "") -> str:
    """The SVG of a layout; ``label`` is its text for readers who cannot see it."""
    left, top, right, bottom = _extent(formula)
    shapes: dict[tuple[str, str], str] = {}
    body = [_draw_mark(mark, shapes) for mark in formula.marks]
    defined = "".join([f'<path id="{_name(key)}" d="{path}"/>' for key, path in shapes.items()])
    view = " ".join(str(round(UNIT * edge)) for edge in (left, top, right - left, bottom - top))
    size = f'width="{(right - left) * em:.1f}" height="{(bottom - top) * em:.1f}"'
    title = f"<title>{escape('; '.join(formula.notes))}</title>" if formula.notes else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{view}" role="img" aria-label={quoteattr(label)} '
        f'style="vertical-align:{-bottom * em:.1f}px" fill="currentColor">{title}<defs>{defined}</defs>'
        f"{''.join(body)}</svg>"
    )


def _extent(formula: Layout) -> tuple[float, float, float, float]:
    edges = [(mark.left, mark.top, mark.right, mark.bottom) for mark in formula.marks]
    left = min([0.0, *(edge[0] for edge in edges)]) - _MARGIN
    top = min([-0.7, *(edge[1] for edge in edges)]) - _MARGIN
    right = max([formula.width, *(edge[2] for edge in edges)]) + _MARGIN
    bottom = max([0.2, *(edge[3] for edge in edges)]) + _MARGIN
    return left, top, right, bottom


def _draw_mark(mark: Mark, shapes: dict[tuple[str, str], str]) -> str:
    if mark.font == RULE:
        return _rectangle(mark)
    if mark.font == LINE:
        return _stroke(mark)
    table = outlines()
    font = mark.font if mark.char in table.get(mark.font, {}) else _STANDS_FOR.get(mark.font, mark.font)
    path = table.get(font, {}).get(mark.char) or table["main"].get(mark.char)
    if path is None or mark.font in (TEXT, *_FAMILIES):
        return _words(mark)
    if mark.char not in table.get(font, {}):
        font = "main"
    shapes[font, mark.char] = path
    heavy = ' stroke="currentColor" stroke-width="40"' if mark.font in _HEAVY else ""
    place = f"matrix({mark.scale_x:.4g} 0 0 {-mark.scale_y:.4g} {UNIT * mark.x:.0f} {UNIT * mark.y:.0f})"
    return f'<use href="#{_name((font, mark.char))}" transform="{place}"{heavy}/>'


def _name(key: tuple[str, str]) -> str:
    """Equal in all formulas of a page, so that they may share it."""
    return f"g-{key[0]}-{'-'.join(f'{ord(char):x}' for char in key[1])}"


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
