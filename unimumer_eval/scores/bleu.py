"""Corpus BLEU-4 with NLTK's smoothing method 4, from sufficient statistics.

NLTK counts n-grams one sentence at a time, with ``Fraction``, and needs most of a scorer's time. BLEU depends on ten
sums only, so they are counted here for all sentences at once; a sum over any subset (a bootstrap resample) is then a
matrix product. A test holds the result equal to
``nltk.translate.bleu_score.corpus_bleu(..., smoothing_function=SmoothingFunction().method4)``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ORDERS = (1, 2, 3, 4)
COLUMNS = 2 * len(ORDERS) + 2
_SMOOTHING_K = 5  # NLTK's default k of method 4


def bleu_statistics(references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Of each sentence: matches of 1- to 4-grams, numbers of 1- to 4-grams in the hypothesis, both lengths.

    A hypothesis shorter than n counts one n-gram (unmatched), as in NLTK.

    >>> bleu_statistics([["x", "+", "y"]], [["x", "+", "z"]]).tolist()
    [[2, 1, 0, 0, 3, 2, 1, 1, 3, 3]]

    Args:
        references, hypotheses: n token lists each.

    Returns:
        ``[n, COLUMNS]``.
    """
    lengths = np.array([[len(r), len(h)] for r, h in zip(references, hypotheses, strict=True)], dtype=np.int64)
    grams = lengths[:, 1:] - np.array(ORDERS) + 1
    matches = np.maximum(grams, 0)  # right where both are equal, as most are
    unequal = [i for i, pair in enumerate(zip(references, hypotheses, strict=True)) if pair[0] != pair[1]]
    if unequal:
        matches[unequal] = _matches([references[i] for i in unequal], [hypotheses[i] for i in unequal])
    return np.hstack([matches, np.maximum(grams, 1), lengths])


def _matches(references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Clipped matches of 1- to 4-grams, ``[n, 4]``: the n-grams of all sentences are numbered and sorted together."""
    n = len(references)
    sentences = [*references, *hypotheses]
    number: dict[str, int] = {}
    tokens = np.array([number.setdefault(t, len(number)) for s in sentences for t in s], dtype=np.int64)
    owner = np.repeat(np.arange(2 * n), [len(s) for s in sentences])
    matches = np.zeros((n, len(ORDERS)), dtype=np.int64)
    grams = tokens
    for order in ORDERS:
        if order > 1:  # an n-gram is the number of its (n-1)-gram and its last token, numbered afresh
            _, ranks = np.unique(grams[:-1] * len(number) + tokens[order - 1 :], return_inverse=True)
            grams = ranks.reshape(-1)
        whole = owner[: len(grams)] == owner[order - 1 :]
        base = int(grams.max(initial=0)) + 1
        keys, counts = np.unique(owner[: len(grams)][whole] * base + grams[whole], return_counts=True)
        split = int(np.searchsorted(keys, n * base))
        shared, left, right = np.intersect1d(keys[:split], keys[split:] - n * base, True, return_indices=True)
        np.add.at(matches[:, order - 1], shared // base, np.minimum(counts[:split][left], counts[split:][right]))
    return matches


def bleu4(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """BLEU-4, percent, of summed statistics.

    Args:
        sums: ``[..., COLUMNS]`` sums of :func:`bleu_statistics` over the sentences of each corpus.

    Returns:
        ``[...]`` percent, 0-100.
    """
    sums = np.asarray(sums, dtype=np.float64)
    matches, totals = sums[..., :4], sums[..., 4:8]
    reference, hypothesis = sums[..., 8], sums[..., 9]
    safe = np.maximum(hypothesis, 1)
    # smoothing method 4 of Chen and Cherry (2014), as NLTK has it: the k-th order without a match counts as this
    vanished = np.cumsum(matches == 0, axis=-1)
    smoothed = np.log(safe)[..., None] / (2.0**vanished * _SMOOTHING_K)
    precisions = np.where(matches > 0, matches, smoothed) / totals
    logs = np.log(precisions, out=np.zeros_like(precisions), where=precisions > 0)  # NLTK leaves zeros out
    brevity = np.where(hypothesis > reference, 1.0, np.exp(1 - reference / safe))
    scores = 100 * brevity * np.exp(logs.sum(axis=-1) / len(ORDERS))
    return np.where(matches[..., 0] > 0, scores, 0.0)
