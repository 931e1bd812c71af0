"""How sure a figure is: bootstrap for sums over samples, Wilson for the shares of small groups."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
_CHUNK = 1 << 23  # elements of a block of weights, so that memory does not grow with the set
_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def resampled_sums(columns: NDArray[np.float64], *, resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.float64]:
    """Column sums over samples drawn with replacement.

    Args:
        columns: ``[n, k]``, one row a sample.
        resamples: B, how often n samples are drawn from the n.

    Returns:
        ``[B, k]``; the same seed gives the same draws whatever the columns are.
    """
    blocks = [weights @ columns for weights in _weights(len(columns), resamples, seed)]
    return np.concatenate(blocks) if blocks else np.empty((0, columns.shape[1]))


def _weights(n: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each sample was drawn: ``[b, n]`` blocks, B rows in all."""
    random = np.random.default_rng(seed)
    rows = max(1, _CHUNK // n)
    kind = np.uint16 if n <= 1 << 16 else np.uint32  # small integers are drawn faster
    for start in range(0, resamples, rows):
        weights = np.empty((min(rows, resamples - start), n))
        for row in weights:
            row[:] = np.bincount(random.integers(0, n, size=n, dtype=kind), minlength=n)
        yield weights


def estimate(value: float, resampled: NDArray[np.float64]) -> Estimate:
    """``value`` with the 2.5 % and 97.5 % percentiles of its resampled values."""
    if not len(resampled):
        return Estimate(value, value, value)
    low, high = np.percentile(resampled, (2.5, 97.5))
    return Estimate(value, float(low), float(high))


def wilson(successes: int, n: int) -> Estimate:
    """Percent with the Wilson score interval, which says something even for 0 of 3.

    >>> round(wilson(0, 3).high, 2)
    56.15
    """
    share = successes / n
    shrink = 1 + _Z**2 / n
    middle = (share + _Z**2 / (2 * n)) / shrink
    half = _Z / shrink * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    low = 0.0 if successes == 0 else 100 * (middle - half)
    high = 100.0 if successes == n else 100 * (middle + half)
    return Estimate(100 * share, low, high)
