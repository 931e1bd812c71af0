"""The formulas of a page, ready to be drawn: every outline once, every formula once, as whole numbers.

``assets/page.js`` makes one ``<svg>`` of each formula that it shows; nothing is left to the fonts of the browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from unimumer_data.latex import Repair, parse_tokens
from unimumer_data.layout import Layout, Mark, extent, layout_row, outline
from unimumer_data.layout.boxes import LINE, RULE

UNIT = 100
"""Units per em of places and sizes; outlines have 1000."""
_RULE, _RISING, _FALLING, _WORDS = -1, -2, -3, -4


@dataclass(slots=True)
class Drawings:
    """Numbers the formulas and what they are made of, in the order in which they come.

    Args:
        paths: outlines, SVG -> their numbers.
        kinds: (number of the outline, stretched to x, to y, bold or not) -> their numbers.
        words: texts that have no outline -> their numbers.
        formulas: of each, ``[left, top, width, height]`` and then its marks: ``kind, x, y, token`` where an outline
            is drawn at (x, y), or a negative kind with ``x, y, token, width, height`` where none is: -1 a rule, -2
            and -3 strokes that rise and fall, -4 words, followed by their number in ``words``. y points downwards;
            ``token`` is the number of the token that the mark stands for.
        notes: number of a formula -> what could not be drawn as meant.
        size: about how many bytes the formulas take in the page.
    """

    paths: dict[str, int] = field(default_factory=dict)
    kinds: dict[tuple[int, float, float, int], int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    formulas: list[list[int]] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)
    size: int = 0
    _known: dict[tuple[str, ...], int] = field(default_factory=dict)

    def add(self, tokens: Sequence[str]) -> int | None:
        """Draw a formula unless that was done before.

        Returns:
            its number; None where nothing of it prints.
        """
        key = tuple(tokens)
        if key not in self._known:
            repairs: list[Repair] = []
            formula = layout_row(parse_tokens(key, repairs=repairs), key)
            if not formula.marks:
                return None
            self._known[key] = len(self.formulas)
            if notes := [*(repair.message for repair in repairs), *formula.notes]:
                self.notes[len(self.formulas)] = "; ".join(notes)
            numbers = self._numbers(formula)
            self.formulas.append(numbers)
            self.size += len(str(numbers)) - len(numbers) + 1  # the page has no blanks
        return self._known[key]

    def data(self) -> dict[str, Any]:
        """What the page reads."""
        return {
            "paths": list(self.paths),
            "kinds": list(self.kinds),
            "words": list(self.words),
            "formulas": self.formulas,
            "notes": self.notes,
        }

    def _numbers(self, formula: Layout) -> list[int]:
        left, top, right, bottom = extent(formula)
        numbers = [*map(_units, (left, top, right - left, bottom - top))]
        for mark in formula.marks:
            numbers += self._mark(mark)
        return numbers

    def _mark(self, mark: Mark) -> list[int]:
        shape = outline(mark)
        if shape is not None:
            path = _number(self.paths, shape.path)
            kind = (path, round(mark.scale_x, 3), round(mark.scale_y, 3), int(shape.heavy))
            return [_number(self.kinds, kind), *_place(mark.x, mark.y, mark)]
        size = [_units(mark.right - mark.left), _units(mark.bottom - mark.top)]
        if mark.font == RULE:
            return [_RULE, *_place(mark.left, mark.top, mark), *size]
        if mark.font == LINE:
            return [_RISING if mark.char == "/" else _FALLING, *_place(mark.left, mark.top, mark), *size]
        size[1] = _units(mark.scale_y)
        return [_WORDS, *_place(mark.left, mark.y, mark), *size, _number(self.words, mark.char)]


def _number(numbers: dict[Any, int], item: Any) -> int:
    """The number of ``item``: the next one if it is new."""
    return numbers.setdefault(item, len(numbers))


def _place(x: float, y: float, mark: Mark) -> tuple[int, int, int]:
    return _units(x), _units(y), mark.node.start


def _units(length: float) -> int:
    return round(UNIT * length)
