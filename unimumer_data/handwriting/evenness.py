"""The em of an ink, estimated again from all that its writer wrote.

An ink of few letters says little about its em, so its symbols come out somewhat too large or too small. A formula is
written with symbols of several inks, and would be more uneven than what people write.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from statistics import fmean
from typing import NamedTuple, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_HABIT = 2  # symbols of a writer that count as much as what all writers do
_UNSURE = 4  # symbols of an ink that count as much as that its em is right


class Height(NamedTuple):
    """How high a letter or digit was written, in em."""

    label: str
    writer: str
    ink: str
    em: float


def factors(heights: Iterable[Height]) -> Mapping[tuple[str, str], float]:
    """(writer, ink) -> what the sizes of its symbols are to be multiplied by, where the writer has other inks too.

    A height is taken as the usual one of its label, times the habit of the writer with this label, times an error of
    the ink, which is what is looked for. Means are geometric, and drawn towards 1 where there is little to go by.
    """
    found = [(one, math.log(one.em)) for one in heights if one.em > 0]
    inks: dict[str, set[str]] = defaultdict(set)
    for one, _ in found:
        inks[one.writer].add(one.ink)
    usual = {label: fmean(logs) for label, logs in _grouped((one.label, log) for one, log in found).items()}
    habits = _grouped(((one.label, one.writer), log - usual[one.label]) for one, log in found)
    own = {key: sum(logs) / (len(logs) + _HABIT) for key, logs in habits.items()}
    errors = _grouped(
        ((one.writer, one.ink), log - usual[one.label] - own[one.label, one.writer])
        for one, log in found
        if len(inks[one.writer]) > 1
    )
    return {key: math.exp(-sum(logs) / (len(logs) + _UNSURE)) for key, logs in errors.items()}


def _grouped(pairs: Iterable[tuple[_Key, float]]) -> dict[_Key, list[float]]:
    groups: dict[_Key, list[float]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
