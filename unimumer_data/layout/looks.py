"""What a single token looks like in a font: its glyphs, or those of the viewer where ours lack it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from unimumer_data.latex import Node

from .boxes import TEXT, Box
from .metrics import Glyph, glyph, symbols
from .styles import PARAMETERS, SPACING
from .symbols import ALIASES, GLYPHS, RUNS


@dataclass(frozen=True, slots=True)
class Look:
    """A symbol: class, glyphs with their places, width of all; in em."""

    name: str
    pieces: tuple[tuple[Glyph, float, float], ...]
    width: float
    unknown: bool = False


@lru_cache(maxsize=8192)
def look(token: str, font: str) -> Look:
    """The glyphs that a token prints in a font, with their places."""
    token = ALIASES.get(token, token)
    if token in RUNS:
        name, parts = RUNS[token]
        pieces, x = [], 0.0
        for part, shift, rise in parts:
            piece = look(part, font).pieces[0][0]
            pieces.append((piece, x + shift, rise))
            x += shift + piece.width
        return Look(name, tuple(pieces), x)
    family, name, char = GLYPHS.get(token) or symbols().get(token) or ("", "ord", token)
    shape: Glyph | None
    if font and token.isascii() and token.isalnum() and len(token) == 1:
        family = font
        shape = next((found for f in (font, *_SIMILAR.get(font, ()), "main") if (found := glyph(f, char))), None)
    elif font in ("bold", "boldmath") and family in ("main", "math"):
        shape = glyph("boldmath" if font == "boldmath" and family == "math" else "bold", char) or glyph(family, char)
    else:
        shape = glyph(family, char)
    if shape is not None:
        return Look(name, ((shape, 0.0, 0.0),), shape.width)
    if len(char) == 1:
        wide = unicodedata.east_asian_width(char) in "WF"
        return Look(name, ((_foreign(char, 1000 if wide else 600), 0.0, 0.0),), 1.0 if wide else 0.6)
    label = token.lstrip("\\")
    return Look("ord", ((_foreign(label, 500 * max(1, len(label))), 0.0, 0.0),), 0.5 * len(label), unknown=True)


_SIMILAR = {"script": ("cal",), "ams": ("bold",), "cal": ("math",)}


def _foreign(text: str, width: int) -> Glyph:
    """What our fonts lack is drawn by the viewer's."""
    return Glyph(TEXT, text, [width, 800, 120, 0, 0, 50, -80, width - 50, 780])


def shape_of(token: str) -> Glyph:
    """The first glyph of a token in the default font."""
    return look(token, "").pieces[0][0]


class Font:
    """What the typesetter asks a font for. This one is print; a hand gives its own glyphs and distances."""

    def look(self, token: str, font: str) -> Look:
        """The glyphs of a symbol."""
        return look(token, font)

    def shape(self, token: str) -> Glyph:
        """The glyph of a delimiter."""
        return shape_of(token)

    def operator(self, token: str, *, large: bool) -> Glyph:
        """The glyph of a large operator, in the size of display style or of text."""
        char = symbols()[ALIASES.get(token, token)][2]
        size = "size2" if large else "size1"
        # no font has the closed surface integrals
        shape = glyph(size, char) or glyph("main", char) or glyph(size, _OPEN_SURFACE[char])
        assert shape is not None
        return shape

    def word(self, token: str, letters: str) -> Sequence[Glyph | None]:
        """The glyphs of a name that is set upright; None is a space."""
        return [glyph("main", char) for char in letters]

    def accent(self, char: str) -> Glyph | None:
        """The sign of an accent, in its place over a letter of the height of an x."""
        return glyph("main", char)

    def gap(self, before: str, after: str, style: int) -> float:
        """The distance between atoms of two classes, in em."""
        return SPACING[style].get((before, after), 0.0) * PARAMETERS[style].quad

    def part(self, part: Box, place: str, style: int) -> Box:
        """A script (sup, sub), limit (upper, lower) or part of a fraction (above, below) before it is set.

        A hand may move it.
        """
        return part

    def beyond(self, width: float, style: int) -> tuple[float, float]:
        """How far the line of a fraction goes beyond its parts, ``width`` em wide, at the left and the right."""
        return 0.0, 0.0

    def root(self, node: Node, width: float, hook: float, style: int) -> tuple[float, float, float]:
        """The width of a root's sign, and by how much its line begins before and ends after what it covers.

        Args:
            width: of what it covers, in em.
            hook: of the sign in print, in em; a hand may have a narrower one.
        """
        return hook, 0.0, 0.0


PRINT = Font()

_OPEN_SURFACE = {"\u222f": "\u222c", "\u2230": "\u222d"}
