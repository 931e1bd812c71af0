"""Segmented symbols out of inks, in the size and on the baseline of their writing; what is broken comes as a loss."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from unimumer_data.ink import Ink

from .departures import size_of
from .matching import Strokes, box_of
from .measure import Measured, Placed, apex_of, departures_of, measure, slant_of
from .spans import BAR, ROOT

UNITS = 1000
"""Units of a bank per em."""

_NEAREST = 0.02  # em between two points that are worth keeping
_APART = 1.2  # em between the strokes of one symbol
_MISPLACED = 0.35  # em from where the row has it
_LARGEST = 20.0  # em
_POINTS = 1500  # of a symbol
_LABEL, _SYMBOLS = 20_000, 2000  # characters; of an ink
_DOTS = frozenset((".", r"\cdot", r"\dot", r"\prime", ","))
_FREE = frozenset((BAR, ROOT, r"\sum", r"\prod", r"\int", r"\lim"))  # their height and place are what they hold
_NUMBERED = re.compile(r"(.+?)[-_]\w{0,4}\d+(\.ink)?")


@dataclass(frozen=True, slots=True)
class Segment:
    """A symbol of a bank.

    Args:
        label: its name, see `spans.name_of`.
        strokes: x and y in turn, `UNITS` per em of its row; x from its left edge, y downwards from the baseline.
    """

    label: str
    strokes: list[list[int]]


@dataclass(frozen=True, slots=True)
class Loss:
    """A symbol that is not taken, or with an empty label a whole ink."""

    label: str
    reason: str
    message: str


@dataclass(slots=True)
class Collected:
    """What an ink gives.

    Args:
        departures: of the ink from print, see `measure.departures_of`.
        slant: of its writing.
    """

    segments: list[Segment] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    departures: dict[str, list[float]] = field(default_factory=dict)
    slant: float = 0.0


def writer_of(ink: Ink, stem: str) -> str:
    """Who wrote an ink: its annotation, or what its id has before its number.

    >>> _NUMBERED.fullmatch("2009210-947-102.ink")[1]
    '2009210-947'
    """
    writer = (ink.writer or "").strip()
    if writer and writer.lower() != "unknown":
        return writer
    for name in (ink.unique_id, stem):
        match = _NUMBERED.fullmatch(name or "")
        if match:
            return match[1]
    return stem


def collect(ink: Ink) -> Collected:
    """The symbols of an ink that has trace groups and a label."""
    label = ink.label.strip("$ \n\t")
    if not any(symbol.label for symbol in ink.symbols):
        return _lost("no_segmentation", "has no trace groups with labels")
    if not label or len(label) > _LABEL:
        return _lost("no_label", "has no label of a formula")
    if len(ink.symbols) > _SYMBOLS:
        return _lost("size", f"has over {_SYMBOLS} symbols")
    measured = measure(ink, label)
    if measured is None:
        return _lost("label_differs", "none of its symbols is in its label as often")
    found = Collected(departures=departures_of(measured), slant=slant_of(ink.traces.values()))
    for name, _ in measured.unplaced:
        found.losses.append(Loss(name, "label_differs", "is not in the label as often as in the ink"))
    shared = _shared(ink)
    for one in measured.placed:
        fault = _fault(one, measured, shared)
        if fault:
            found.losses.append(Loss(one.span.token, *fault))
            continue
        segment = _whole(Segment(one.span.token, _normalised(one, measured)))
        (found.segments if isinstance(segment, Segment) else found.losses).append(segment)  # type: ignore[arg-type]
    return found


def _whole(segment: Segment) -> Segment | Loss:
    """The segment, unless it is half a root."""
    if segment.label == ROOT and apex_of(segment.strokes) is None:
        return Loss(ROOT, "half_root", "has no hook, or no line over what it holds")
    return segment


def collect_isolated(name: str, strokes: Strokes, em: float, middle: float) -> Segment | Loss:
    """A symbol of which only its strokes are known.

    Args:
        em: device units of an em.
        middle: of its height, in em above the baseline.
    """
    if not strokes or sum(map(len, strokes)) > 2 * _POINTS:
        return Loss(name, "size", f"has no points, or over {_POINTS}")
    left, top, _, bottom = box_of(strokes)
    baseline = (top + bottom) / 2 + middle * em
    return _whole(Segment(name, [_shifted(stroke, left, baseline, 0.0, em) for stroke in strokes]))


def _lost(reason: str, message: str) -> Collected:
    return Collected(losses=[Loss("", reason, message)])


def _shared(ink: Ink) -> set[int]:
    """Strokes that two symbols claim."""
    seen: set[str] = set()
    twice: set[int] = set()
    for symbol in ink.symbols:
        twice.update(id(ink.traces[trace]) for trace in symbol.traces if trace in seen)
        seen.update(symbol.traces)
    return twice


def _fault(one: Placed, measured: Measured, shared: set[int]) -> tuple[str, str] | None:
    """Why a symbol is not taken: (reason, message)."""
    size = measured.em * size_of(one.span.scale)
    wide, high = one.box[2] - one.box[0], one.box[3] - one.box[1]
    if any(id(stroke) in shared for stroke in one.strokes):
        return "shared_stroke", "one of its strokes belongs to another symbol too"
    if max(wide, high) > _LARGEST * size or sum(map(len, one.strokes)) > 2 * _POINTS:
        return "size", f"is larger than {_LARGEST} em, or has over {_POINTS} points"
    if max(wide, high) < 0.02 * size and one.span.token not in _DOTS:
        return "point", "is a point"
    if one.span.token not in _FREE and abs(one.rise) > _MISPLACED:
        return "misplaced", f"stands {abs(one.rise):.1f} em from where its row has it"
    if one.span.token not in _FREE and _gap(one.strokes) > _APART * size:
        return "scattered", f"has strokes more than {_APART} em apart"
    return None


def _gap(strokes: Strokes) -> float:
    """The largest distance from a stroke's box to the nearest other one."""
    if len(strokes) < 2:
        return 0.0
    boxes = [box_of([stroke]) for stroke in strokes]
    worst = 0.0
    for i, a in enumerate(boxes):
        distances = [
            math.hypot(max(0.0, a[0] - b[2], b[0] - a[2]), max(0.0, a[1] - b[3], b[1] - a[3]))
            for j, b in enumerate(boxes)
            if i != j
        ]
        worst = max(worst, min(distances))
    return worst


def _normalised(one: Placed, measured: Measured) -> list[list[int]]:
    size = measured.em * size_of(one.span.scale)
    left = one.box[0]
    baseline = measured.baselines[one.span.row] + measured.slope * left
    return [_shifted(stroke, left, baseline, measured.slope, size) for stroke in one.strokes]


def _shifted(stroke: list[float], left: float, baseline: float, slope: float, size: float) -> list[int]:
    """A stroke in units of a bank; points that are hardly apart become one."""
    least = _NEAREST * UNITS
    kept: list[int] = []
    last = len(stroke) - 2
    for i in range(0, len(stroke), 2):
        x = (stroke[i] - left) / size * UNITS
        y = (stroke[i + 1] - baseline - slope * (stroke[i] - left)) / size * UNITS
        if not kept or i == last or abs(x - kept[-2]) + abs(y - kept[-1]) >= least:
            kept += (round(x), round(y))
    return kept
