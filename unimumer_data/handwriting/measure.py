"""How people depart from print: an ink with its segmentation, held against the printed layout of its label."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from unimumer_data.ink import Ink
from unimumer_data.latex import Node
from unimumer_data.layout.symbols import LIMITS

from .departures import on_line, size_of
from .matching import Strokes, box_around, box_of, match
from .spans import BAR, ROOT, Box, Line, Span, name_of, spans_of


@dataclass(slots=True)
class Placed:
    """A symbol of an ink and what it is in print.

    Args:
        strokes: x and y in turn, in device units, in the order of writing.
        box: of the ink.
        rise: by how much its middle is higher than print would have it on this row, in em.
    """

    span: Span
    strokes: Strokes
    box: Box
    rise: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


@dataclass(slots=True)
class Measured:
    """An ink, measured.

    Args:
        em: device units of an em.
        slope: of the line of writing, y down for each x to the right.
        baselines: row -> y where x is 0, in device units, along ``slope``.
        placed: the symbols whose place in the label is known.
        lines: the rows of the label.
        unplaced: (label, strokes) of the others.
    """

    em: float
    slope: float
    baselines: dict[int, float]
    placed: list[Placed]
    lines: list[Line]
    unplaced: list[tuple[str, Strokes]]


def measure(ink: Ink, label: str) -> Measured | None:
    """The symbols of an ink in the terms of its label; None where none can be found again in it."""
    spans, lines = spans_of(label)
    marked = [(name_of(one.label), [ink.traces[trace] for trace in one.traces]) for one in ink.symbols if one.label]
    pairs, unplaced = match(spans, marked)
    if not pairs:
        return None
    placed = [Placed(span, strokes, box_of(strokes)) for span, strokes in pairs]
    em = _em(placed)
    slope = _slope(placed)
    baselines = {}
    for number, row in _by_row(placed).items():
        baselines[number] = median(_baseline(one, em, slope) for one in row)
        for one in row:
            one.rise = (baselines[number] - _baseline(one, em, slope)) / (em * size_of(one.span.scale))
    return Measured(em, slope, baselines, placed, lines, unplaced)


def _em(placed: Sequence[Placed]) -> float:
    """Device units of an em, from the heights of letters and digits; where there are none, from all sizes."""
    plain = [one for one in placed if _is_plain(one.span)]
    for chosen in (plain, [one for one in placed if one.span.token not in (BAR, ROOT)], placed):
        ratios = [ratio for one in chosen if (ratio := _ratio(one)) > 0]
        if ratios:
            return median(ratios)
    return 1.0


def _ratio(one: Placed) -> float:
    left, top, right, bottom = one.span.box
    size = max(bottom - top, right - left) / one.span.scale * size_of(one.span.scale)
    return max(one.box[3] - one.box[1], one.box[2] - one.box[0]) / size if size else 0.0


def _is_plain(span: Span) -> bool:
    return (len(span.token) == 1 and span.token.isalnum()) or span.token in _GREEK


_GREEK = frozenset(
    r"\alpha \beta \gamma \delta \theta \pi \sigma \mu \phi \lambda \Delta \infty \omega \epsilon".split()
)


def _baseline(one: Placed, em: float, slope: float) -> float:
    """Where the baseline of a symbol is, if it stands on it as print has it; at x = 0, along the slope."""
    x, y = one.middle
    middle = (one.span.box[1] + one.span.box[3]) / 2 - one.span.baseline
    return y - em * size_of(one.span.scale) * middle / one.span.scale - slope * x


def _slope(placed: Sequence[Placed]) -> float:
    """The slope of the line of writing, by least squares over the first row; 0 of a short one."""
    row = _by_row(placed).get(0, [])
    if len(row) < _LONG:
        return 0.0
    em = _em(placed)
    points = [(one.middle[0], _baseline(one, em, 0.0)) for one in row]
    x_mean, y_mean = sum(x for x, _ in points) / len(row), sum(y for _, y in points) / len(row)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread if spread else 0.0


def _by_row(placed: Sequence[Placed]) -> dict[int, list[Placed]]:
    rows: dict[int, list[Placed]] = defaultdict(list)
    for one in placed:
        rows[one.span.row].append(one)
    return rows


def departures_of(measured: Measured) -> dict[str, list[float]]:
    """How an ink departs from print: name in `departures.RANGES` -> what was measured; one mean of spacing, script."""
    found: dict[str, list[float]] = defaultdict(list)
    if len(_by_row(measured.placed).get(0, ())) >= _LONG:
        found["slope"].append(-measured.slope)
    gaps = [gap for row in _by_row(measured.placed).values() for gap in _gaps(row, measured.em)]
    if gaps:
        spacing = sum(gaps) / len(gaps)
        found["spacing"].append(spacing)
        found["gap"] = [gap - spacing for gap in gaps]
    _measure_rows(measured, found)
    heights = [
        math.log(ratio)
        for one in measured.placed
        if (ratio := height_ratio(one, measured.em)) and not on_line(one.span.scale)
    ]
    if heights:
        found["script"] = [sum(heights) / len(heights)]
    for one in measured.placed:
        if one.span.token == BAR and (inside := _inside(measured, one.span.node)):
            box = box_around(inside)
            found["left"].append((box[0] - one.box[0]) / (measured.em * size_of(one.span.scale)))
            found["right"].append((one.box[2] - box[2]) / (measured.em * size_of(one.span.scale)))
        elif one.span.token == ROOT and (inside := _covered(measured, one.span.node)):
            apex, box = apex_of(one.strokes), box_around(inside)
            if apex is not None:
                found["hook"].append((box[0] - apex) / (measured.em * size_of(one.span.scale)))
                found["roof"].append((one.box[2] - box[2]) / (measured.em * size_of(one.span.scale)))
    return found


def height_ratio(one: Placed, em: float) -> float:
    """How high a letter or digit is, against its height in print in the size that people write; 0 of other symbols."""
    if len(one.span.token) != 1 or not one.span.token.isalnum():
        return 0.0
    printed = (one.span.box[3] - one.span.box[1]) / one.span.scale * size_of(one.span.scale)
    return (one.box[3] - one.box[1]) / (em * printed) if printed else 0.0


def apex_of(strokes: Sequence[Sequence[float]]) -> float | None:
    """Where the hook of a root ends and its line begins, in x; None where it lacks one of them."""
    points = [(stroke[i], stroke[i + 1]) for stroke in strokes for i in range(0, len(stroke), 2)]
    top, (valley, bottom) = min(y for _, y in points), max(points, key=lambda point: point[1])
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    apex = min(x for x, y in points if y <= top + (bottom - top) / 5)
    if apex <= left or bottom <= top or right - apex <= 0.3 * (apex - left):
        return None
    return max(apex, valley) if valley < (apex + right) / 2 else apex


def _covered(measured: Measured, root: Node) -> list[Box]:
    """The boxes of all that a root covers."""
    rows: set[int] = set()
    for number, line in enumerate(measured.lines):  # parents come first
        if (line.base is root and line.relation == "above") or (line.base and line.parent in rows):
            rows.add(number)
    return [one.box for one in measured.placed if one.span.row in rows]


def _gaps(row: Sequence[Placed], em: float) -> list[float]:
    """By how much neighbours on a row are further apart than in print; what has scripts or parts is left out."""
    ordered = sorted(row, key=lambda one: one.span.box[0])
    return [
        (right.box[0] - left.box[2]) / (em * size_of(left.span.scale))
        - (right.span.box[0] - left.span.box[2]) / left.span.scale
        for left, right in itertools.pairwise(ordered)
        if not left.span.node.children and right.span.token not in (BAR, ROOT) and left.span.scale == right.span.scale
    ]


def _measure_rows(measured: Measured, found: dict[str, list[float]]) -> None:
    rows = _by_row(measured.placed)
    for number, line in enumerate(measured.lines):
        if number not in rows or line.parent not in rows or line.base is None:
            continue
        parent, child = rows[line.parent], rows[number]
        place = place_of(line, parent[0].span, child[0].span)
        if place is None:
            continue
        size = measured.em * size_of(parent[0].span.scale)
        written = (measured.baselines[line.parent] - measured.baselines[number]) / size
        printed = (parent[0].span.baseline - child[0].span.baseline) / parent[0].span.scale
        found[place].append(written - printed)
        base = next((one for one in parent if one.span.node is line.base), None)
        if place in ("sup", "sub") and base is not None:
            written = (min(one.box[0] for one in child) - base.box[2]) / size
            printed = (min(one.span.box[0] for one in child) - base.span.box[2]) / base.span.scale
            found["reach"].append(written - printed)


def place_of(line: Line, parent: Span, child: Span) -> str | None:
    """What `layout.Font.part` calls a row: a script, a limit or a part of a fraction; None for other rows."""
    assert line.base is not None
    if line.base.symbol in _FRACTIONS:
        return line.relation
    if child.scale >= parent.scale and parent.scale > 0.5:
        return None  # a group, what is in a root
    upper = child.baseline < parent.baseline
    if line.relation in ("sup", "sub"):
        return line.relation
    if line.relation in ("above", "below"):
        stacked = line.base.symbol in LIMITS and abs(child.baseline - parent.baseline) > 0.55 * parent.scale
        return ("upper" if upper else "lower") if stacked else ("sup" if upper else "sub")
    return None


_FRACTIONS = frozenset((r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"))
_LONG = 4  # symbols of a row whose slope says something


def _inside(measured: Measured, node: Node) -> list[Box]:
    """The boxes of the symbols right above and below a fraction bar."""
    return [one.box for one in measured.placed if measured.lines[one.span.row].base is node]


def slant_of(strokes: Iterable[Sequence[float]]) -> float:
    """How far strokes lean to the right, x for each y: over all steps that go more up or down than sideways."""
    lean = climb = 0.0
    for stroke in strokes:
        for i in range(0, len(stroke) - 3, 2):
            dx, dy = stroke[i + 2] - stroke[i], stroke[i + 3] - stroke[i + 1]
            if abs(dy) > abs(dx):
                lean += -dx if dy > 0 else dx
                climb += abs(dy)
    return lean / climb if climb else 0.0
