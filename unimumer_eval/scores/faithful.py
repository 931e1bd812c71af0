"""Over-correction: answers that give the plausible formula where something else is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .forms import Reading, read
from .intervals import Estimate, wilson
from .pairs import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Faithful:
    """Over the samples whose ink was changed, see `unimumer faithful`.

    Args:
        n: how many.
        right: share that is read as it is written, strict, percent with interval.
        plausible: share whose answer is the formula before the change, strict, percent with interval.
    """

    n: int
    right: Estimate
    plausible: Estimate


def faithful(pairs: Sequence[Pair], answers: Sequence[Reading], right: Sequence[bool]) -> Faithful | None:
    """How often changed formulas are read as written, and how often as they were before; None if there are none.

    >>> pairs = [Pair(id="a", gt="2 + 2 = 5", pred="2+2=4", extra={"plausible": "2 + 2 = 4"})]
    >>> faithful(pairs, [read("2+2=4")], [False]).plausible.value
    100.0
    """
    changed = [place for place, pair in enumerate(pairs) if "plausible" in pair.extra]
    if not changed:
        return None
    repaired = [
        pairs[i].answered and not right[i] and answers[i].strict == read(pairs[i].extra["plausible"]).strict
        for i in changed
    ]
    n = len(changed)
    return Faithful(n=n, right=wilson(sum(right[i] for i in changed), n), plausible=wilson(sum(repaired), n))
