"""The threshold of acceptance, with a guarantee for any number of samples.

The promise: with probability ``confidence`` over the calibration samples, at least the share ``target`` of all future
answers that the threshold accepts is right. Thresholds are fixed before the calibration samples are looked at, and
tested one after the other from the strictest on (fixed sequence testing: Bauer 1991; as a way to choose a threshold
Angelopoulos et al., "Learn then Test", arXiv 2110.01052). Each test asks whether the exact lower confidence bound
of Clopper and Pearson (1934) for the share of right ones among the accepted reaches the target. The first that does
not ends the search; the one before it is the threshold. A wrong threshold is chosen only where the first untrue
promise of the sequence passes its test, which happens with probability 1 - ``confidence`` at most.

What it needs: calibration samples and future samples are drawn alike and independently (exchangeable), and the
probabilities were not fitted on the calibration samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from .calibrator import Promise

BOUND = "Clopper-Pearson lower bound, fixed sequence testing (Learn then Test, arXiv 2110.01052)"
_STEPS = 100


def needed(target: float, confidence: float) -> int:
    """Accepted answers that are needed at least, all of them right, before a promise can be made.

    >>> needed(0.99, 0.9), needed(0.95, 0.9)
    (230, 45)
    """
    return math.ceil(math.log(1 - confidence) / math.log(target))


def thresholds(fitted: NDArray[np.float64], right: NDArray[np.bool_], n: int, *, confidence: float) -> list[float]:
    """Thresholds to test, the strictest first.

    The sequence starts where these samples let the test succeed most easily: stricter thresholds accept too few
    answers to prove anything.

    Args:
        fitted: probabilities of the samples that were fitted on, negative for those that are never accepted; the
            thresholds are quantiles of these.
        right: of the same samples.
        n: calibration samples to come.
        confidence: of the promise.
    """
    found = np.quantile(fitted, 1 - np.arange(1, _STEPS + 1) / _STEPS, method="lower")
    grid = sorted({float(one) for one in found if one >= 0}, reverse=True)
    scale = n / max(len(fitted), 1)
    counts = [((fitted >= one) & right, fitted >= one) for one in grid]
    bounds = [at_least(scale * hits.sum(), scale * accepted.sum(), confidence) for hits, accepted in counts]
    return grid[int(np.argmax(bounds)) :] if grid else []


def at_least(right: float, n: float, confidence: float) -> float:
    """Clopper and Pearson's lower confidence bound, one-sided, of the share that is right.

    >>> round(at_least(230, 230, 0.9), 4), at_least(0, 10, 0.9)
    (0.99, 0.0)
    """
    return float(betaincinv(right, n - right + 1, 1 - confidence)) if right else 0.0


def choose(
    grid: Sequence[float],
    probabilities: NDArray[np.float64],
    right: NDArray[np.bool_],
    *,
    target: float,
    confidence: float,
) -> Promise:
    """The last threshold of the grid that passes its test with all before it.

    Args:
        grid: thresholds, the strictest first, fixed before these samples were looked at.
        probabilities, right: of the calibration samples, ``[n]``.
        target, confidence: of the promise.
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked, hits = probabilities[order], np.concatenate([[0], np.cumsum(right[order])])
    promise = Promise(
        target=target,
        confidence=confidence,
        threshold=None,
        bound=BOUND,
        n=len(probabilities),
        accepted=0,
        right=0,
        at_least=0.0,
    )
    for threshold in grid:
        accepted = int(np.searchsorted(-ranked, -threshold, side="right"))
        found = int(hits[accepted])
        bound = at_least(found, accepted, confidence)
        if bound < target:
            break
        promise = replace(promise, threshold=threshold, accepted=accepted, right=found, at_least=bound)
    return promise
