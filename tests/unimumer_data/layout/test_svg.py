"""The SVG stands alone: well-formed, no reference to anything outside."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from unimumer_data.layout import to_svg

FORMULAS = [
    r"x=\frac{-b\pm\sqrt{b^2-4ac}}{2a}",
    r"\left\{\begin{array}{|l|l|}\hline x & a \\ y & b\end{array}\right.",
    r"\overbrace{a}^{n}\mathfrak{g}\mathsf{T}\mathbf{x}\cancel{y}\boxed{z}",
    r'设 " < \& \foo',
    "",
]


@pytest.mark.parametrize("latex", FORMULAS)
def test_it_is_well_formed_and_self_contained(latex: str) -> None:
    text = to_svg(latex)
    root = ElementTree.fromstring(text)
    assert root.get("aria-label") == latex
    used = set(re.findall(r'href="#([^"]+)"', text))
    assert used == set(re.findall(r'<path id="([^"]+)"', text))
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "nan" not in text and "inf" not in text


def test_a_glyph_is_stored_once() -> None:
    text = to_svg("aaaa")
    assert text.count("<path") == 1 and text.count("<use") == 4


def test_what_is_unknown_is_told() -> None:
    assert "'\\\\foo' is unknown" in to_svg(r"\foo")


def test_size_follows_the_letters() -> None:
    small, large = (float(re.search(r'width="([\d.]+)"', to_svg("x+y", em=em))[1]) for em in (10, 20))
    assert large == pytest.approx(2 * small, abs=0.2)
