"""Power of paired comparisons, and Holm's correction."""

import numpy as np
import pytest
from scipy.stats import binomtest

from unimumer_eval.scores.power import holm, power, smallest_difference


@pytest.mark.parametrize(("n", "disagree", "difference"), [(986, 0.10, 0.028), (1199, 0.05, 0.015), (500, 0.2, 0.06)])
def test_power_is_what_a_simulation_of_the_test_shows(n, disagree, difference):
    random = np.random.default_rng(0)
    shares = [(disagree + difference) / 2, (disagree - difference) / 2, 1 - disagree]
    found = [binomtest(won, won + lost).pvalue < 0.05 for won, lost, _ in random.multinomial(n, shares, size=2000)]
    assert power(n, disagree, difference) == pytest.approx(np.mean(found), abs=0.04)  # the exact test is a bit shy


def test_smallest_difference_has_the_wanted_power():
    found = smallest_difference(986, 0.1, wanted=0.9)
    assert power(986, 0.1, found) == pytest.approx(0.9, abs=1e-6)
    assert smallest_difference(4000, 0.1) < smallest_difference(986, 0.1) < smallest_difference(986, 0.2)


def test_few_samples_show_nothing():
    assert smallest_difference(10, 0.1) is None
    assert smallest_difference(10, 0) is None


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2] and holm([]) == []
