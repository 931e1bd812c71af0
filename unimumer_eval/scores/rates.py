"""The headline figures of one set in one form, each with a bootstrap interval.

All are functions of sums over samples, so one matrix of per-sample columns serves the value and every resample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from .bleu import COLUMNS as BLEU_COLUMNS
from .bleu import bleu4, bleu_statistics
from .forms import FORMS, Form, Reading, Tokens
from .intervals import Estimate, estimate, resampled_sums

_EDIT_SCORE, _EDITS, _LENGTH, _CHAR_EDITS, _CHARS = range(4, 9)
_BLEU = slice(9, 9 + BLEU_COLUMNS)
WIDTH = 9 + BLEU_COLUMNS


@dataclass(frozen=True, slots=True, kw_only=True)
class FormScores:
    """Figures of one set in one form, percent.

    Args:
        exprate: share of the samples without an error.
        exprate_le1, exprate_le2, exprate_le3: with at most so many token edits.
        edit_score: mean of 1 - token edits / length of the longer of label and prediction.
        bleu4: corpus BLEU-4, NLTK's smoothing method 4.
        token_error_rate: token edits / tokens of the labels; above 100 if predictions run away.
        char_error_rate: character edits / characters of the labels, white space left out on both sides.
    """

    exprate: Estimate
    exprate_le1: Estimate
    exprate_le2: Estimate
    exprate_le3: Estimate
    edit_score: Estimate
    bleu4: Estimate
    token_error_rate: Estimate
    char_error_rate: Estimate


def figures(sums: NDArray[np.float64], n: int) -> dict[str, NDArray[np.float64]]:
    """The figures of `FormScores` from sums over n samples.

    Args:
        sums: ``[B, WIDTH]``.

    Returns:
        name -> ``[B]`` percent.
    """
    within = 100 * sums[:, :4] / n
    return {
        "exprate": within[:, 0],
        "exprate_le1": within[:, 1],
        "exprate_le2": within[:, 2],
        "exprate_le3": within[:, 3],
        "edit_score": 100 * sums[:, _EDIT_SCORE] / n,
        "bleu4": bleu4(sums[:, _BLEU]),
        "token_error_rate": 100 * sums[:, _EDITS] / np.maximum(sums[:, _LENGTH], 1),
        "char_error_rate": 100 * sums[:, _CHAR_EDITS] / np.maximum(sums[:, _CHARS], 1),
    }


def form_columns(labels: Sequence[Reading], answers: Sequence[Reading]) -> dict[Form, NDArray[np.float64]]:
    """What each sample adds to the sums in each form, ``[n, WIDTH]``. An empty answer is within no number of errors.

    A sample that reads the same in one form and the next is not computed again.
    """
    columns: dict[Form, NDArray[np.float64]] = {}
    before: list[tuple[Tokens, Tokens] | None] = [None] * len(labels)
    rows = np.zeros((len(labels), WIDTH))
    for form in FORMS:
        pairs = [(label.tokens(form), answer.tokens(form)) for label, answer in zip(labels, answers, strict=True)]
        fresh = [i for i, pair in enumerate(pairs) if pair != before[i]]
        rows = rows.copy()
        if fresh:
            rows[fresh] = _columns([pairs[i] for i in fresh])
        columns[form], before = rows, list(pairs)
    return columns


def _columns(pairs: Sequence[tuple[Tokens, Tokens]]) -> NDArray[np.float64]:
    edits = np.array([_edit_columns(*pair) for pair in pairs], dtype=np.float64)
    return np.hstack([edits, bleu_statistics([label for label, _ in pairs], [answer for _, answer in pairs])])


def edits_of(columns: NDArray[np.float64]) -> NDArray[np.int64]:
    """Token edits of each sample, ``[n]``."""
    return columns[:, _EDITS].astype(np.int64)


def right_of(columns: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each sample is right, ``[n]``."""
    return columns[:, 0] == 1


def form_scores(columns: Mapping[Form, NDArray[np.float64]], *, resamples: int, seed: int) -> dict[Form, FormScores]:
    """The figures of every form; all forms share their draws, so that they can be compared.

    Args:
        columns: of each form, ``[n, WIDTH]``.
    """
    n = len(columns["raw"])
    drawn = resampled_sums(np.hstack([columns[form] for form in FORMS]), resamples=resamples, seed=seed)
    scores = {}
    for index, form in enumerate(FORMS):
        values = figures(columns[form].sum(axis=0, keepdims=True), n)
        resampled = figures(drawn[:, index * WIDTH : (index + 1) * WIDTH], n)
        scores[form] = FormScores(**{name: estimate(float(values[name][0]), resampled[name]) for name in values})
    return scores


def _edit_columns(label: Tokens, answer: Tokens) -> list[float]:
    edits = char_edits = 0
    characters = "".join(label)
    if label != answer:
        edits = Levenshtein.distance(label, answer)
        char_edits = Levenshtein.distance(characters, "".join(answer))
    within = [float(bool(answer) and edits <= k) for k in range(4)]
    longer = max(len(label), len(answer))
    edit_score = 1 - edits / longer if longer else 0.0
    return [*within, edit_score, edits, len(label), char_edits, len(characters)]
