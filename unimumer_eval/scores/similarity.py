r"""Similarity: the score that agrees best with people, for grading single answers and sorting samples.

    similarity = (CDM F1 + 1 / (1 + e)) / 2

``e`` is the number of symbols to replace, insert or delete, where a symbol in another place is another symbol and
wrappers do not count (`structure_loose.node_edits`). People rate by how many things are wrong, hardly by which share:
one wrong digit costs a long formula nearly as much as a short one. That is the second term; the first gives partial
credit where much is wrong.

The form was chosen by cross-validation over documents on 130 rated pairs (benchmarks/human.py). It has no fitted
constant.
"""

from __future__ import annotations

from .cdm import cdm
from .metric import Columns, Metric, TextPairs, column
from .structure_loose import loose_nodes, node_edits


def similarity(label: str, prediction: str) -> float:
    """How much alike two formulas look to people, from 0 to 1; 1 where nothing that matters differs.

    >>> similarity("x ^ { 2 } + y", "x^2+y.")
    1.0
    >>> round(similarity("x ^ { 2 } + y = 1", "x ^ { 3 } + y = 1"), 3)
    0.667

    Where only one of both is there, or prints anything, it is 0.
    """
    return _similarity(cdm(label, prediction).f1, label, prediction)


def _similarity(cdm_f1: float, label: str, prediction: str) -> float:
    if not (label.strip() and prediction.strip()):
        return 0.0
    edits = node_edits(label, prediction)
    if edits and not (loose_nodes(label) and loose_nodes(prediction)):
        return 0.0
    return 1.0 if edits == 0 else (cdm_f1 + 1 / (1 + edits)) / 2


def _columns(pairs: TextPairs) -> Columns:
    return column([_similarity(score.f1, *texts) for score, texts in zip(pairs.cdm, pairs.texts, strict=True)])


SIMILARITY: Metric[TextPairs] = Metric(name="similarity", title="Similarity", kind="mean", columns=_columns)
