"""Fractions, roots, scripts, accents, delimiters and tables: TeX's rules (The TeXbook, Appendix G) on boxes."""

from __future__ import annotations

from collections.abc import Sequence

from unimumer_data.latex.tree import Node

from . import styles
from .boxes import Box, beside, centered, glyph_box, rule_box
from .looks import Font
from .metrics import Glyph, glyph
from .styles import PARAMETERS, SUBSCRIPT, SUPERSCRIPT
from .symbols import STRETCHED_WHOLE


def fraction(
    node: Node, above: Box, below: Box, style: int, *, line: bool = True, beyond: tuple[float, float] = (0.0, 0.0)
) -> Box:
    """Rule 15: a fraction; without a line, the inside of a binomial. ``beyond``: how far the line goes, in em."""
    p = PARAMETERS[style]
    display = style < styles.TEXT
    width = max(above.width, below.width)
    up = p.num1 if display else p.num2 if line else p.num3
    down = p.denom1 if display else p.denom2
    if line:
        clearance = 3 * p.rule if display else p.rule
        up += max(0.0, clearance - (up - above.depth - p.axis - p.rule / 2))
        down += max(0.0, clearance - (p.axis - p.rule / 2 - below.height + down))
    else:
        clearance = 7 * p.rule if display else 3 * p.rule
        missing = max(0.0, clearance - (up - above.depth - below.height + down))
        up, down = up + missing / 2, down + missing / 2
    left, right = beyond
    box = Box(width + 2 * styles.NULL_DELIMITER + left + right)
    box.put(styles.NULL_DELIMITER + left + centered(above, width), up, above)
    box.put(styles.NULL_DELIMITER + left + centered(below, width), -down, below)
    if line:
        box.put(styles.NULL_DELIMITER, p.axis, rule_box(node, width + left + right, p.rule / 2, p.rule / 2))
    return box


def radical(node: Node, inside: Box, index: Box | None, style: int, font: Font) -> Box:
    """Rule 11: a root, with LaTeX's place for its index."""
    p = PARAMETERS[style]
    thickness = 0.04 * p.scale
    gap = thickness + (p.x_height if style < styles.TEXT else thickness) / 4
    sign = _tall(node, "\u221a", inside.total + gap + thickness, p.scale, whole=False)
    gap += max(0.0, (sign.total - inside.total - gap - thickness) / 2)
    top = inside.height + gap + thickness
    hook, before, after = font.root(node, inside.width, sign.width, style)
    line = before + inside.width + after
    root = Box(hook + max(line, before + inside.width))
    root.put(hook - sign.width, top - sign.height, sign)
    root.put(hook + before, 0.0, inside)
    root.put(hook, 0.0, rule_box(node, line, top, -(top - thickness)))
    if index is None:
        return root
    box = Box(max(0.0, 5 / 18 * p.quad + index.width - 10 / 18 * p.quad))
    box.put(5 / 18 * p.quad, 0.6 * (root.height - root.depth), index)
    box.width += sign.width - hook  # a narrower hook is no room for the index
    box.put(box.width, 0.0, root)
    box.width += root.width
    return box


def with_scripts(base: Box, lower: Box | None, upper: Box | None, style: int) -> Box:
    """Rule 18: lower and upper script at the right."""
    p = PARAMETERS[style]
    up = 0.0 if base.is_char else base.height - PARAMETERS[SUPERSCRIPT[style]].sup_drop
    down = 0.0 if base.is_char else base.depth + PARAMETERS[SUBSCRIPT[style]].sub_drop
    box = Box(base.width)
    box.put(0.0, 0.0, base)
    if upper is not None:
        least = p.sup1 if style < styles.TEXT and not style % 2 else p.sup3 if style % 2 else p.sup2
        up = max(up, least, upper.depth + p.x_height / 4)
    if lower is not None:
        if upper is None:
            down = max(down, p.sub1, lower.height - 0.8 * p.x_height)
        else:
            down = max(down, p.sub2)
            missing = 4 * p.rule - (up - upper.depth - lower.height + down)
            if missing > 0:
                down += missing
                excess = 0.8 * p.x_height - (up - upper.depth)
                if excess > 0:
                    up, down = up + excess, down - excess
        box.put(base.width, -down, lower)
        box.width = base.width + lower.width + styles.SCRIPT_SPACE
    if upper is not None:
        box.put(base.width + base.italic, up, upper)
        box.width = max(box.width, base.width + base.italic + upper.width + styles.SCRIPT_SPACE)
    return box


def with_limits(base: Box, lower: Box | None, upper: Box | None, style: int, slant: float = 0.0) -> Box:
    """Rule 13a: lower and upper script below and above."""
    p = PARAMETERS[style]
    width = max(box.width for box in (base, lower, upper) if box is not None)
    box = Box(width)
    box.put(centered(base, width), 0.0, base)
    if upper is not None:
        up = base.height + max(p.op1, p.op3 - upper.depth) + upper.depth
        box.put(centered(upper, width) + slant / 2, up, upper)
        box.height += p.op5
    if lower is not None:
        down = base.depth + max(p.op2, p.op4 - lower.height) + lower.height
        box.put(centered(lower, width) - slant / 2, -down, lower)
        box.depth += p.op5
    return box


def accent(base: Box, sign: Box, style: int, *, below: bool = False) -> Box:
    """Rule 12: a sign over (or under) its base."""
    box = Box(base.width + base.italic)
    box.put(0.0, 0.0, base)
    x = base.skew + (base.width - sign.width) / 2
    if below:
        box.put(x, -base.depth - sign.height, sign)
    else:
        box.put(x, base.height - min(base.height, PARAMETERS[style].x_height), sign)
    return box


def wide_accent(node: Node, char: str, width: float, scale: float) -> Box:
    """The widest form of an accent that is not wider than its base."""
    forms = [found for size in range(1, 5) if (found := glyph(f"size{size}", char))]
    fitting = [form for form in forms if form.width * scale <= width]
    return glyph_box(node, (fitting or forms[:1])[-1], scale)


def line_beside(node: Node, base: Box, style: int, *, below: bool) -> Box:
    """Rules 9 and 10: a line over or under all of the base."""
    rule = PARAMETERS[style].rule
    box = Box(base.width)
    box.put(0.0, 0.0, base)
    if below:
        bottom = base.depth + 4 * rule
        box.put(0.0, 0.0, rule_box(node, base.width, -(bottom - rule), bottom))
        box.depth += rule
    else:
        top = base.height + 4 * rule
        box.put(0.0, 0.0, rule_box(node, base.width, top, -(top - rule)))
        box.height += rule
    return box


def stretched_beside(node: Node, base: Box, kind: str | Glyph, style: int, *, below: bool) -> Box:
    """An arrow, a brace, a bracket or an arc over or under all of the base."""
    p = PARAMETERS[style]
    if isinstance(kind, Glyph):
        sign, gap = arrow(node, kind, base.width, p.scale), 0.0
    else:
        sign, gap = _bracket(node, kind, base.width, below), 3 * p.rule
    box = Box(max(base.width, sign.width))
    box.put(centered(base, box.width), 0.0, base)
    y = -(base.depth + gap + sign.height) if below else base.height + gap + sign.depth
    box.put(centered(sign, box.width), y, sign)
    return box


def arrow(node: Node, shape: Glyph, width: float, scale: float) -> Box:
    """An arrow at least ``width`` long: its glyph with a shaft beside it, or in its middle."""
    head = glyph_box(node, shape, scale)
    # the box of the ink, not that of the letter: it is set on what it covers
    trim = Box(head.width, shape.top * scale, -shape.bottom * scale)
    trim.parts = head.parts
    extra = width - head.width
    if extra <= 0:
        return trim
    middle = (shape.top + shape.bottom) / 2 * scale
    thickness = 0.04 * scale
    shaft = rule_box(node, extra + 0.3 * scale, middle + thickness / 2, thickness / 2 - middle)
    box = Box(width)
    points_left = shape.char in "\u2190\u21d0"
    points_right = shape.char in "\u2192\u21d2\u21a6"
    if points_left or points_right:
        box.put(0.0 if points_left else extra, 0.0, trim)
        box.put(0.6 * head.width if points_left else 0.0, 0.0, _resized(shaft, extra + 0.4 * head.width))
    else:
        stretched = Box(width, trim.height, trim.depth)
        stretched.put(extra / 2, 0.0, trim)
        return stretched
    return box


def _resized(rule: Box, width: float) -> Box:
    rule.width = width
    ink = rule.parts[0][2]
    assert not isinstance(ink, Box)
    ink.right = width
    return rule


_BRACE_REACH = 0.333


def _bracket(node: Node, kind: str, width: float, below: bool) -> Box:
    if kind == "brace":
        names = "\ue152\ue151\ue150\ue153" if below else "\ue150\ue153\ue152\ue151"
        left, middle_left, middle_right, right = [_piece(node, char) for char in names]
        half = max(0.0, width / 2 - left.width - middle_left.width)
        brace = beside(
            [left, rule_box(node, half, 0.12), middle_left, middle_right, rule_box(node, half, 0.12), right]
        )
        brace.height, brace.depth = _BRACE_REACH, _BRACE_REACH - 0.12  # the ink, not the boxes of its pieces
        return brace
    thickness, rise = 0.04, 0.2
    edge = 0.0 if below else rise - thickness
    box = Box(width)
    box.put(0.0, 0.0, rule_box(node, width, edge + thickness, -edge))
    if kind == "bracket":
        box.put(0.0, 0.0, rule_box(node, thickness, rise))
        box.put(width - thickness, 0.0, rule_box(node, thickness, rise))
    return box


def _piece(node: Node, char: str) -> Box:
    piece = glyph("size4", char)
    assert piece is not None
    return glyph_box(node, piece, 1.0)


def delimiter(node: Node, shape: Glyph, size: float, style: int) -> Box:
    """A delimiter of at least this height and depth together, centred on the axis."""
    p = PARAMETERS[style]
    whole = node.symbol in STRETCHED_WHOLE
    tall = _tall(node, shape.char, size, p.scale, whole=whole, shape=shape)
    box = Box(tall.width)
    box.put(0.0, p.axis - (tall.height - tall.depth) / 2, tall)
    return box


def size_around(inside: Box, style: int) -> float:
    r"""Rule 19: how high the delimiters of ``\left`` and ``\right`` are."""
    axis = PARAMETERS[style].axis
    reach = max(inside.height - axis, inside.depth + axis)
    return max(2 * reach * styles.DELIMITER_FACTOR, 2 * reach - styles.DELIMITER_SHORTFALL)


def _tall(node: Node, char: str, size: float, scale: float, *, whole: bool, shape: Glyph | None = None) -> Box:
    """The smallest form that is high enough; the largest is drawn higher where none is."""
    first = shape or glyph("main", char)
    assert first is not None
    forms = [] if whole else [found for n in range(1, 5) if (found := glyph(f"size{n}", char))]
    last = first
    for form in (first, *forms):
        # roots and delimiters in scripts come in the size of the text, once the small ones are too small
        own = scale if form is first else 1.0
        if (form.height + form.depth) * own >= size - 0.001:
            return glyph_box(node, form, own)
        last = form
    own = scale if last is first else 1.0
    return glyph_box(node, last, own, size / ((last.height + last.depth) * own))


def table(
    node: Node,
    rows: Sequence[Sequence[Box]],
    align: str,
    gaps: Sequence[float],
    style: int,
    *,
    row_skip: float,
    strut: float = 1.0,
    rules: Sequence[int] = (),
    bars: Sequence[int] = (),
) -> Box:
    """Cells in rows and columns, centred on the axis.

    Args:
        align: ``l``, ``c`` or ``r`` of each column, repeated as often as need be.
        gaps: space before each column, repeated but for the first; the space before the first column first.
        row_skip: from baseline to baseline, in em of the text size; 0 for tight lines.
        strut: how much higher than a line the rows are at least.
        rules: numbers of the rows that have a line above them.
        bars: numbers of the columns that have a line before them.
    """
    scale = PARAMETERS[style].scale
    columns = max((len(row) for row in rows), default=0)
    widths = [max((row[i].width for row in rows if i < len(row)), default=0.0) for i in range(columns)]
    starts, right = [], gaps[0]
    for i, width in enumerate(widths):
        right += gaps[1 + (i - 1) % (len(gaps) - 1)] if i else 0.0
        starts.append(right)
        right += width
    least_height, least_depth = 0.7 * row_skip * strut * scale, 0.3 * row_skip * strut * scale
    box = Box(right + gaps[0])
    y, baselines, tops = 0.0, [], []
    for row in rows:
        height = max([least_height, *(cell.height for cell in row)])
        depth = max([least_depth, *(cell.depth for cell in row)])
        tops.append(y)
        y += height
        baselines.append(y)
        y += depth
    middle = PARAMETERS[style].axis + y / 2
    for row, baseline in zip(rows, baselines, strict=True):
        for i, cell in enumerate(row):
            side = align[i % len(align)]
            shift = 0.0 if side == "l" else widths[i] - cell.width if side == "r" else centered(cell, widths[i])
            box.put(starts[i] + shift, middle - baseline, cell)
    for number in rules:
        top = middle - (tops[number] if number < len(tops) else y)
        box.put(0.0, top, rule_box(node, box.width, 0.04 * scale))
    for number in bars:
        x = starts[number] - gaps[0] if number < len(starts) else box.width
        box.put(x, 0.0, rule_box(node, 0.033 * scale, middle, y - middle))
    box.height, box.depth = max(box.height, middle), max(box.depth, y - middle)
    return box
