"""Ranges, and the sizes in which people write."""

from __future__ import annotations

import math
import random

import pytest

from unimumer_data.handwriting.departures import QUARTILES, RANGES, SHARES, WRITER_MEANS, Range, size_of
from unimumer_data.handwriting.hand import HandGlyph


def test_a_range_draws_what_it_says() -> None:
    one = Range(1.0, 0.0, (-0.5, -0.1, 0.0, 0.2, 0.9))
    drawn = sorted(one.draw(random.Random(seed)) for seed in range(4000))
    for share, number in zip(SHARES, one.within, strict=True):
        assert drawn[int(share * 3999)] == pytest.approx(1.0 + number, abs=0.05)
    assert drawn[0] >= 0.5 and drawn[-1] <= 1.9


def test_a_writers_own_mean_moves_the_range() -> None:
    one = Range(1.0, 0.0, (0.0, 0.0, 0.0, 0.0, 0.0))
    assert one.draw(random.Random(1), 3.0) == 3.0


def test_writers_who_differ_much_are_soon_known() -> None:
    quartiles = (-2.0, -QUARTILES / 2, 0.0, QUARTILES / 2, 2.0)  # deviation 1
    assert Range(0.0, 0.5, quartiles).certain == pytest.approx(4.0)
    assert Range(0.0, 2.0, quartiles).certain == pytest.approx(0.25)
    assert Range(0.0, 0.0, quartiles).certain == math.inf


@pytest.mark.parametrize("name", sorted(RANGES))
def test_the_numbers_of_each_range_rise(name: str) -> None:
    assert list(RANGES[name].within) == sorted(RANGES[name].within)
    assert name in WRITER_MEANS or RANGES[name].mean == 0.0


def test_scripts_are_smaller() -> None:
    assert size_of(1.0) == 1.0 > size_of(2 / 3) > size_of(0.5) > 0.4


def test_a_hand_has_its_own_size_of_scripts() -> None:
    glyph = HandGlyph(0, [500, 400, 0, 0, 0, 0, 0, 500, 400], 1.25)
    assert glyph.sizes(1.0) == (1.0, 1.0)
    assert glyph.sizes(2 / 3) == pytest.approx((1.25 * size_of(2 / 3),) * 2)
