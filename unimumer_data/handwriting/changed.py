"""An ink with one symbol replaced, or two exchanged, so that the formula is unusual or false; its label is exact.

The strokes are those of the same writer, in the size and on the baseline of the place where they go. A symbol takes
the place of one of its kind only (digit, small letter, capital, sign), and never one that looks like it: what is
written can be read without guessing. Of all such changes the least usual one is taken: that of whose new neighbours
the corpus has the fewest.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.ink import Ink, Symbol
from unimumer_data.latex import canonical, tokenize

from .collect import UNITS, Segment
from .departures import size_of
from .measure import Measured, Placed, measure

PLAUSIBLE, CHANGE = "plausible", "change"
"""Annotations of a changed ink: the formula before, and what was done."""

_KINDS = (
    frozenset("0123456789"),
    frozenset("abcdefghijkmnprtuvwxy"),
    frozenset("ABCDEFGHJKLMNPQRTUVWXYZ"),
    frozenset((r"\alpha", r"\beta", r"\gamma", r"\theta", r"\pi", r"\sigma", r"\mu", r"\phi", r"\lambda")),
    frozenset(("+", "-", "=", r"\div", r"\pm", "<", ">", r"\leq", r"\geq", r"\neq")),
)
"""Without those that look like one of another kind: l and 1, o and 0, z and 2, s and 5, q and 9, a cross and x."""
_ALIKE = ("17", "uvnr", "ij", "hkb", "ce", "yg", "UV", "CG", "QD", "MN", (r"\leq", "<"), (r"\geq", ">"))
_KIND_OF = {token: kind for kind, tokens in enumerate(_KINDS) for token in tokens}
_CLASS_OF = {token: number for number, group in enumerate(_ALIKE) for token in group}
_WIDEST = 1.6  # times the width of the symbol before
_TRIED = 40  # changes of one ink that are compared


@dataclass(frozen=True, slots=True)
class Change:
    """New symbols for places of an ink: place -> segment."""

    kind: str
    segments: tuple[tuple[Placed, Segment], ...]


class Usual:
    """How usual a row of tokens is, by its pairs of neighbours in a corpus; add-one smoothing."""

    def __init__(self, labels: Iterable[Sequence[str]]) -> None:
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._single: Counter[str] = Counter()
        for tokens in labels:
            framed = ("", *tokens, "")
            self._pairs.update(pairwise(framed))
            self._single.update(framed)

    def __call__(self, tokens: Sequence[str]) -> float:
        """The log-probability of the tokens."""
        kinds = len(self._single)
        return sum(
            math.log((self._pairs[pair] + 1) / (self._single[pair[0]] + kinds)) for pair in pairwise(("", *tokens, ""))
        )


def change(ink: Ink, own: Sequence[Segment], usual: Usual, rng: random.Random) -> Ink | str:
    """The changed ink, or why there is none.

    Args:
        ink: with trace groups and a label.
        own: symbols of its writer.
        usual: of the corpus.
        rng: decides which changes are compared.
    """
    label = ink.label.strip("$ \n\t")
    try:
        measured, tokens = measure(ink, label), tokenize(label)
        before = canonical(label, "loose")
    except LatexSyntaxError:
        return "label"
    places = [one for one in measured.placed if _can_change(one, tokens)] if measured else []
    if measured is None or not places:
        return "no_symbol"
    found = list(_replacements(places, own)) + list(_exchanges(places, measured))
    best: tuple[float, Change, list[str]] | None = None
    for candidate in rng.sample(found, min(_TRIED, len(found))):
        changed = _tokens(tokens, candidate)
        try:
            if canonical(" ".join(changed), "loose") == before:
                continue
        except LatexSyntaxError:
            continue
        value = usual(changed) - usual(tokens)
        if best is None or value < best[0]:
            best = (value, candidate, changed)
    return _written(ink, measured, best[1], " ".join(best[2]), label) if best else "nothing_fits"


def _can_change(one: Placed, tokens: Sequence[str]) -> bool:
    place = one.span.node.start
    return one.span.token in _KIND_OF and 0 <= place < len(tokens) and abs(one.rise) <= _HIGHEST


_HIGHEST = 0.6  # em off its row


def _replacements(places: Sequence[Placed], own: Sequence[Segment]) -> Iterator[Change]:
    for one in places:
        for segment in own:
            if _differ(one.span.token, segment.label) and _fits(one, segment):
                yield Change("replaced", ((one, segment),))


def _exchanges(places: Sequence[Placed], measured: Measured) -> Iterator[Change]:
    for one, other in combinations(places, 2):
        if _differ(one.span.token, other.span.token):
            first, second = _segment(one, measured), _segment(other, measured)
            if _fits(one, second) and _fits(other, first):
                yield Change("exchanged", ((one, second), (other, first)))


def _differ(one: str, other: str) -> bool:
    """Whether they are of one kind and do not look alike."""
    same = _KIND_OF.get(one, -1) == _KIND_OF.get(other, -2)
    return same and one != other and (one not in _CLASS_OF or _CLASS_OF[one] != _CLASS_OF.get(other))


def _fits(one: Placed, segment: Segment) -> bool:
    """Whether a symbol would not run into the next one."""
    right = max(x for stroke in segment.strokes for x in stroke[::2])
    printed = (one.span.box[2] - one.span.box[0]) / one.span.scale
    return right / UNITS <= _WIDEST * max(printed, 0.3)


def _segment(one: Placed, measured: Measured) -> Segment:
    """A symbol as a bank has it."""
    left, size = one.box[0], measured.em * size_of(one.span.scale)
    baseline = measured.baselines[one.span.row]
    return Segment(
        one.span.token,
        [
            [
                round(value)
                for x, y in zip(stroke[::2], stroke[1::2], strict=True)
                for value in ((x - left) / size * UNITS, (y - baseline - measured.slope * x) / size * UNITS)
            ]
            for stroke in one.strokes
        ],
    )


def _tokens(tokens: Sequence[str], chosen: Change) -> list[str]:
    changed = list(tokens)
    for one, segment in chosen.segments:
        changed[one.span.node.start] = segment.label
    return changed


def _written(ink: Ink, measured: Measured, chosen: Change, label: str, before: str) -> Ink:
    """The ink with the strokes of the change in place of those of the symbols before."""
    taken = {id(stroke): number for number, (one, _) in enumerate(chosen.segments) for stroke in one.strokes}
    names = {name: taken.get(id(stroke)) for name, stroke in ink.traces.items()}
    traces: dict[str, list[float]] = {}
    added: dict[int, tuple[str, ...]] = {}
    for name, number in names.items():
        if number is None:
            traces[name] = ink.traces[name]
        elif number not in added:
            one, segment = chosen.segments[number]
            strokes = _placed(segment, one, measured)
            added[number] = tuple(f"new{number}_{place}" for place in range(len(strokes)))
            traces |= dict(zip(added[number], strokes, strict=True))
    symbols = []
    for symbol in ink.symbols:
        number = next((names[trace] for trace in symbol.traces if names.get(trace) is not None), None)
        new = None if number is None else Symbol(label=chosen.segments[number][1].label, traces=added[number])
        symbols.append(new or symbol)
    what = ", ".join(f"{one.span.token} to {segment.label}" for one, segment in chosen.segments)
    annotations = {"truth": label, PLAUSIBLE: before, CHANGE: f"{chosen.kind}: {what}"}
    kept = {kind: text for kind, text in ink.annotations.items() if kind in ("UI", "writer", "copyright")}
    return replace(ink, traces=traces, annotations={**annotations, **kept}, symbols=tuple(symbols), layout=None)


def _placed(segment: Segment, one: Placed, measured: Measured) -> list[list[float]]:
    """Strokes of a symbol in device units, its middle where the middle of the symbol before was."""
    size = measured.em * size_of(one.span.scale)
    width = max(x for stroke in segment.strokes for x in stroke[::2]) / UNITS * size
    left = (one.box[0] + one.box[2] - width) / 2
    baseline = measured.baselines[one.span.row]
    strokes = []
    for stroke in segment.strokes:
        points: list[float] = []
        for x, y in zip(stroke[::2], stroke[1::2], strict=True):
            right = left + x / UNITS * size
            points += (right, baseline + measured.slope * right + y / UNITS * size)
        strokes.append(points)
    return strokes
