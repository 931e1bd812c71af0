"""From a LaTeX tree to strokes on paper, for `make_sample.py`. Plain rules of thumb: legible, not typography."""

from __future__ import annotations

from dataclasses import dataclass

from glyphs import ACCENTS, AXIS, CAP_HEIGHT, FUNCTIONS, X_HEIGHT, Stroke, smooth, strokes_of

from unimumer_data.latex import Node, Row

SCRIPT = 0.62  # size of a script to its base
SMALLEST = 0.42
OPENING = {"(": ")", "[": "]", r"\{": r"\}"}
FENCES = {
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "vmatrix": ("|", "|"),
    "matrix": ("", ""),
    "cases": (r"\{", ""),
}
STACKED = {r"\sum": 1.6, r"\prod": 1.5, r"\lim": 1.0, r"\max": 1.0}  # limits below and above; size of the sign
AIRY = {
    "+",
    "-",
    "=",
    "<",
    ">",
    r"\leq",
    r"\geq",
    r"\neq",
    r"\pm",
    r"\times",
    r"\div",
    r"\rightarrow",
    r"\in",
    r"\cdot",
}
GAP = 4.0  # between symbols of size 1


@dataclass
class Mark:
    """One handwritten symbol: its label and its strokes."""

    label: str
    strokes: list[Stroke]


class Box:
    """Marks and the rectangle that they fill; y = 0 is the line of writing."""

    def __init__(self, marks: list[Mark]) -> None:
        self.marks = marks
        points = [point for mark in marks for stroke in mark.strokes for point in stroke] or [(0.0, 0.0)]
        self.left, self.right = min(x for x, _ in points), max(x for x, _ in points)
        self.top, self.bottom = min(y for _, y in points), max(y for _, y in points)

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def at(self, left: float, dy: float = 0.0) -> Box:
        """Moved so that it begins at ``left``, and down by ``dy``."""
        return self.scaled(1.0, 1.0, left - self.left, dy)

    def scaled(self, by_x: float, by_y: float, dx: float = 0.0, dy: float = 0.0) -> Box:
        moved = [
            Mark(mark.label, [[(x * by_x + dx, y * by_y + dy) for x, y in stroke] for stroke in mark.strokes])
            for mark in self.marks
        ]
        return Box(moved)

    def __add__(self, other: Box) -> Box:
        return Box(self.marks + other.marks)


class Layout:
    """Lays out the tree of one expression in one writer's hand.

    Args:
        letters: Hershey font of the small letters.
        spacing: of symbols, to the usual one.
    """

    def __init__(self, letters: str, spacing: float = 1.0) -> None:
        self.letters, self.gap = letters, GAP * spacing

    def row(self, row: Row, size: float = 1.0) -> Box:
        """Nodes side by side; parentheses as high as what they enclose."""
        row = _without_limits(row)
        boxes = [self._body(node, size) for node in row]
        self._stretch_fences(row, boxes, size)
        line, cursor, before = Box([]), 0.0, ""
        for node, body in zip(row, boxes, strict=True):
            box = self._with_scripts(node, body, size)
            air = 2.0 if node.symbol in AIRY or before in AIRY or before in FUNCTIONS else 1.0
            box = box.at(cursor + air * self.gap * size if before else 0.0)
            line, cursor, before = line + box, box.right, node.symbol
        return line

    def _body(self, node: Node, size: float) -> Box:
        """A node without its scripts."""
        symbol = node.symbol
        if symbol == r"\frac":
            return self._fraction(node, size)
        if symbol == r"\sqrt":
            return self._root(node, size)
        if symbol in ACCENTS:
            return self._accent(node, size)
        if symbol == r"\begin":
            return self._environment(node, size)
        if symbol in FUNCTIONS:
            return self._word(symbol, size)
        box = self._glyph(symbol, size * STACKED.get(symbol, 1.0))
        return box.scaled(1, 1, dy=AXIS * size - (box.top + box.bottom) / 2) if symbol in STACKED else box

    def _glyph(self, symbol: str, size: float) -> Box:
        return Box([Mark(symbol, strokes_of(symbol, self.letters))]).scaled(size, size)

    def _word(self, symbol: str, size: float) -> Box:
        word, cursor = Box([]), 0.0
        for letter in symbol[1:]:
            box = self._glyph(letter, size).at(cursor)
            word, cursor = word + box, box.right + 0.7 * self.gap * size
        return Box([Mark(symbol, [stroke for mark in word.marks for stroke in mark.strokes])])

    def _with_scripts(self, node: Node, body: Box, size: float) -> Box:
        below = node.child("sub") or (node.child("below") if node.symbol not in (r"\frac", r"\sqrt") else None)
        above = node.child("sup") or (
            node.child("above") if node.symbol in STACKED or node.symbol == r"\int" else None
        )
        smaller = max(SMALLEST, size * SCRIPT)
        room = 0.5 * self.gap * size
        result = body
        centre = (body.left + body.right) / 2
        if below:
            box = self.row(below, smaller)
            if node.symbol in STACKED:
                result += box.at(centre - box.width / 2, body.bottom + 1.4 * room - box.top)
            else:
                dy = max(0.35 * X_HEIGHT * size, body.bottom - 0.1 * CAP_HEIGHT * size) - AXIS / 2 * smaller
                result += box.at(body.right - (0.15 * body.width if node.symbol == r"\int" else -room), dy)
        if above:
            box = self.row(above, smaller)
            if node.symbol in STACKED:
                result += box.at(centre - box.width / 2, body.top - 1.4 * room - box.bottom)
            else:
                base = min(body.top, -X_HEIGHT * size)
                result += box.at(body.right + room, base + 0.35 * CAP_HEIGHT * smaller)
        return result

    def _fraction(self, node: Node, size: float) -> Box:
        above, below = (self.row(node.child(side) or [], 0.9 * size) for side in ("above", "below"))
        width = max(above.width, below.width) + 2 * self.gap * size
        axis, room = AXIS * size, 4.5 * size
        bar = Box([Mark("-", [smooth([(0, axis), (width / 2, axis - 0.3), (width, axis)])])])
        upper = above.at((width - above.width) / 2, axis - room - above.bottom)
        return upper + bar + below.at((width - below.width) / 2, axis + room - below.top)

    def _root(self, node: Node, size: float) -> Box:
        inner = self.row(node.child("above") or [], size)
        top, bottom = min(inner.top, -X_HEIGHT * size) - 5 * size, max(inner.bottom, 0.0) + 1.5 * size
        hook = 9 * size
        inner = inner.at(hook + 2 * size)
        sign = [
            (0.0, -8 * size),
            (2.5 * size, -10 * size),
            (5 * size, bottom),
            (hook, top),
            (inner.right + 3 * size, top),
        ]
        root = Box([Mark(r"\sqrt", [sign])])
        degree = node.child("below")
        if degree:
            box = self.row(degree, max(SMALLEST, size * 0.55))
            root = box.at(-0.3 * box.width, -13 * size - box.bottom) + root
        return root + inner

    def _accent(self, node: Node, size: float) -> Box:
        inner = self.row(node.child("above") or [], size)
        width = inner.width if node.symbol in (r"\overline", r"\bar") else max(8 * size, 0.6 * inner.width)
        sign = Box([Mark(node.symbol, [smooth(stroke) for stroke in ACCENTS[node.symbol]])])
        sign = sign.scaled(width / 10, size)
        return inner + sign.at((inner.left + inner.right - sign.width) / 2, inner.top - 3.5 * size)

    def _environment(self, node: Node, size: float) -> Box:
        (relation, row), *_ = node.children or []
        name = relation.removeprefix("begin_")
        cells = [[self.row(cell, 0.95 * size) for cell in line] for line in _cells(row)]
        columns = [max(line[i].width if i < len(line) else 0 for line in cells) for i in range(max(map(len, cells)))]
        grid, y = Box([]), 0.0
        for line in cells:
            top, bottom = min(cell.top for cell in line), max(cell.bottom for cell in line)
            y, x = y - min(top, -CAP_HEIGHT * size * 0.8), 0.0
            for cell, width in zip(line, columns, strict=False):
                grid += cell.at(x if name == "cases" else x + (width - cell.width) / 2, y)
                x += width + 4 * self.gap * size
            y += max(bottom, 0) + 9 * size
        grid = grid.scaled(1, 1, dy=AXIS * size - (grid.top + grid.bottom) / 2)
        opening, closing = FENCES[name]
        room = self.gap * size
        result = grid
        if opening:
            fence = self._fence(opening, grid, size)
            result = fence.at(grid.left - room - fence.width) + result
        if closing:
            result += self._fence(closing, grid, size).at(grid.right + room)
        return result

    def _fence(self, symbol: str, inner: Box, size: float) -> Box:
        """A delimiter at least as high as ``inner``."""
        fence = self._glyph(symbol, size)
        top, bottom = min(fence.top, inner.top - size), max(fence.bottom, inner.bottom + size)
        stretch = (bottom - top) / fence.height
        return fence.scaled(min(stretch, 1.3), stretch, dy=top - fence.top * stretch)

    def _stretch_fences(self, row: Row, boxes: list[Box], size: float) -> None:
        open_at: list[int] = []
        for index, node in enumerate(row):
            if node.symbol in OPENING:
                open_at.append(index)
            elif open_at and node.symbol == OPENING[row[open_at[-1]].symbol]:
                start = open_at.pop()
                inner = Box([mark for box in boxes[start + 1 : index] for mark in box.marks])
                for place in (start, index):
                    boxes[place] = self._fence(row[place].symbol, inner, size)


def _without_limits(row: Row) -> Row:
    r"""The scripts of a `\limits` given to the sign before it."""
    signs: Row = []
    for node in row:
        if node.symbol == r"\limits" and signs:
            signs[-1] = Node(signs[-1].symbol, children=node.children)
        else:
            signs.append(node)
    return signs


def _cells(row: Row) -> list[list[Row]]:
    """The rows of an environment, each a list of cells."""
    lines: list[list[Row]] = [[[]]]
    for node in row:
        if node.symbol == r"\\":
            lines.append([[]])
        elif node.symbol == "&":
            lines[-1].append([])
        else:
            lines[-1][-1].append(node)
    return lines
