"""How well each kind of formula is read; what the kinds are: `unimumer_data.latex.kinds`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unimumer_data.latex.kinds import KINDS, kinds_of

from .forms import Tokens
from .intervals import Estimate, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class KindScore:
    """The samples whose label is of one kind.

    Args:
        n: how many; a sample may be of several kinds.
        raw, strict, loose: ExpRate in each form, percent, with Wilson's interval.
    """

    kind: str
    n: int
    raw: Estimate
    strict: Estimate
    loose: Estimate


def kind_scores(
    labels: Sequence[Tokens], raw: Sequence[bool], strict: Sequence[bool], loose: Sequence[bool]
) -> tuple[KindScore, ...]:
    """ExpRate of every kind that has samples, in the order of `KINDS`."""
    members: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        for kind in kinds_of(label):
            members.setdefault(kind, []).append(index)
    scores = []
    for kind in KINDS:
        if indices := members.get(kind):
            rates = [wilson(sum(right[i] for i in indices), len(indices)) for right in (raw, strict, loose)]
            scores.append(KindScore(kind=kind, n=len(indices), raw=rates[0], strict=rates[1], loose=rates[2]))
    return tuple(scores)
