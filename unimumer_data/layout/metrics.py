"""The fonts: size, ink and class of every glyph, in em. Data from KaTeX, see data/LICENCE.txt."""

from __future__ import annotations

import gzip
import json
import string
from functools import lru_cache
from importlib import resources
from typing import Any


class Glyph:
    """A character of a font, in em of that font; heights are above the baseline, depths below it.

    Attributes:
        width, height, depth: the box that TeX sets; ``width`` lacks the italic correction.
        italic: italic correction: how far an upper script moves to the right.
        skew: how far an accent moves to the right.
        left, bottom, right, top: the box of the ink.
        is_char: scripts are set as at a character, whatever its height; a symbol written by hand is a box to them.
    """

    is_char = True

    __slots__ = ("bottom", "char", "depth", "font", "height", "italic", "left", "right", "skew", "top", "width")

    def __init__(self, font: str, char: str, row: list[int]) -> None:
        self.font = font
        self.char = char
        self.width, self.height, self.depth, self.italic, self.skew = [number / 1000 for number in row[:5]]
        self.left, self.bottom, self.right, self.top = [number / 1000 for number in row[5:]]

    def sizes(self, scale: float) -> tuple[float, float]:
        """Width and height of the em of the size ``scale``."""
        return scale * self.spread(scale), scale

    def spread(self, scale: float) -> float:
        """How much wider the font of this size is than the one of 10 points that our metrics come from."""
        if self.font in _ONE_SIZE:
            return 1.0
        if scale >= 1.0:
            return _SPREAD_12 if self.font in _ROMAN_FONTS or self.char in _ROMAN else 1.0
        return _SPREAD_8 if scale > 0.6 else _SPREAD_6


# Width of the digits of cmr12, cmr8 and cmr6 against cmr10's; cmmi goes with them. Symbols have no cut for 12 points.
_SPREAD_12, _SPREAD_8, _SPREAD_6 = 0.979, 1.0625, 1.222
_ONE_SIZE = frozenset(("size1", "size2", "size3", "size4", "text"))
_ROMAN_FONTS = frozenset(("math", "boldmath", "bold", "italic", "sans", "tt"))
_ROMAN = frozenset(string.ascii_letters + string.digits + "+=()[]/:;!?,.#$%&" + "ΓΔΘΛΞΠΣΥΦΨΩ")


@lru_cache(maxsize=1)
def symbols() -> dict[str, tuple[str, str, str]]:
    """Token -> font, class of atom (ord, op, bin, rel, open, close, punct, inner) and character."""
    return {token: tuple(row) for token, row in _data()["symbols"].items()}


@lru_cache(maxsize=4096)
def glyph(font: str, char: str) -> Glyph | None:
    """The glyph, or None where the font lacks it."""
    row = _data()["fonts"].get(font, {}).get(char)
    return Glyph(font, char, row) if row else None


@lru_cache(maxsize=1)
def outlines() -> dict[str, dict[str, str]]:
    """Font -> character -> SVG path, y upwards, in 1/1000 em. Not every font has outlines."""
    shapes: dict[str, dict[str, str]] = json.loads(gzip.decompress(_file("outlines.json.gz")))["fonts"]
    return shapes


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_file("glyphs.json"))
    return data


def _file(name: str) -> bytes:
    return (resources.files(__package__) / "data" / name).read_bytes()
