r"""The parse tree to glyphs with boxes, by TeX's rules, in display style at LaTeX's size 12pt. Without recursion.

Every formula of the grammar gets a layout. A command that nobody knows gets a framed name and a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from unimumer_data.latex.grammar import ACROSS, COMMANDS, GROUP, ORDINARY, VERBATIM
from unimumer_data.latex.parser import Repair, parse_tokens
from unimumer_data.latex.preamble import alignment
from unimumer_data.latex.tokens import tokenize
from unimumer_data.latex.tree import Node, Row
from unimumer_data.latex.treetext import BREAK

from . import constructions as make
from . import styles
from .boxes import Box, Mark, marks_of
from .commands import ARGUMENTS, BUILDERS, symbol
from .looks import PRINT, Font
from .styles import PARAMETERS, SAME, SUBSCRIPT, SUPERSCRIPT
from .symbols import BIG, FONTS, LIMITS, SPACES
from .tables import ALIGNED, LINES, MATRIX, SMALL, STACK, TABLES, Form, is_small


@dataclass(frozen=True, slots=True)
class Layout:
    """A formula on paper; lengths in em (12 points).

    Args:
        marks: every glyph, rule and stroke in its place.
        width, height, depth: of the whole, from its origin on the baseline.
        notes: what could not be drawn as meant.
    """

    marks: list[Mark]
    width: float
    height: float
    depth: float
    notes: list[str] = field(default_factory=list)


def layout(text: str) -> Layout:
    r"""Set a formula.

    >>> [mark.char for mark in layout(r"x^2").marks]
    ['x', '2']

    Args:
        text: LaTeX; what is broken is repaired as the tolerant parser does, and noted.
    """
    repairs: list[Repair] = []
    tokens = tokenize(text)
    formula = layout_row(parse_tokens(tokens, repairs=repairs), tokens)
    formula.notes[:0] = [repair.message for repair in repairs]
    return formula


def layout_row(row: Row, tokens: Sequence[str] = (), font: Font = PRINT) -> Layout:
    r"""Set a tree.

    Args:
        tokens: those that the nodes were read from: spaces, ``\left`` and ``\big`` are in them only. Without them the
            formula is set as if it had none.
        font: gives glyphs and distances.
    """
    setter = _Typesetter(tokens, font)
    box = setter.set(row)
    return Layout(marks_of(box), box.width, box.height, box.depth, setter.notes)


class _Typesetter:
    """Plans all rows from the outside in, then sets them from the inside out."""

    def __init__(self, tokens: Sequence[str], font: Font) -> None:
        self.tokens = tokens
        self.font = font
        self.boxes: dict[int, Box] = {}  # id of a row -> its box
        self.cells: dict[int, _Table] = {}  # id of a row with breaks -> its cells
        self.notes: list[str] = []

    def set(self, row: Row) -> Box:
        plan: list[tuple[Row, int, str]] = [(row, styles.DISPLAY, "")]
        if _has_breaks(row):
            plan += self._plan_table(row, LINES, "", styles.DISPLAY, "")
        for current, style, font in plan:
            if id(current) not in self.cells:
                for node in current:
                    if node.children:
                        plan += self._plan_children(node, style, font)
        for current, style, font in reversed(plan):
            table = self.cells.get(id(current))
            if table is None:
                self.boxes[id(current)] = self._set_row(current, style, font)
            else:
                self.boxes[id(current)] = self._set_table(table, style)
        return self.boxes[id(row)]

    # -- outside in ----------------------------------------------------------------------------------------------

    def _plan_children(self, node: Node, style: int, font: str) -> list[tuple[Row, int, str]]:
        if node.symbol in VERBATIM:
            return []
        own = ARGUMENTS.get(node.symbol, {})
        arguments = COMMANDS.get(node.symbol, ORDINARY).args
        inner_font = FONTS.get(node.symbol, font)
        plan: list[tuple[Row, int, str]] = []
        for relation, row in node.children or ():
            if relation in own or relation in arguments:
                child_style, child_font = own.get(relation, SAME)[style], inner_font
            elif relation in ("above", "below") and node.symbol not in COMMANDS:
                child_style, child_font = style, inner_font  # braces, or arguments of a command that the grammar lacks
            elif relation in ("sub", "below"):
                child_style, child_font = SUBSCRIPT[style], font
            elif relation == "sup" or (relation == "above" and node.symbol != "\\begin"):
                child_style, child_font = SUPERSCRIPT[style], font
            elif relation.startswith("begin_"):
                name = relation[6:]
                align = _align(node.child("above") or [])
                child_style = max(style, styles.SCRIPT) if is_small(name) else style
                plan.append((row, child_style, font))
                plan += self._plan_table(row, TABLES.get(name, MATRIX), align, child_style, font)
                continue
            else:
                continue
            form = STACK
            if node.symbol == "\\substack" and relation == "above":
                form = SMALL
                child_style = max(child_style, styles.SCRIPT)
            plan.append((row, child_style, child_font))
            if _has_breaks(row):
                plan += self._plan_table(row, form, "", child_style, child_font)
        return plan

    def _plan_table(self, row: Row, form: Form, align: str, style: int, font: str) -> list[tuple[Row, int, str]]:
        """The cells of a row with breaks."""
        table = _Table(form, align.replace("|", "") or form.align, [[[]]], [], _bars(align), Node("\\hline"))
        for node in row:
            if node.symbol == BREAK:
                table.rows.append([[]])
            elif node.symbol == "&":
                # as amsmath has it: a relation that begins the second column keeps its space
                table.rows[-1].append([Node(GROUP)] if form is ALIGNED else [])
            elif node.symbol in ACROSS:
                table.rules.append(len(table.rows) - 1)
            else:
                table.rows[-1][-1].append(node)
        while len(table.rows) > 1 and table.rows[-1] == [[]]:
            table.rows.pop()
        self.cells[id(row)] = table
        inner = form.style[style]
        return [(cell, inner, font) for cells in table.rows for cell in cells]

    # -- inside out ----------------------------------------------------------------------------------------------

    def _set_table(self, table: _Table, style: int) -> Box:
        form = table.form
        rows = [[self.boxes[id(cell)] for cell in cells] for cells in table.rows]
        return make.table(
            table.node, rows, table.align, form.gaps, style,
            row_skip=form.row_skip, strut=form.strut, rules=table.rules, bars=table.bars,
        )  # fmt: skip

    def _set_row(self, row: Row, style: int, font: str) -> Box:
        atoms = self._atoms(row, style, font)
        _settle_binaries(atoms)
        gap, quad = self.font.gap, PARAMETERS[style].quad
        result = Box()
        x, before = 0.0, ""
        for name, box, space in atoms:
            x += space * quad
            if before and name:
                x += gap(before, name, style)
            result.put(x, 0.0, box)
            x += box.width
            before = name or before
        result.width = x
        if len(atoms) == 1 and atoms[0][1].is_char:
            only = atoms[0][1]
            result.skew, result.italic = only.skew, 0.0
        return result

    def _atoms(self, row: Row, style: int, font: str) -> list[_Atom]:
        """Class, box and the space written before, of every node."""
        atoms: list[_Atom] = []
        stop = row[0].start if row else -1
        fences = _Fences()
        for index, node in enumerate(row):
            space = 0.0
            if self.tokens:
                space = self._between(stop, node.start, fences, atoms, style)
                stop = node.stop
            if node.symbol in _LIMITERS:
                continue
            limits = _limits_after(row, index, node.symbol in LIMITS and style < styles.TEXT)
            builder = BUILDERS.get(node.symbol, symbol)
            name, base = builder(self, node, style, font)
            box = self._with_scripts(node, row, index, base, style, limits=limits)
            atoms.append((name, box, space))
            if self.tokens and self._fence(node, fences, atoms, style):
                continue
            fences.hold(box)
        while fences.open:
            self._close(fences, atoms, style)
        return atoms

    def _with_scripts(self, node: Node, row: Row, index: int, base: Box, style: int, *, limits: bool) -> Box:
        lower, upper = self._scripts(node)
        if lower is None and upper is None and index + 1 < len(row) and row[index + 1].symbol in _LIMITERS:
            lower, upper = self._scripts(row[index + 1])
        if lower is None and upper is None:
            if base.italic:
                base.width += base.italic
            return base
        if lower is not None:
            lower = self.font.part(lower, "lower" if limits else "sub", style)
        if upper is not None:
            upper = self.font.part(upper, "upper" if limits else "sup", style)
        if limits:
            slant, base.italic, base.width = base.italic, 0.0, base.width + base.italic
            return make.with_limits(base, lower, upper, style, slant)
        return make.with_scripts(base, lower, upper, style)

    def _scripts(self, node: Node) -> tuple[Box | None, Box | None]:
        lower, upper = COMMANDS.get(node.symbol, ORDINARY).scripts
        return self.child(node, lower), self.child(node, upper)

    def child(self, node: Node, relation: str) -> Box | None:
        row = node.child(relation)
        return None if row is None else self.boxes.get(id(row))

    def argument(self, node: Node, relation: str = "above") -> Box:
        return self.child(node, relation) or Box()

    # -- what only the tokens know -------------------------------------------------------------------------------

    def _between(self, start: int, stop: int, fences: _Fences, atoms: list[_Atom], style: int) -> float:
        """The space that is written between two nodes; fences without a sign open and close there."""
        space = 0.0
        for index in range(start, stop) if start >= 0 else ():
            token = self.tokens[index]
            space += SPACES.get(token, 0.0)
            if index + 1 < stop and token == "\\left":
                fences.open.append((None, None, 0.0, 0.0))
            elif index + 1 < stop and token == "\\right" and fences.open:
                self._close(fences, atoms, style)
        return space

    def _fence(self, node: Node, fences: _Fences, atoms: list[_Atom], style: int) -> bool:
        r"""Whether the last atom is a delimiter that grows, as ``\left``, ``\right`` or ``\big`` before it says."""
        command = self.tokens[node.start - 1] if node.start > 0 else ""
        if command == "\\left":
            fences.open.append((len(atoms) - 1, node, 0.0, 0.0))
        elif command == "\\right" and fences.open:
            size = self._close(fences, atoms, style)
            self._grow(atoms, len(atoms) - 1, node, size, style, "close")
        elif command in BIG:
            self._grow(atoms, len(atoms) - 1, node, BIG[command], style, atoms[-1][0])
            return False
        else:
            return False
        return True

    def _close(self, fences: _Fences, atoms: list[_Atom], style: int) -> float:
        """Grow the innermost open delimiter around what came after it; returns its size."""
        at, node, height, depth = fences.open.pop()
        inside = Box(0.0, height, depth)
        size = make.size_around(inside, style)
        if at is not None and node is not None:
            self._grow(atoms, at, node, size, style, "open")
            inside = atoms[at][1]
        fences.hold(inside)
        return size

    def _grow(self, atoms: list[_Atom], at: int, node: Node, size: float, style: int, name: str) -> None:
        looks = self.font.look(node.symbol, "")
        if len(looks.pieces) != 1:
            return
        grown = make.delimiter(node, looks.pieces[0][0], size, style)
        lower, upper = self._scripts(node)
        if lower is not None or upper is not None:
            grown = make.with_scripts(grown, lower, upper, style)
        atoms[at] = (name, grown, atoms[at][2])


_Atom = tuple[str, Box, float]
"""Class, box and the space before it, in quads."""


class _Fences:
    """Delimiters that wait for their partners: place in the row, node, height and depth of what stands inside."""

    def __init__(self) -> None:
        self.open: list[tuple[int | None, Node | None, float, float]] = []

    def hold(self, box: Box) -> None:
        if self.open:
            at, node, height, depth = self.open[-1]
            self.open[-1] = (at, node, max(height, box.height), max(depth, box.depth))


@dataclass(slots=True)
class _Table:
    form: Form
    align: str
    rows: list[list[Row]]
    rules: list[int]
    bars: list[int]
    node: Node


_LIMITERS = ("\\limits", "\\nolimits", "\\displaylimits")


def _has_breaks(row: Row) -> bool:
    return any(node.symbol in (BREAK, "&") for node in row)


def _align(columns: Row) -> str:
    """The columns of a preamble as one letter each; insertions between them are not drawn."""
    letters = [column.symbol for column in alignment(columns) if column.symbol not in ("@", "!")]
    return "".join([letter if letter in ("l", "c", "r", "|") else "|" if letter == ":" else "c" for letter in letters])


def _bars(align: str) -> list[int]:
    """Numbers of the columns that a vertical line stands before."""
    bars, column = [], 0
    for char in align:
        if char == "|":
            bars.append(column)
        else:
            column += 1
    return bars


def _limits_after(row: Row, index: int, default: bool) -> bool:
    following = row[index + 1].symbol if index + 1 < len(row) else ""
    return following == "\\limits" or (default and following != "\\nolimits")


def _settle_binaries(atoms: list[_Atom]) -> None:
    """Rules 5 and 6: a binary sign that has nothing to join is an ordinary one."""
    before = "open"
    for index, (name, box, space) in enumerate(atoms):
        if name == "bin" and before in ("bin", "op", "rel", "open", "punct"):
            name = "ord"
            atoms[index] = (name, box, space)
        elif name in ("rel", "close", "punct") and before == "bin":
            atoms[index - 1] = ("ord", *atoms[index - 1][1:])
        before = name
    if before == "bin":
        atoms[-1] = ("ord", *atoms[-1][1:])
