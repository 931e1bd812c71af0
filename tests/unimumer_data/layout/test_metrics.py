"""The metrics are those of Computer Modern."""

from __future__ import annotations

import pytest

from unimumer_data.layout.metrics import glyph, outlines, symbols


def test_known_values_of_the_fonts() -> None:
    letter = glyph("math", "x")
    assert (letter.width, letter.height) == pytest.approx((0.572, 0.431), abs=0.001)
    integral = glyph("size2", "∫")
    assert integral.italic == pytest.approx(0.444, abs=0.001)
    assert glyph("main", "设") is None


def test_the_ink_lies_about_its_box() -> None:
    digit = glyph("main", "2")
    assert 0 <= digit.left < digit.right <= digit.width
    assert digit.bottom == pytest.approx(-digit.depth, abs=0.02) and digit.top == pytest.approx(digit.height, abs=0.03)


def test_every_symbol_that_is_no_operator_has_a_glyph_and_a_shape() -> None:
    missing = []
    for token, (font, name, char) in symbols().items():
        if name in ("op", "spacing"):
            continue
        if glyph(font, char) is None or char not in outlines()[font]:
            missing.append(token)
    assert set(missing) <= {"⊶", "⊷"}  # in no font of the package
