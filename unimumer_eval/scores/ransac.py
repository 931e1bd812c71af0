"""Which matched centres agree on one translation and scale: RANSAC as the published CDM calls it.

The published code draws with scikit-image's `ransac` (numpy's default generator, seed 42) and the model below, whose
scale works about the mean of whatever points it is given. Here all trials of a round are one array operation; draws,
order of trials and stopping rule are the same.

Source: UniMERNet, cdm/evaluation.py and cdm/modules/visual_matcher.py; scikit-image, measure/fit.py.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

ROUNDS = 5
TRIALS = 50
THRESHOLD = 20.0
"""Pixels."""
SAMPLES = 2
SEED = 42

Points = NDArray[np.float64]


def inliers(source: Points, target: Points) -> NDArray[np.bool_]:
    """Which of n matched points fit a common move, in up to `ROUNDS` rounds over what is left.

    Args:
        source, target: ``[n, 2]`` pixels.

    Returns:
        ``[n]``. Two points or fewer always fit; so few that are left over after a round never do.
    """
    n = len(source)
    if n <= SAMPLES:
        return np.ones(n, dtype=bool)
    left = np.arange(n)
    found = np.zeros(n, dtype=bool)
    for _ in range(ROUNDS):
        if len(left) <= SAMPLES:
            break
        fitting = _one_round(source[left], target[left])
        if not fitting.any():
            break
        found[left[fitting]] = True
        left = left[~fitting]
    return found


def _one_round(source: Points, target: Points) -> NDArray[np.bool_]:
    n = len(source)
    drawn = _draws(n)
    # points as complex numbers; of two points, each is half their distance from their centre
    points, goals = source[:, 0] + 1j * source[:, 1], target[:, 0] + 1j * target[:, 1]
    (first, second), (first_goal, second_goal) = points[drawn], goals[drawn]
    scale = np.abs(first_goal - second_goal) / (np.abs(first - second) + 2e-10)
    shift = (first_goal + second_goal - first - second) / 2
    middle = points.mean()
    missed = scale[:, None] * (points - middle) + shift[:, None] + (middle - goals)  # [trials, n]
    squares = missed.real**2 + missed.imag**2
    fits = squares < THRESHOLD**2
    counts, sums = fits.sum(axis=1).tolist(), squares.sum(axis=1).tolist()
    best, best_count, best_sum = -1, 0, math.inf
    trial = 0
    last: float = TRIALS
    while trial < last:
        count, total = counts[trial], sums[trial]
        if count > best_count or (count == best_count and total < best_sum):
            best, best_count, best_sum = trial, count, total
            last = min(last, _enough_trials(count, n))
            if total <= 0:
                break
        trial += 1
    return fits[best] if best >= 0 and best_count else np.zeros(n, dtype=bool)


@lru_cache(maxsize=2048)
def _draws(n: int) -> NDArray[np.int64]:
    """The pairs that the seeded generator draws from n points: ``[2, trials]``."""
    generator = np.random.default_rng(SEED)
    return np.array([generator.choice(n, SAMPLES, replace=False) for _ in range(TRIALS)]).T


def _enough_trials(count: int, n: int) -> float:
    """How many trials scikit-image holds to be enough, having found ``count`` of n."""
    if count == 0:
        return math.inf
    epsilon = float(np.spacing(1))
    return math.ceil(math.log(epsilon) / math.log(max(epsilon, 1 - (count / n) ** SAMPLES)))
