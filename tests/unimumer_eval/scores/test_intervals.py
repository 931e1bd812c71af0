"""Intervals that can be checked against scipy and by hand."""

import numpy as np
import pytest

from unimumer_eval.scores.calibration import calibrate
from unimumer_eval.scores.groups import MEASURES, group_scores
from unimumer_eval.scores.intervals import resampled_sums, wilson


@pytest.mark.parametrize(("successes", "n"), [(0, 3), (3, 3), (5, 17), (815, 986)])
def test_wilson_equals_scipy(successes, n):
    stats = pytest.importorskip("scipy.stats")
    wanted = stats.binomtest(successes, n).proportion_ci(method="wilson")
    got = wilson(successes, n)
    assert (got.low, got.high) == (pytest.approx(100 * wanted.low), pytest.approx(100 * wanted.high))


def test_resamples_have_n_draws_and_the_right_spread():
    values = np.array([[1.0, float(i % 2)] for i in range(400)])
    sums = resampled_sums(values, resamples=2000, seed=3)
    assert (sums[:, 0] == 400).all()
    assert sums[:, 1].mean() == pytest.approx(200, abs=1.5)
    assert sums[:, 1].std() == pytest.approx(10, abs=0.7)  # sqrt(400 / 4)


def test_same_draws_whatever_the_columns():
    values = np.random.default_rng(0).random((50, 3))
    both, one = resampled_sums(values, resamples=20), resampled_sums(values[:, :1], resamples=20)
    assert np.allclose(both[:, :1], one)


def test_groups_by_hand():
    (length,) = (measure for measure in MEASURES if measure.name == "length")
    groups = group_scores(length, [5, 6, 99], [True, False, False], [True, True, False], [True, True, True])
    assert [(g.low, g.high, g.n) for g in groups] == [(0, 5, 1), (6, 10, 1), (61, None, 1)]
    assert [g.strict.value for g in groups] == [100, 100, 0]


def test_calibration_by_hand():
    result = calibrate([0.95, 0.95, 0.15, None, 1.0], [True, False, False, True, True])
    assert result.n == 4
    # top bin: confidence (0.95 + 0.95 + 1) / 3, accuracy 2/3; low bin: 0.15 against 0
    assert result.ece == pytest.approx((abs(2.9 / 3 - 2 / 3) * 3 + 0.15) / 4)
    assert [b.n for b in result.bins] == [1, 3]
    assert calibrate([None], [True]) is None
