"""How samples are split into folds: groups that stay together, and a rule that later runs can keep.

The hashes of the groups are cut into ranges, one a fold. With the cuts kept, the fold of a sample follows from its own
group alone, so that new samples move none of the others.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from typing import Literal

from unimumer_data.errors import ConfigError
from unimumer_data.latex import canonical

By = Literal["label", "writer", "both", "random"]
HASH_BITS = 64
EVEN = 0.03  # difference in size, as a share of a fold, that is good enough; leaves room for samples to come
MOST_DRAWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A sample, as far as folds are concerned."""

    id: str
    label: str
    writer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What decides over the fold of a group, whatever other groups there are.

    Args:
        seed: chosen by the user.
        draw: which of the hashes with that seed; the first that can be cut evenly.
        cuts: ascending; a hash below the first is in fold 0.
    """

    seed: int
    draw: int
    cuts: tuple[int, ...]

    def fold(self, group: str) -> int:
        return bisect_right(self.cuts, _hash(group, self.seed, self.draw))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folds:
    """Which fold each sample is in.

    Args:
        of: fold of each sample, in their order.
        rule: how they were dealt.
        sizes: samples of each fold.
        groups: how many groups there are.
        largest: samples of the largest group.
    """

    of: list[int]
    rule: Rule
    sizes: list[int]
    groups: int
    largest: int

    @property
    def unevenness(self) -> float:
        """Difference between the largest and the smallest fold, as a share of a fold."""
        return (max(self.sizes) - min(self.sizes)) * len(self.sizes) / max(1, sum(self.sizes))


def group(members: Sequence[Member], by: By) -> list[str]:
    """The group of each sample; a group is never parted.

    Samples whose writer is not known are groups of their own where writers count.

    Raises:
        ConfigError: writers are asked for, and no sample has one.
    """
    if by in ("writer", "both") and not any(member.writer for member in members):
        raise ConfigError(f"by={by}: no writer is known; give them with writers=<table>, or use by=label")
    return _GROUPERS[by](members)


def deal(groups: Sequence[str], folds: int, *, seed: int = 0, rule: Rule | None = None) -> Folds:
    """Deal samples into folds, a group into one.

    >>> deal(["a", "b", "a", "c"], 2).sizes
    [2, 2]

    Args:
        groups: the group of each sample.
        folds: how many folds.
        seed: a different one gives different folds.
        rule: of an earlier run; None makes one by which the folds are even, as far as that can be.
    """
    weights = Counter(groups)
    rule = rule or _make_rule(weights, folds, seed)
    fold_of = {name: rule.fold(name) for name in weights}
    return Folds(
        of=[fold_of[name] for name in groups],
        rule=rule,
        sizes=_sizes(((fold_of[name], weight) for name, weight in weights.items()), folds),
        groups=len(weights),
        largest=max(weights.values(), default=0),
    )


def _make_rule(weights: Mapping[str, int], folds: int, seed: int) -> Rule:
    """The first draw that can be cut evenly, on the coarsest grid: cuts on a coarse grid seldom shift with a sample.

    Where none can, the most even one.
    """
    samples = sum(weights.values())
    share = samples / folds
    hopeless = max(weights.values(), default=0) > share * (1 + EVEN) + 1
    best: tuple[int, Rule] | None = None
    for draw in range(1 if hopeless else MOST_DRAWS):
        ranked = sorted((_hash(name, seed, draw), weight) for name, weight in weights.items())
        exact = _exact_cuts(ranked, share, folds)
        for bits in (*range(folds.bit_length() + 2, HASH_BITS // 2, 2), HASH_BITS):
            grid = 1 << HASH_BITS - bits
            rule = Rule(seed=seed, draw=draw, cuts=tuple((cut + grid // 2) // grid * grid for cut in exact))
            sizes = _sizes(((bisect_right(rule.cuts, place), weight) for place, weight in ranked), folds)
            gap = max(sizes) - min(sizes)
            if best is None or gap < best[0]:
                best = gap, rule
            if gap <= max(1, EVEN * share):
                return rule
    assert best is not None
    return best[1]


def _exact_cuts(ranked: Sequence[tuple[int, int]], share: float, folds: int) -> list[int]:
    """The hashes at which to cut, so that the parts come nearest to their shares."""
    before = list(accumulate((weight for _, weight in ranked), initial=0))
    ends = [*(place for place, _ in ranked), 1 << HASH_BITS]
    cuts = []
    for fold in range(1, folds):
        after = bisect_left(before, fold * share)
        nearer = after - 1 if after and fold * share - before[after - 1] < before[after] - fold * share else after
        cuts.append(ends[nearer])
    return cuts


def _sizes(weights: Iterable[tuple[int, int]], folds: int) -> list[int]:
    sizes = [0] * folds
    for fold, weight in weights:
        sizes[fold] += weight
    return sizes


def _hash(group: str, seed: int, draw: int) -> int:
    """64 bits that do not depend on process or machine."""
    text = f"{seed} {draw} {group}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=HASH_BITS // 8).digest())


def _formulas(members: Sequence[Member]) -> list[str]:
    strict: dict[str, str] = {}
    for member in members:
        if member.label not in strict:
            strict[member.label] = canonical(member.label, "strict", repairs=[])
    return [strict[member.label] for member in members]


def _writers(members: Sequence[Member]) -> list[str]:
    return [f"writer {member.writer}" if member.writer else f"sample {member.id}" for member in members]


def _linked(members: Sequence[Member]) -> list[str]:
    """Connected parts of the graph of formulas and writers, each named by the least of its formulas."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    formulas = [f"formula {formula}" for formula in _formulas(members)]
    for formula, writer in zip(formulas, _writers(members), strict=True):
        one, other = sorted((root(formula), root(writer)))
        parent[other] = one
    return [root(formula) for formula in formulas]


_GROUPERS: dict[By, Callable[[Sequence[Member]], list[str]]] = {
    "label": _formulas,
    "writer": _writers,
    "both": _linked,
    "random": lambda members: [member.id for member in members],
}
