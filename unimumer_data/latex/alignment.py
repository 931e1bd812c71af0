"""Where a prediction differs from its label: the fewest token edits, gathered into runs.

The one aligner of the project: records of the error tasks, confusions, tables and marks of the report all use it.

| to get | call |
| --- | --- |
| how many tokens differ | `edit_distance` |
| runs of edits, for marked formulas and logs | `align` |
| edits one by one, as pairs of token indices, for confusions | `edits` |
| the token indices to mark on both sides, for a page | `differing` |

Of all alignments with the fewest edits, the one is taken that keeps LaTeX groups whole, then the one with the fewest
runs, then the one that least often parts scripts and arguments from what they belong to.

A first search finds which steps lie on shortest paths, with one Python integer for a column of the table (H. Hyyrö, A
Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit Distances, 2003). The second search chooses among them;
it only enters the few cells that those paths cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Run:
    """A run of edits: ``prediction[start:stop]`` gives way to ``label[label_start:label_stop]``; one may be empty."""

    start: int
    stop: int
    label_start: int
    label_stop: int


def edit_distance(prediction: Sequence[str], label: Sequence[str]) -> int:
    """Fewest tokens to replace, insert or delete.

    >>> edit_distance(["a", "+", "b"], ["a", "-"])
    2
    """
    return _sweep(prediction, label)[1]


def align(prediction: Sequence[str], label: Sequence[str]) -> list[Run]:
    r"""The runs of edits that make the label of the prediction, from left to right, a kept token between any two.

    >>> align("x + 1".split(), "x ^ { 2 } + 1".split())
    [Run(start=1, stop=1, label_start=1, label_stop=5)]

    Args:
        prediction: n tokens; not modified.
        label: m tokens; not modified. Time grows with m * n / 64 and with the cells that shortest paths cross.
    """
    if len(prediction) == len(label):
        places = [index for index, pair in enumerate(zip(prediction, label, strict=True)) if pair[0] != pair[1]]
        if len(places) <= 1:  # no other alignment has so few edits
            return [Run(index, index + 1, index, index + 1) for index in places]
    columns, distance = _sweep(prediction, label)
    return _finest(prediction, label, columns) if distance else []


def edits(prediction: Sequence[str], label: Sequence[str]) -> list[tuple[int | None, int | None]]:
    r"""The edits of `align` one by one, as many as `edit_distance` counts.

    >>> edits("x + y".split(), "X + y ^ 2".split())
    [(0, 0), (None, 3), (None, 4)]

    Args:
        prediction: n tokens; not modified.
        label: m tokens; not modified.

    Returns:
        (index in the prediction, index in the label) of each edit, from left to right; None where one has no
        counterpart. In a run of unequal sides tokens are paired from its left end.
    """
    return [
        (prediction_index, label_index)
        for run in align(prediction, label)
        for prediction_index, label_index in zip_longest(
            range(run.start, run.stop), range(run.label_start, run.label_stop)
        )
    ]


def differing(prediction: Sequence[str], label: Sequence[str]) -> tuple[list[int], list[int]]:
    r"""The tokens to mark: those that the runs of `align` cover.

    >>> differing("x + 1".split(), "x ^ { 2 } + 1".split())
    ([], [1, 2, 3, 4])

    Returns:
        Ascending token indices of the prediction, and of the label; both empty where the two are equal.
    """
    runs = align(prediction, label)
    return (
        [index for run in runs for index in range(run.start, run.stop)],
        [index for run in runs for index in range(run.label_start, run.label_stop)],
    )


class _Column(NamedTuple):
    """One column of the table of distances. Bit i - 1 is for row i, compared with the row or column before."""

    equal: int  # as far as the cell diagonally before
    down: int  # one farther than the cell above
    right: int  # one farther than the cell to the left


def _sweep(prediction: Sequence[str], label: Sequence[str]) -> tuple[list[_Column], int]:
    """The table of distances of all beginnings, and the distance of the whole; rows are the prediction."""
    rows = (1 << len(prediction)) - 1
    places: dict[str, int] = {}
    for index, token in enumerate(prediction):
        places[token] = places.get(token, 0) | 1 << index
    down, up = rows, 0
    columns = [_Column(0, down, 0)]
    for token in label:
        same = places.get(token, 0)
        equal = ((((same & down) + down) ^ down) | same | up) & rows
        right = up | (rows & ~(equal | down))
        left = equal & down
        shifted = right << 1 | 1
        down, up = rows & (left << 1 | ~(equal | shifted)), rows & shifted & equal
        columns.append(_Column(equal, down, right))
    return columns, len(label) + down.bit_count() - up.bit_count()


# The price of a choice, in this order: groups cut, runs, nodes parted.
_CUT, _RUN, _PARTED = 1 << 40, 1 << 20, 1
_OPEN, _CLOSE = frozenset({"{", "\\begin"}), frozenset({"}", "\\end"})
# Tokens that belong to what stands before them
_BOUND = frozenset({"{", "[", "^", "_", "\\limits", "\\nolimits", "\\displaylimits"})

_Level = tuple[int, ...]  # open groups in the prediction and in the label
_Path = tuple[Run, "_Path"] | None
# States of the search: the token to the right is kept; in a run that cuts a group; else the level where the run ends.
_KEPT: _Level = ()
_BROKEN: _Level = (0,)


class _Choice(NamedTuple):
    """The best way from a cell to the end: its price, its finished runs, and where the run that is open ends."""

    price: int
    path: _Path
    stop: int = 0
    label_stop: int = 0


_States = dict[_Level, _Choice]


def _finest(prediction: Sequence[str], label: Sequence[str], columns: Sequence[_Column]) -> list[Run]:
    """Search from the end to the start, column by column, along shortest paths only."""
    levels, label_levels = _levels(prediction), _levels(label)
    bound = [token in _BOUND for token in (*prediction, "")]
    label_bound = [token in _BOUND for token in (*label, "")]
    column: dict[int, _States] = {len(prediction): {_KEPT: _Choice(0, None)}}
    for label_index in range(len(label), -1, -1):
        equal, down, right = columns[label_index]
        before: dict[int, _States] = {}
        rows = sorted(column)
        while rows:
            index = rows.pop()
            states = column[index]
            level = (levels[index], label_levels[label_index])
            parted = _PARTED * (bound[index] or label_bound[label_index])
            bit = 1 << index - 1 if index else 0
            if index and label_index:
                if prediction[index - 1] == label[label_index - 1]:
                    kept = _close(states, level, parted, index, label_index)
                    _offer(before.setdefault(index - 1, {}), _KEPT, kept)
                elif not equal & bit:
                    _extend(states, level, parted, index, label_index, before.setdefault(index - 1, {}))
            if down & bit:
                if index - 1 not in column:
                    column[index - 1] = {}
                    rows.append(index - 1)
                _extend(states, level, parted, index, label_index, column[index - 1])
            if label_index and (right & bit or not index):
                _extend(states, level, parted, index, label_index, before.setdefault(index, {}))
        if label_index:
            column = before
    path = _close(column[0], (0, 0), _PARTED * (bound[0] or label_bound[0]), 0, 0).path
    runs = []
    while path is not None:
        run, path = path
        runs.append(run)
    return runs


def _levels(tokens: Sequence[str]) -> list[int]:
    """Open groups before each token and at the end, ``[n + 1]``."""
    return list(accumulate(((token in _OPEN) - (token in _CLOSE) for token in tokens), initial=0))


def _close(states: _States, level: _Level, parted: int, index: int, label_index: int) -> _Choice:
    """The best choice when the token to the left is kept: a run that is open starts here."""
    best: _Choice | None = None
    for state, choice in states.items():
        if state is not _KEPT:
            price = choice.price + _RUN + parted + (0 if state == level else _CUT)
            run = Run(index, choice.stop, label_index, choice.label_stop)
            choice = _Choice(price, (run, choice.path))
        if best is None or choice.price < best.price:
            best = choice
    assert best is not None
    return best


def _extend(states: _States, level: _Level, parted: int, index: int, label_index: int, target: _States) -> None:
    """Take an edit to the left: begin a run that ends here, or go on with one, and see whether it leaves its group."""
    for state, choice in states.items():
        if state is _KEPT:
            _offer(target, level, _Choice(choice.price + parted, choice.path, index, label_index))
        else:
            inside = state is not _BROKEN and level[0] >= state[0] and level[1] >= state[1]
            _offer(target, state if inside else _BROKEN, choice)


def _offer(states: _States, state: _Level, choice: _Choice) -> None:
    known = states.get(state)
    if known is None or choice.price < known.price:
        states[state] = choice
