"""Corpus BLEU-4 with NLTK's smoothing method 4, from sufficient statistics.

NLTK counts n-grams with ``Fraction`` and needs most of a scorer's time. BLEU depends on ten sums only, so they are
counted here once a sentence; a sum over any subset (a bootstrap resample) is then a matrix product. A test holds the
result equal to ``nltk.translate.bleu_score.corpus_bleu(..., smoothing_function=SmoothingFunction().method4)``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ORDERS = (1, 2, 3, 4)
COLUMNS = 2 * len(ORDERS) + 2
_SMOOTHING_K = 5  # NLTK's default k of method 4


def bleu_statistics(reference: Sequence[str], hypothesis: Sequence[str]) -> list[int]:
    """Matches of 1- to 4-grams, numbers of 1- to 4-grams in the hypothesis, both lengths: ``COLUMNS`` integers.

    A hypothesis shorter than n counts one n-gram (unmatched), as in NLTK.

    >>> bleu_statistics(["x", "+", "y"], ["x", "+", "z"])
    [2, 1, 0, 0, 3, 2, 1, 1, 3, 3]
    """
    length = len(hypothesis)
    totals = [max(1, length - n + 1) for n in ORDERS]
    if reference == hypothesis:  # most pairs of a good model; every n-gram matches
        return [max(0, length - n + 1) for n in ORDERS] + totals + [length, length]
    matches = []
    for n in ORDERS:
        wanted = Counter(zip(*(reference[i:] for i in range(n)), strict=False))
        found = Counter(zip(*(hypothesis[i:] for i in range(n)), strict=False))
        matches.append(sum(min(count, wanted[gram]) for gram, count in found.items() if gram in wanted))
    return matches + totals + [len(reference), length]


def bleu4(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """BLEU-4, percent, of summed statistics.

    Args:
        sums: ``[..., COLUMNS]`` sums of :func:`bleu_statistics` over the sentences of each corpus.

    Returns:
        ``[...]`` percent, 0-100.
    """
    flat = np.asarray(sums, dtype=np.float64).reshape(-1, COLUMNS)
    scores = np.array([_bleu4(row) for row in flat.tolist()])
    return scores.reshape(np.shape(sums)[:-1])


def _bleu4(row: Sequence[float]) -> float:
    matches, totals, (reference, hypothesis) = row[:4], row[4:8], row[8:]
    if matches[0] == 0:
        return 0.0
    precisions, vanished = [], 0
    for match, total in zip(matches, totals, strict=True):
        if match == 0 and hypothesis > 1:  # smoothing method 4 of Chen and Cherry (2014), as NLTK has it
            vanished += 1
            match = math.log(hypothesis) / (2**vanished * _SMOOTHING_K)
        precisions.append(match / total)
    brevity = 1.0 if hypothesis > reference else math.exp(1 - reference / hypothesis)
    return 100 * brevity * math.exp(math.fsum(0.25 * math.log(p) for p in precisions if p > 0))
