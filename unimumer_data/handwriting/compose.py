"""A formula in somebody's handwriting: set by the layout with that hand as its font, then drawn stroke by stroke."""

from __future__ import annotations

import random
from collections.abc import Sequence

from unimumer_data.ink import Ink, Symbol
from unimumer_data.latex import parse_tokens, tokenize
from unimumer_data.layout import Mark, layout_row
from unimumer_data.layout.boxes import RULE
from unimumer_data.layout.symbols import BIG

from .bank import Bank
from .collect import UNITS
from .departures import RANGES
from .hand import HAND, CannotWriteError, Hand, Strokes
from .measure import apex_of
from .spans import BAR, ROOT, Box

EM = 200
"""Units of the ink per em."""

LICENCE, BORROWED = "licence", "borrowed"
"""Annotations of made ink: the licence of the bank; the symbols of other writers, with who they are and how far."""

_ROOT_SIGN = "\u221a"
_THICK = 0.12  # em, by which a drawn bar may rise or fall
_BARS = frozenset((BAR, r"\dfrac", r"\tfrac", r"\cfrac"))

Drawn = tuple[str, list[list[float]]]
"""A symbol: its name, and its strokes in em, y downwards."""


def compose(text: str, bank: Bank, *, seed: int, sample_id: str, writer: str | None = None) -> Ink:
    """Write a formula by hand; the same arguments give the same ink on any machine.

    Args:
        text: LaTeX.
        seed, sample_id: decide over all chance.
        writer: of the bank; None draws one, each as often as the bank has ink of it.

    Raises:
        CannotWriteError: the bank lacks a symbol, or hands have no such construction.
        LatexSyntaxError: the formula cannot be read.
    """
    rng = random.Random(f"{seed}\0{sample_id}")
    drawn = bank.draw_writer(rng)
    hand = Hand(bank, writer or drawn, rng)
    tokens = _with_growing_fences(tokenize(text))
    marks = layout_row(parse_tokens(tokens), tokens, hand).marks
    if not marks:
        raise CannotWriteError("the formula leaves no ink; leave it out", "no_ink")
    drawings = [_draw(mark, hand) for mark in _with_whole_roots(marks)]
    slope, slant = hand.draw("slope"), RANGES["slant"].draw(rng)
    return _ink(drawings, hand, text, slope, slant, sample_id)


def _with_growing_fences(tokens: list[str]) -> list[str]:
    r"""The tokens with ``\left`` and ``\right`` at fences around something high: people let them grow.

    >>> " ".join(_with_growing_fences(r"( \frac { a } { b } ) ( c )".split()))
    '\\left ( \\frac { a } { b } \\right ) ( c )'
    """
    opened: list[tuple[int, int]] = []  # place and depth of braces
    grown: dict[int, str] = {}
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token == "{") - (token == "}")
        opened = [one for one in opened if one[1] <= depth]
        sized = place > 0 and tokens[place - 1] in _SIZED
        if token in _FENCES and not sized:
            opened.append((place, depth))
        elif opened and token == _FENCES[tokens[opened[-1][0]]] and opened[-1][1] == depth and not sized:
            start, _ = opened.pop()
            if not _HIGH.isdisjoint(tokens[start:place]) and _NOT_ACROSS.isdisjoint(tokens[start:place]):
                grown[start], grown[place] = r"\left", r"\right"
    return [part for place, token in enumerate(tokens) for part in (*filter(None, [grown.get(place)]), token)]


_FENCES = {"(": ")", "[": "]"}
_HIGH = frozenset((r"\frac", r"\dfrac", r"\tfrac", r"\cfrac", r"\sum", r"\prod", r"\int"))
_SIZED = frozenset((r"\left", r"\right", r"\sqrt", *BIG))
_NOT_ACROSS = frozenset((r"\\", "&"))  # a pair ends with its cell


def _with_whole_roots(marks: Sequence[Mark]) -> list[Mark]:
    """The marks; a root's sign reaches from its hook to the end of its line, which is no mark of its own."""
    lines = {id(mark.node): mark for mark in marks if mark.font == RULE and mark.node.symbol == ROOT}
    whole = []
    for mark in marks:
        line = lines.get(id(mark.node))
        if line is None:
            whole.append(mark)
        elif mark.char == _ROOT_SIGN:
            # scale_x is the width of the hook, which ends where the line begins
            whole.append(mark._replace(top=line.top, right=line.right, scale_x=line.left - mark.left))
    return whole


def _draw(mark: Mark, hand: Hand) -> Drawn:
    box = (mark.left, mark.top, mark.right, mark.bottom)
    if mark.font == HAND:
        name, strokes = hand.chosen[int(mark.char)]
        return name, _fitted(strokes, box)
    if mark.node.symbol == ROOT and mark.char == _ROOT_SIGN:
        strokes, width = hand.roots[id(mark.node)]
        start = mark.left + mark.scale_x
        return ROOT, _root(strokes, (start - width, *box[1:]), start)
    if mark.font == RULE:
        return _rule(mark, box, hand)
    raise CannotWriteError(f"{mark.node.symbol}: no hand has it; leave it out", "construction")


def _rule(mark: Mark, box: Box, hand: Hand) -> Drawn:
    left, top, right, bottom = box
    if bottom - top > right - left:
        return "|", _fitted(hand.strokes("|"), box)
    name = BAR if BAR in hand.bank.symbols else "-"
    strokes = hand.strokes(name)
    ys = [y for stroke in strokes for y in stroke[1::2]]
    high = min(_THICK, (max(ys) - min(ys)) / UNITS)
    middle = (top + bottom) / 2
    label = "-" if mark.node.symbol in _BARS else name  # a fraction bar is a minus to corpora
    return label, _fitted(strokes, (left, middle - high / 2, right, middle + high / 2))


def _root(strokes: Strokes, box: Box, hook: float) -> list[list[float]]:
    """A root sign whose hook ends at x = ``hook``, stretched over what it holds."""
    apex = apex_of(strokes)
    assert apex is not None  # a bank has whole roots only
    ys = [y for stroke in strokes for y in stroke[1::2]]
    top, bottom, right = min(ys), max(ys), max(x for stroke in strokes for x in stroke[::2])
    down = (box[3] - box[1]) / (bottom - top)
    before, after = (hook - box[0]) / apex, (box[2] - hook) / (right - apex)
    return [
        [
            value
            for x, y in zip(stroke[::2], stroke[1::2], strict=True)
            for value in (
                box[0] + x * before if x < apex else hook + (x - apex) * after,
                box[1] + (y - top) * down,
            )
        ]
        for stroke in strokes
    ]


def _fitted(strokes: Strokes, box: Box) -> list[list[float]]:
    """Strokes in a box; what is flat or upright stays so, in the middle."""
    lefts, rights = [min(stroke[::2]) for stroke in strokes], [max(stroke[::2]) for stroke in strokes]
    tops, bottoms = [min(stroke[1::2]) for stroke in strokes], [max(stroke[1::2]) for stroke in strokes]
    left, right, top, bottom = min(lefts), max(rights), min(tops), max(bottoms)
    across = (box[2] - box[0]) / (right - left) if right > left else 0.0
    down = (box[3] - box[1]) / (bottom - top) if bottom > top else 0.0
    x_start = box[0] if across else (box[0] + box[2]) / 2
    y_start = box[1] if down else (box[1] + box[3]) / 2
    return [
        [
            y_start + (value - top) * down if i % 2 else x_start + (value - left) * across
            for i, value in enumerate(stroke)
        ]
        for stroke in strokes
    ]


def _ink(drawings: Sequence[Drawn], hand: Hand, text: str, slope: float, slant: float, name: str) -> Ink:
    """The ink, on a sloping line and leaning; each stroke knows its symbol."""
    traces: dict[str, list[float]] = {}
    symbols = []
    for label, strokes in drawings:
        ids = []
        for stroke in strokes:
            points: list[float] = []
            for i in range(0, len(stroke), 2):
                x, y = stroke[i], stroke[i + 1]
                points += (round(EM * (x - slant * y)), round(EM * (y - slope * x)))
            ids.append(str(len(traces)))
            traces[ids[-1]] = points
        symbols.append(Symbol(label=label, traces=tuple(ids)))
    annotations = {"truth": f"${text}$", "UI": name, "writer": hand.writer, LICENCE: hand.bank.licence}
    if hand.borrowed:
        annotations[BORROWED] = "; ".join(
            f"{label} from {writer} ({distance:.2f})" for label, (writer, distance) in sorted(hand.borrowed.items())
        )
    return Ink(name=name, traces=traces, annotations=annotations, symbols=tuple(symbols))
