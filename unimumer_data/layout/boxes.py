"""Boxes as TeX has them: width, height above and depth below a baseline, and what is inside. Lengths in em, y up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from unimumer_data.latex.tree import Node

from .metrics import Glyph

RULE = "rule"
"""Font of an ink that is a filled rectangle."""
LINE = "line"
"""Font of an ink that is a stroke from the lower left of its box to the upper right ("/") or as "\\" says."""
TEXT = "text"
"""Font of an ink whose glyph is not in our fonts."""


class Ink:
    """One glyph, rule or stroke. The edges are those of the ink, measured from the ink's own origin."""

    __slots__ = ("bottom", "char", "font", "left", "node", "right", "scale_x", "scale_y", "top")

    def __init__(
        self, node: Node, font: str, char: str, scales: tuple[float, float], edges: tuple[float, float, float, float]
    ) -> None:
        self.node = node
        self.font = font
        self.char = char
        self.scale_x, self.scale_y = scales
        self.left, self.bottom, self.right, self.top = edges


class Box:
    """A box; ``italic`` and ``skew`` are those of the character, if it is one."""

    __slots__ = ("depth", "height", "is_char", "italic", "parts", "skew", "width")

    def __init__(self, width: float = 0.0, height: float = 0.0, depth: float = 0.0) -> None:
        self.width = width
        self.height = height
        self.depth = depth
        self.italic = 0.0
        self.skew = 0.0
        self.is_char = False
        self.parts: list[tuple[float, float, Box | Ink]] = []

    def put(self, x: float, y: float, part: Box) -> None:
        """Place ``part`` at (x, y) and grow to hold its height and depth."""
        self.parts.append((x, y, part))
        self.height = max(self.height, part.height + y)
        self.depth = max(self.depth, part.depth - y)

    @property
    def total(self) -> float:
        return self.height + self.depth


class Mark(NamedTuple):
    """One ink in its place: origin and edges in em, y downwards from the baseline of the formula."""

    node: Node
    font: str
    char: str
    scale_x: float
    scale_y: float
    x: float
    y: float
    left: float
    top: float
    right: float
    bottom: float


def glyph_box(node: Node, glyph: Glyph, scale: float, stretch: float = 1.0) -> Box:
    """A character, ``stretch`` times as high as it is; as wide as the font of that size has it."""
    wide, high = glyph.sizes(scale)
    high *= stretch
    box = Box(glyph.width * wide, glyph.height * high, glyph.depth * high)
    box.italic, box.skew, box.is_char = glyph.italic * wide, glyph.skew * wide, glyph.is_char
    edges = (glyph.left * wide, glyph.bottom * high, glyph.right * wide, glyph.top * high)
    box.parts.append((0.0, 0.0, Ink(node, glyph.font, glyph.char, (wide, high), edges)))
    return box


def rule_box(node: Node, width: float, height: float, depth: float = 0.0, *, kind: str = RULE, char: str = "") -> Box:
    """A box that is all ink: a rule, or a frame of ``kind`` in place of the glyph ``char``; in em."""
    box = Box(width, height, depth)
    box.parts.append((0.0, 0.0, Ink(node, kind, char, (1.0, 1.0), (0.0, -depth, width, height))))
    return box


def beside(boxes: Iterable[Box]) -> Box:
    """Boxes from left to right on one baseline."""
    row = Box()
    for box in boxes:
        row.put(row.width, 0.0, box)
        row.width += box.width
    return row


def centered(box: Box, width: float) -> float:
    """Where ``box`` begins if it is centred in ``width``."""
    return (width - box.width) / 2


def marks_of(box: Box) -> list[Mark]:
    """All inks of a box in the order of placing."""
    marks: list[Mark] = []
    work: list[tuple[float, float, Box | Ink]] = [(0.0, 0.0, box)]
    while work:
        x, y, part = work.pop()
        if isinstance(part, Box):
            work.extend([(x + dx, y + dy, inner) for dx, dy, inner in reversed(part.parts)])
        else:
            edges = (x + part.left, -y - part.top, x + part.right, -y - part.bottom)
            marks.append(Mark(part.node, part.font, part.char, part.scale_x, part.scale_y, x, -y, *edges))
    return marks
