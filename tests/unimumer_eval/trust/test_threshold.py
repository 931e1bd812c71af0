"""The promise of a threshold: kept as often as it says, over 1,000 drawn calibration sets; broken where it must."""

from __future__ import annotations

import numpy as np
import pytest

from unimumer_eval.trust.threshold import at_least, choose, needed, thresholds

DRAWS = 1000
TARGET, CONFIDENCE = 0.95, 0.9
FEW_MORE = 3 * (DRAWS * CONFIDENCE * (1 - CONFIDENCE)) ** 0.5
"""Three standard deviations of the number of broken promises among the draws."""


def draw(random: np.random.Generator, n: int, worse: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that a model gives, and whether its answers are right; ``worse`` than it gives, if need be."""
    probabilities = 1 - random.random(n) ** 4
    return probabilities, random.random(n) < probabilities * (1 - worse)


def precision(threshold: float, worse: float = 0.0) -> float:
    """Share of right ones among all answers that a threshold accepts: the mean of 1 - u^4 over u^4 < 1 - threshold."""
    return (1 - worse) * (1 - (1 - threshold) / 5)


def broken(n: int, worse: float = 0.0, seed: int = 0) -> tuple[int, int]:
    """Of `DRAWS` calibration sets of n samples: how many break the promise, and how many accept anything."""
    random = np.random.default_rng(seed)
    kept = accepting = 0
    for _ in range(DRAWS):
        grid = thresholds(*draw(random, n), n, confidence=CONFIDENCE)
        promise = choose(grid, *draw(random, n), target=TARGET, confidence=CONFIDENCE)
        accepting += promise.threshold is not None
        kept += promise.threshold is None or precision(promise.threshold, worse) >= TARGET
    return DRAWS - kept, accepting


@pytest.mark.parametrize("n", [200, 1000])
def test_the_promise_is_kept_as_often_as_it_says(n: int) -> None:
    failures, accepting = broken(n)
    assert failures <= DRAWS * (1 - CONFIDENCE) + FEW_MORE
    assert accepting > DRAWS / 3  # and it is worth something


def test_other_pictures_than_those_of_the_validation_set_break_the_promise() -> None:
    failures, accepting = broken(1000, worse=0.04)
    assert accepting > 0.9 * DRAWS
    assert failures > 0.5 * DRAWS


def test_where_nothing_is_right_often_enough_hardly_anything_is_accepted() -> None:
    random = np.random.default_rng(0)
    wrong = 0
    for _ in range(DRAWS):
        known, right = random.random((2, 500)), random.random((2, 500)) < TARGET - 0.001
        grid = thresholds(known[0], right[0], 500, confidence=CONFIDENCE)
        wrong += choose(grid, known[1], right[1], target=TARGET, confidence=CONFIDENCE).threshold is not None
    assert DRAWS * (1 - CONFIDENCE) / 3 < wrong <= DRAWS * (1 - CONFIDENCE) + FEW_MORE


def test_bounds_by_hand() -> None:
    assert at_least(10, 10, 0.9) == pytest.approx(0.1 ** (1 / 10))
    n = needed(0.99, 0.95)
    assert at_least(n, n, 0.95) >= 0.99 > at_least(n - 1, n - 1, 0.95)


def test_too_few_samples_accept_nothing() -> None:
    promise = choose([0.5, 0.1], np.full(20, 0.9), np.ones(20, dtype=bool), target=0.99, confidence=0.9)
    assert (promise.threshold, promise.accepted) == (None, 0)


def test_the_search_ends_at_the_first_threshold_that_fails() -> None:
    known = np.concatenate([np.full(100, 0.9), np.full(10, 0.5), np.full(300, 0.2)])
    right = np.concatenate([np.ones(100), np.zeros(10), np.ones(300)]).astype(bool)
    promise = choose([0.9, 0.5, 0.2], known, right, target=0.95, confidence=0.9)
    assert (promise.threshold, promise.accepted, promise.right) == (0.9, 100, 100)
    assert at_least(400, 410, 0.9) > 0.95  # the last would have passed alone
