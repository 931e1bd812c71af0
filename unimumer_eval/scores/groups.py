"""ExpRate by how long, how deep and how complex the label is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unimumer_data.latex.measures import complexity, depth, length

from .forms import Tokens
from .intervals import Estimate, wilson


@dataclass(frozen=True, slots=True)
class Measure:
    """A property of labels, and the last value of each group but the open one."""

    name: str
    of: Callable[[Tokens], int]
    bounds: tuple[int, ...]

    def group(self, value: int) -> int:
        return next((i for i, bound in enumerate(self.bounds) if value <= bound), len(self.bounds))

    def span(self, group: int) -> tuple[int, int | None]:
        """First and last value of a group; None where it is open."""
        low = self.bounds[group - 1] + 1 if group else 0
        return low, self.bounds[group] if group < len(self.bounds) else None


MEASURES = (
    Measure("length", length, (5, 10, 15, 20, 30, 40, 60)),
    Measure("depth", depth, (0, 1, 2, 3)),
    Measure("complexity", complexity, (0, 1, 2, 3, 4, 6, 8, 12)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Samples whose labels have similar values of a measure.

    Args:
        low, high: first and last value; high is None where the group is open.
        raw, strict, loose: ExpRate in each form, percent, with Wilson's interval.
    """

    low: int
    high: int | None
    n: int
    raw: Estimate
    strict: Estimate
    loose: Estimate


def group_scores(
    measure: Measure, values: Sequence[int], raw: Sequence[bool], strict: Sequence[bool], loose: Sequence[bool]
) -> tuple[Group, ...]:
    """ExpRate of every group that has samples; the n of all groups add up to the set."""
    members: dict[int, list[int]] = {}
    for index, value in enumerate(values):
        members.setdefault(measure.group(value), []).append(index)
    groups = []
    for number, indices in sorted(members.items()):
        low, high = measure.span(number)
        rates = [wilson(sum(right[i] for i in indices), len(indices)) for right in (raw, strict, loose)]
        groups.append(Group(low=low, high=high, n=len(indices), raw=rates[0], strict=rates[1], loose=rates[2]))
    return tuple(groups)
