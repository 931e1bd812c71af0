"""What a single token looks like in a font: its glyphs, or those of the viewer where ours lack it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from .boxes import TEXT
from .metrics import Glyph, glyph, symbols
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
