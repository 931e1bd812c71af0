"""Partial credit by edits: edit score, token error rate, character error rate."""

from __future__ import annotations

import numpy as np
from rapidfuzz.distance import Levenshtein

from .metric import Columns, Metric, TokenPairs, column


def _scores(pairs: TokenPairs) -> Columns:
    """1 - token edits / length of the longer side; two sides that print nothing are equal."""
    longer = pairs.lengths.max(axis=1, initial=0)
    scores = 1 - pairs.edits / np.maximum(longer, 1)
    return column(np.where(longer > 0, scores, pairs.answered))


def _token_edits(pairs: TokenPairs) -> Columns:
    return np.column_stack([pairs.edits, pairs.lengths[:, 0]])


def _character_edits(pairs: TokenPairs) -> Columns:
    rows = []
    for label, answer in pairs:
        text = "".join(label)
        rows.append((0 if label == answer else Levenshtein.distance(text, "".join(answer)), len(text)))
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def error_rate(sums: Columns, n: int) -> Columns:
    """Percent: edits / length of the labels; above 100 if answers run away."""
    return 100 * sums[:, 0] / np.maximum(sums[:, 1], 1)


EDIT_SCORE: Metric[TokenPairs] = Metric(
    name="edit_score", title="Edit score", kind="mean", columns=_scores, in_tables=False
)
TOKEN_ERROR_RATE: Metric[TokenPairs] = Metric(
    name="token_error_rate", title="TER", kind="rate", columns=_token_edits, figure=error_rate, lower_is_better=True
)
CHAR_ERROR_RATE: Metric[TokenPairs] = Metric(
    name="char_error_rate", title="CER", kind="rate", columns=_character_edits, figure=error_rate, lower_is_better=True
)
