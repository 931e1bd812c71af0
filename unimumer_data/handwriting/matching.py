"""Which symbol of an ink is which symbol of its label."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from .spans import BAR, Box, Span

MINUS = "-"  # what corpora call a fraction bar too

Strokes = list[list[float]]
Pair = tuple[Span, Strokes]
Place = tuple[float, float]

_STEP = 0.6  # em from one symbol to the next, about


def box_around(boxes: Sequence[Box]) -> Box:
    """The smallest box around boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def box_of(strokes: Sequence[Sequence[float]]) -> Box:
    """The smallest box around strokes."""
    xs, ys = [x for stroke in strokes for x in stroke[::2]], [y for stroke in strokes for y in stroke[1::2]]
    return min(xs), min(ys), max(xs), max(ys)


def match(
    spans: Sequence[Span], marked: Sequence[tuple[str, Strokes]]
) -> tuple[list[Pair], list[tuple[str, Strokes]]]:
    """Each marked symbol with the printed one that it is: of the same name, and nearest in its place.

    Args:
        marked: name and strokes of the symbols of an ink.

    Returns:
        The pairs, and what is left: names that do not occur as often in the label as in the ink.
    """
    if not spans or not marked:
        return [], list(marked)
    in_print, on_paper = _places([span.box for span in spans]), _places([box_of(strokes) for _, strokes in marked])
    printed: dict[str, list[int]] = defaultdict(list)
    for number, span in enumerate(spans):
        printed[MINUS if span.token == BAR else span.token].append(number)
    written: dict[str, list[int]] = defaultdict(list)
    for number, (name, _) in enumerate(marked):
        written[name].append(number)
    high = max(span.box[3] for span in spans) - min(span.box[1] for span in spans)
    pairs: list[Pair] = []
    left: list[tuple[str, Strokes]] = []
    for name, inks in written.items():
        if len(printed[name]) == len(inks):
            chosen = _nearest([on_paper[i] for i in inks], [in_print[j] for j in printed[name]], high)
            pairs += [(spans[printed[name][j]], marked[inks[i]][1]) for i, j in chosen]
        else:
            left += [marked[i] for i in inks]
    return _in_order(pairs), left


def _places(boxes: Sequence[Box]) -> list[Place]:
    """Of each box: how many are left of it, and the height of its middle as a share of all."""
    top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
    high = bottom - top or 1.0
    order = sorted(range(len(boxes)), key=lambda i: boxes[i][0] + boxes[i][2])
    ranks = {i: float(rank) for rank, i in enumerate(order)}
    return [(ranks[i], ((box[1] + box[3]) / 2 - top) / high) for i, box in enumerate(boxes)]


def _nearest(ours: Sequence[Place], theirs: Sequence[Place], high: float) -> list[tuple[int, int]]:
    """Pairs of equal symbols, the nearest first; ``high``: the height of the formula in em."""
    distances = sorted(
        (math.hypot(_STEP * (a[0] - b[0]), high * (a[1] - b[1])), i, j)
        for i, a in enumerate(ours)
        for j, b in enumerate(theirs)
    )
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in distances:
        if i not in chosen and j not in taken:
            chosen[i] = j
            taken.add(j)
    return list(chosen.items())


def _in_order(pairs: Sequence[Pair]) -> list[Pair]:
    """Of equal symbols on one row, the left one in ink is the left one in print."""
    groups: dict[tuple[int, str], list[Pair]] = defaultdict(list)
    for span, strokes in pairs:
        groups[span.row, span.token].append((span, strokes))
    ordered: list[Pair] = []
    for group in groups.values():
        spans = sorted((span for span, _ in group), key=lambda span: span.box[0])
        inks = sorted((strokes for _, strokes in group), key=lambda strokes: box_of(strokes)[0])
        ordered += zip(spans, inks, strict=True)
    return ordered
