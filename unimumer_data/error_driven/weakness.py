"""What a model gets wrong more often than the rest: symbols, pairs of them, kinds of formula, nesting, lengths."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from unimumer_data.latex import canonical
from unimumer_data.latex.kinds import kinds_of
from unimumer_data.latex.measures import depth, length

from .confusions import is_symbol, learn

Feature = tuple[str, str]
"""What about a formula, and which: ("symbol", "z"), ("pair", "z 2"), ("kind", "fraction"), ("nesting", "2") ..."""

_CERTAIN = 5.0
"""Formulas, or symbols, after which a rate counts as much as that of all."""

_WORST = 3
"""So many of its weakest features say how much a formula is worth practising."""

_LENGTHS = (5, 10, 20, 40)  # tokens


def features_of(tokens: Sequence[str]) -> set[Feature]:
    r"""What can be weak about a formula in the strict form.

    >>> sorted(features_of(("x", "^", "{", "2", "}")))[:2]
    [('kind', 'superscript'), ('length', '5 to 9')]
    """
    symbols = [token for token in tokens if is_symbol(token)]
    found = {("symbol", symbol) for symbol in symbols}
    found |= {("pair", f"{left} {right}") for left, right in pairwise(symbols)}
    found |= {("kind", kind) for kind in kinds_of(tuple(tokens))}
    found.add(("nesting", str(min(depth(tokens), 5))))
    found.add(("length", _length_name(length(tokens))))
    return found


def _length_name(tokens: int) -> str:
    bounds = (0, *_LENGTHS)
    place = sum(tokens >= bound for bound in _LENGTHS)
    return f"{bounds[place]} to {bounds[place + 1] - 1}" if place < len(_LENGTHS) else f"{_LENGTHS[-1]} and more"


class Weakness:
    """How much more often than usual each feature goes wrong.

    Args:
        pairs: tokens of a prediction and of its label, as `confusions.labelled_pairs` gives them.
    """

    def __init__(self, pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> None:
        seen: Counter[Feature] = Counter()
        wrong: Counter[Feature] = Counter()
        kept: list[tuple[list[str], list[str]]] = []
        self.labels: set[str] = set()
        self.read = self.missed = 0
        for prediction, label in pairs:
            said, truth = (canonical(" ".join(tokens), "strict", repairs=[]) for tokens in (prediction, label))
            features = {one for one in features_of(truth.split()) if one[0] != "symbol"}
            self.read += 1
            seen.update(features)
            if said != truth:
                self.missed += 1
                wrong.update(features)
            self.labels.add(truth)
            kept.append((said.split(), truth.split()))
        self.rate = self.missed / max(1, self.read)
        confusions = learn(kept)
        symbols = sum(confusions.seen.values())
        lost: Counter[str] = Counter()
        for (label_symbol, _), count in confusions.counts.items():
            lost[label_symbol] += count
        usual = sum(count for symbol, count in lost.items() if symbol) / max(1, symbols)
        self.lifts: dict[Feature, float] = {one: _lift(wrong[one], seen[one], self.rate) for one in seen}
        for symbol, count in confusions.seen.items():
            self.lifts["symbol", symbol] = _lift(lost[symbol], count, usual)

    def worth(self, tokens: Sequence[str]) -> float:
        """How much a formula is worth practising: the geometric mean of its highest lifts; 1 is usual."""
        lifts = sorted((self.lifts.get(one, 1.0) for one in features_of(tokens)), reverse=True)[:_WORST]
        return math.prod(lifts) ** (1 / max(1, len(lifts)))

    def worst(self, count: int) -> list[tuple[Feature, float]]:
        """The features that go wrong most above the usual rate."""
        return sorted(self.lifts.items(), key=lambda item: (-item[1], item[0]))[:count]


def _lift(wrong: int, seen: int, usual: float) -> float:
    """The rate of a feature against the usual one; drawn towards 1 where it was seen seldom."""
    return (wrong + _CERTAIN * usual) / ((seen + _CERTAIN) * usual) if usual else 1.0
