"""A writer's hand as a font: the typesetter asks it for glyphs and distances, and gets those of a person."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence

from unimumer_data.errors import UniMumerError
from unimumer_data.latex import Node
from unimumer_data.layout.boxes import Box
from unimumer_data.layout.looks import Font, Look, look
from unimumer_data.layout.metrics import Glyph
from unimumer_data.layout.styles import PARAMETERS

from .bank import Bank
from .collect import UNITS
from .departures import RANGES, on_line, size_of
from .measure import apex_of
from .spans import ROOT, name_of

HAND = "hand"
"""Font of the marks that a hand writes; their character is the place in `Hand.chosen`."""

BEARING = 50
"""Space on each side of a symbol, in thousandths of an em: print has about twice this between two letters."""

OVERLAP = 0.1
"""Em by which the boxes of neighbours may overlap, at most: of real ones two in a hundred overlap by more."""

TOUCH = 0.04
"""Em by which a script may overlap its base, and what is in a root its hook, at most."""

SHORTENED = 0.15
"""Share of the width of a fraction by which its bar may be too short at each end, at most."""

ROOF = 0.08
"""Share of the width of what a root covers by which its line may be too short, at most."""

_FONTS = frozenset(("", "main", "math"))  # what handwriting does not tell apart
_STANDS_FOR = {
    r"\circ": "o",
    r"\cdot": ".",
    r"\cdots": r"\ldots",
    r"\dots": r"\ldots",
    r"\mid": "|",
    r"\vert": "|",
    r"\to": r"\rightarrow",
}
_ACCENTS = {"\u02c9": r"\frac", "\u20d7": r"\rightarrow", "\u02d9": "."}

Strokes = list[list[int]]


class CannotWriteError(UniMumerError):
    """A formula that a bank cannot write; names the symbol.

    Args:
        reason: ``missing_symbol`` of the bank; ``font``, ``construction`` that handwriting has not; ``no_ink``.
    """

    def __init__(self, message: str, reason: str = "missing_symbol") -> None:
        super().__init__(message)
        self.reason = reason


class HandGlyph(Glyph):
    """A symbol as somebody wrote it.

    Args:
        script: size of this hand's scripts, against those of all people.
    """

    __slots__ = ("script",)
    is_char = False

    def __init__(self, place: int, row: list[int], script: float) -> None:
        super().__init__(HAND, str(place), row)
        self.script = script

    def sizes(self, scale: float) -> tuple[float, float]:
        """People write scripts in other sizes than print, and each other's."""
        size = size_of(scale) * (1.0 if on_line(scale) else self.script)
        return size, size


class Hand(Font):
    """The hand of one writer, for one formula.

    Args:
        chosen: the symbols that were asked for: name and strokes.
        borrowed: name -> writer and distance, where the writer has no such symbol.
        roots: identity of a node of the tree -> strokes of its root sign, and width of its hook in em.
    """

    def __init__(self, bank: Bank, writer: str, rng: random.Random) -> None:
        self.bank, self.writer, self.rng = bank, writer, rng
        self.chosen: list[tuple[str, Strokes]] = []
        self.borrowed: dict[str, tuple[str, float]] = {}
        self.roots: dict[int, tuple[Strokes, float]] = {}
        self._spacing = self.draw("spacing")
        self._script = math.exp(self.draw("script"))

    def draw(self, name: str) -> float:
        """A departure of this writer from print."""
        return RANGES[name].draw(self.rng, self.bank.mean(name, self.writer))

    def strokes(self, name: str) -> Strokes:
        """One of the writer's symbols of that name, or of the nearest writer's.

        Raises:
            CannotWriteError: nobody in the bank has it.
        """
        if name not in self.bank.symbols:
            raise CannotWriteError(f"{name}: not in the bank {self.bank.path}; add ink that has it, or leave it out")
        variants, writer, distance = self.bank.variants(name, self.writer)
        if writer != self.writer:
            self.borrowed[name] = (writer, distance)
        found: Strokes = json.loads(variants[self.rng.randrange(len(variants))])
        return found

    # -- what the typesetter asks for ----------------------------------------------------------------------------

    def look(self, token: str, font: str) -> Look:
        """A symbol of the bank; what it has no own name for stands where print has it."""
        printed = look(token, font)
        if font not in _FONTS:
            said = f"{token} in the font {font!r}: handwriting has none; leave the font out"
            raise CannotWriteError(said, "font")
        name = name_of(token)
        stand_in = "" if name in self.bank.symbols else _STANDS_FOR.get(name, "")
        strokes = self.strokes(stand_in or name)
        glyph = self._glyph(name, strokes)
        if stand_in:
            shape, _, rise = printed.pieces[0]
            glyph = self._moved(name, strokes, (shape.top + shape.bottom) / 2 + rise)
        return Look(printed.name, ((glyph, 0.0, 0.0),), glyph.width)

    def shape(self, token: str) -> Glyph:
        """A delimiter."""
        return self.look(token, "").pieces[0][0]

    def operator(self, token: str, *, large: bool) -> Glyph:
        """An operator, in the one size that people have."""
        name = name_of(token)
        return self._glyph(name, self.strokes(name))

    def word(self, token: str, letters: str) -> Sequence[Glyph | None]:
        """A name in one piece where the bank has it, else its letters."""
        name = name_of(token)
        if name in self.bank.symbols:
            return [self._glyph(name, self.strokes(name))]
        return [None if char == " " else self.shape(char) for char in letters]

    def accent(self, char: str) -> Glyph | None:
        """A bar, an arrow or a dot, as large as in print."""
        name = _ACCENTS.get(char)
        printed = super().accent(char)
        if name is None or printed is None:
            raise CannotWriteError(f"the accent {char!r}: not in the bank {self.bank.path}; leave it out")
        if name not in self.bank.symbols:
            name = "-"
        strokes = self.strokes(name)
        self.chosen.append((name, strokes))
        sides = (
            printed.width,
            printed.height,
            printed.depth,
            0,
            0,
            printed.left,
            printed.bottom,
            printed.right,
            printed.top,
        )
        return HandGlyph(len(self.chosen) - 1, [round(UNITS * side) for side in sides], self._script)

    def gap(self, before: str, after: str, style: int) -> float:
        """The distance of print, and what this writer and chance add."""
        size = size_of(PARAMETERS[style].scale)
        gap = super().gap(before, after, style) + size * (self._spacing + RANGES["gap"].draw(self.rng))
        return max(gap, -size * (2 * BEARING / UNITS + OVERLAP))

    def part(self, part: Box, place: str, style: int) -> Box:
        """A part, somewhat higher or lower; a script also nearer or further."""
        size = size_of(PARAMETERS[style].scale)
        rise = size * self.draw(place)
        reach = size * max(-TOUCH, self.draw("reach")) if place in ("sup", "sub") else 0.0
        moved = Box(part.width + reach, part.height + rise, part.depth - rise)
        moved.parts.append((reach, rise, part))
        return moved

    def beyond(self, width: float, style: int) -> tuple[float, float]:
        """A bar that is somewhat too long or too short at each end."""
        size, shortest = size_of(PARAMETERS[style].scale), -SHORTENED * width
        return max(shortest, size * self.draw("left")), max(shortest, size * self.draw("right"))

    def root(self, node: Node, width: float, hook: float, style: int) -> tuple[float, float, float]:
        """A root with a hook of its writer's, some space in it, and a line that goes somewhat beyond."""
        size = size_of(PARAMETERS[style].scale)
        strokes = self.strokes(ROOT)
        apex = apex_of(strokes)
        assert apex is not None  # a bank has whole roots only
        hook = min(hook, size * apex / UNITS)
        self.roots[id(node)] = strokes, hook
        before = size * (max(-TOUCH, self.draw("hook")) - BEARING / UNITS)
        after = max(-ROOF * width, size * (self.draw("roof") - BEARING / UNITS))
        return hook, before, after

    # -- glyphs --------------------------------------------------------------------------------------------------

    def _moved(self, name: str, strokes: Strokes, middle: float) -> Glyph:
        """The glyph with its middle at that height, in em."""
        ys = [y for stroke in strokes for y in stroke[1::2]]
        shift = round(-middle * UNITS - (min(ys) + max(ys)) / 2)
        moved = [[value + shift if i % 2 else value for i, value in enumerate(stroke)] for stroke in strokes]
        self.chosen.pop()
        return self._glyph(name, moved)

    def _glyph(self, name: str, strokes: Strokes) -> Glyph:
        """A glyph that looks like the strokes."""
        self.chosen.append((name, strokes))
        right = max([max(stroke[::2]) for stroke in strokes])
        ys = [(min(stroke[1::2]), max(stroke[1::2])) for stroke in strokes]
        top, bottom = -min([low for low, _ in ys]), -max([high for _, high in ys])
        sides = [right + 2 * BEARING, max(0, top), max(0, -bottom), 0, 0, BEARING, bottom, BEARING + right, top]
        return HandGlyph(len(self.chosen) - 1, sides, self._script)
