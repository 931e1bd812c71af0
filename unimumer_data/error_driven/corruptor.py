"""Confusions applied to labels: wrong predictions that a model might have made."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate, pairwise

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.latex import parse_tokens, write_tokens

from .confusions import GAP, Confusions, is_symbol

TRIES = 8  # to place an edit so that the formula stays valid


class Corruptor:
    """Applies confusions to labels. The result is always a formula that parses, and never the label.

    Args:
        confusions: how often what is taken for what.
        rate: share of the symbols to change, on average; at least one of a label is.
    """

    def __init__(self, confusions: Confusions, rate: float) -> None:
        self.rate = rate
        self.choices: dict[str, tuple[list[str], list[int]]] = {}
        by_label: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for (label, answer), count in sorted(confusions.counts.items()):
            by_label[label].append((answer, count))
        for label, answers in by_label.items():
            self.choices[label] = [answer for answer, _ in answers], list(accumulate(count for _, count in answers))
        self.weights = {label: max(confusions.rate(label), 1e-6) for label in by_label if label != GAP}
        gained = sum(count for (label, _), count in confusions.counts.items() if label == GAP)
        self.gain = gained / max(1, sum(confusions.seen.values()))

    def corrupt(self, tokens: Sequence[str], chance: random.Random) -> list[str] | None:
        """A wrong prediction of a label; None if the table has nothing for any of its symbols.

        Args:
            tokens: of the label, canonical; not modified.
            chance: decides; the same state gives the same result.
        """
        symbols = sum(map(is_symbol, tokens))
        edits = max(1, sum(chance.random() < self.rate for _ in range(symbols)))
        result = list(tokens)
        for _ in range(edits):
            result = self._edit(result, chance) or result
        return None if result == list(tokens) else result

    def _edit(self, tokens: list[str], chance: random.Random) -> list[str] | None:
        """One symbol taken for another, lost or gained, so that the formula stays valid."""
        places = [index for index, token in enumerate(tokens) if token in self.weights]
        weights = list(accumulate(self.weights[tokens[index]] for index in places))
        for _ in range(TRIES):
            if self.gain and chance.random() < self.gain / (self.gain + (weights[-1] if weights else 0)):
                place = chance.randrange(len(tokens) + 1)
                edited = [*tokens[:place], self._draw(GAP, chance), *tokens[place:]]
            elif places:
                place = chance.choices(places, cum_weights=weights)[0]
                answer = self._draw(tokens[place], chance)
                edited = [*tokens[:place], *([answer] if answer else ()), *tokens[place + 1 :]]
            else:
                return None
            if _is_valid(edited):
                return edited
        return None

    def _draw(self, symbol: str, chance: random.Random) -> str:
        answers, weights = self.choices[symbol]
        return chance.choices(answers, cum_weights=weights)[0]


def _is_valid(tokens: Sequence[str]) -> bool:
    """Whether tokens are a canonical formula: they parse, no group is empty, and they are written back the same."""
    if ("{", "}") in pairwise(tokens):
        return False
    try:
        return write_tokens(parse_tokens(tokens)) == list(tokens)
    except LatexSyntaxError:
        return False
