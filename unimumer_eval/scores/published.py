"""The figures of the published evaluator, to the last digit, so that old and new numbers can be compared.

Tokens are the words between white space. Kept as they are: an empty answer has as many errors as the label has tokens,
the "character error rate" divides token edits by characters of the label (spaces included).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from .bleu import bleu4, bleu_statistics
from .pairs import Pair

THRESHOLDS = (0, 1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Figures of one set as the published evaluator gives them.

    Args:
        n: samples.
        within: samples with at most 0, 1, 2, 3 token edits.
        edit_score: mean of 1 - edits / length of the longer one, percent.
        bleu4: corpus BLEU-4, percent.
        character_error_rate: token edits / characters of the labels; misnamed, kept for comparison.
    """

    n: int
    within: tuple[int, ...]
    edit_score: float
    bleu4: float
    character_error_rate: float

    def rate(self, errors: int) -> float:
        """Percent of the samples with at most ``errors`` token edits (0 to 3)."""
        return self.within[errors] / self.n * 100


def published_scores(pairs: Sequence[Pair]) -> Published:
    """Score as published. Failed pairs have an empty answer and stay in n.

    Args:
        pairs: n >= 1.
    """
    labels = [pair.gt.split() for pair in pairs]
    answers = [pair.answer.split() for pair in pairs]
    edits = [Levenshtein.distance(label, answer) for label, answer in zip(labels, answers, strict=True)]
    scores = [_edit_score(*triple) for triple in zip(labels, answers, edits, strict=True)]
    characters = sum(len(pair.gt) for pair in pairs)
    return Published(
        n=len(pairs),
        within=tuple(sum(edit <= k for edit in edits) for k in THRESHOLDS),
        edit_score=sum(scores) / len(pairs),
        bleu4=float(bleu4(bleu_statistics(labels, answers).sum(axis=0))),
        character_error_rate=sum(edits) / characters if characters else 0.0,
    )


def _edit_score(label: Sequence[str], answer: Sequence[str], edits: int) -> float:
    longer = max(len(label), len(answer))
    return (1 - edits / longer) * 100 if longer else 100.0
