r"""The parse tree to glyphs with boxes, by TeX's rules, in display style at LaTeX's size 12pt. Without recursion.

Every formula of the grammar gets a layout. A command that nobody knows gets a framed name and a note.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from unimumer_data.latex.grammar import COMMANDS, ENVIRONMENTS, GROUP, ORDINARY, Environment
from unimumer_data.latex.reader import Node, Repair, Row, parse_tokens
from unimumer_data.latex.tokens import tokenize
from unimumer_data.latex.treetext import BREAK

from . import constructions as make
from . import styles
from .boxes import LINE, TEXT, Box, Mark, beside, centered, glyph_box, marks_of, rule_box
from .metrics import Glyph, glyph, symbols
from .styles import CRAMPED, PARAMETERS, SAME, SUBSCRIPT, SUPERSCRIPT, Styles
from .symbols import (
    ACCENTS,
    ALIASES,
    ARROWS,
    BIG,
    FONTS,
    GLYPHS,
    LIMITS,
    OVER,
    RUNS,
    SPACES,
    UNDER,
    WIDE_ACCENTS,
    WORDS,
)


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
        text: LaTeX; what is broken is mended as the tolerant reader does, and noted.
    """
    repairs: list[Repair] = []
    tokens = tokenize(text)
    formula = layout_row(parse_tokens(tokens, repairs=repairs), tokens)
    formula.notes[:0] = [repair.message for repair in repairs]
    return formula


def layout_row(row: Row, tokens: Sequence[str] = ()) -> Layout:
    r"""Set a tree.

    Args:
        tokens: those that the nodes were read from: spaces, ``\left`` and ``\big`` are in them only. Without them the
            formula is set as if it had none.
    """
    setter = _Typesetter(tokens)
    box = setter.set(row)
    return Layout(marks_of(box), box.width, box.height, box.depth, setter.notes)


class _Typesetter:
    """Plans all rows from the outside in, then sets them from the inside out."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.boxes: dict[int, Box] = {}  # id of a row -> its box
        self.cells: dict[int, _Table] = {}  # id of a row with breaks -> its cells
        self.notes: list[str] = []

    def set(self, row: Row) -> Box:
        plan: list[tuple[Row, int, str]] = [(row, styles.DISPLAY, "")]
        if _has_breaks(row):
            plan += self._plan_table(row, _LINES, "", styles.DISPLAY, "")
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
        own = _ARGUMENTS.get(node.symbol, {})
        arguments = COMMANDS.get(node.symbol, ORDINARY).args
        inner_font = FONTS.get(node.symbol, font)
        plan: list[tuple[Row, int, str]] = []
        for relation, row in node.children or ():
            if relation in own or relation in arguments:
                child_style, child_font = own.get(relation, SAME)[style], inner_font
            elif node.symbol == GROUP and relation == "above":
                child_style, child_font = style, font
            elif relation in ("sub", "below"):
                child_style, child_font = SUBSCRIPT[style], font
            elif relation in ("sup", "above") and node.symbol != "\\begin":
                child_style, child_font = SUPERSCRIPT[style], font
            elif relation.startswith("begin_"):
                name = relation[6:]
                align = "".join(column.symbol for column in node.child("above") or ())
                child_style = styles.SCRIPT if name in ("smallmatrix", "subarray") and style < 4 else style
                plan.append((row, child_style, font))
                plan += self._plan_table(row, _TABLES.get(name, _MATRIX), align, child_style, font)
                continue
            else:
                continue
            plan.append((row, child_style, child_font))
            if _has_breaks(row):
                plan += self._plan_table(row, _STACK, "", child_style, child_font)
        return plan

    def _plan_table(self, row: Row, form: _Form, align: str, style: int, font: str) -> list[tuple[Row, int, str]]:
        """The cells of a row with breaks."""
        table = _Table(form, align.replace("|", "") or form.align, [[[]]], [], _bars(align), Node("\\hline"))
        for node in row:
            if node.symbol == BREAK:
                table.rows.append([[]])
            elif node.symbol == "&":
                # as amsmath has it: a relation that begins the second column keeps its space
                table.rows[-1].append([Node(GROUP)] if form is _ALIGNED else [])
            elif node.symbol == "\\hline":
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
        spacing, quad = styles.SPACING[style], PARAMETERS[style].quad
        result = Box()
        x, before = 0.0, ""
        for name, box, space in atoms:
            x += space * quad
            if before and name:
                x += spacing.get((before, name), 0.0) * quad
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
            builder = _BUILDERS.get(node.symbol)
            name, base = builder(self, node, style, font) if builder else self._symbol(node, style, font)
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
        if limits:
            slant, base.italic, base.width = base.italic, 0.0, base.width + base.italic
            return make.with_limits(base, lower, upper, style, slant)
        return make.with_scripts(base, lower, upper, style)

    def _scripts(self, node: Node) -> tuple[Box | None, Box | None]:
        lower, upper = COMMANDS.get(node.symbol, ORDINARY).scripts
        return self._child(node, lower), self._child(node, upper)

    def _child(self, node: Node, relation: str) -> Box | None:
        row = node.child(relation)
        return None if row is None else self.boxes.get(id(row))

    def _argument(self, node: Node, relation: str = "above") -> Box:
        return self._child(node, relation) or Box()

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
        look = _look(node.symbol, "")
        if len(look.pieces) != 1:
            return
        grown = make.delimiter(node, look.pieces[0][0], size, style)
        lower, upper = self._scripts(node)
        if lower is not None or upper is not None:
            grown = make.with_scripts(grown, lower, upper, style)
        atoms[at] = (name, grown, atoms[at][2])

    # -- builders: class and box of a node without its scripts ------------------------------------------------------

    def _symbol(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        look = _look(node.symbol, font)
        scale = PARAMETERS[style].scale
        if look.unknown:
            self.notes.append(f"{node.symbol!r} is unknown; its name is drawn in a frame")
            return "ord", _framed(node, glyph_box(node, look.pieces[0][0], scale), style, 0.1)
        if len(look.pieces) == 1:
            box = glyph_box(node, look.pieces[0][0], scale)
        else:
            box = Box(look.width * scale)
            for shape, x, y in look.pieces:
                box.put(x * scale, y * scale, glyph_box(node, shape, scale))
        return look.name, box

    def _operator(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        """Rule 13: a large operator, centred on the axis."""
        char = symbols()[ALIASES.get(node.symbol, node.symbol)][2]
        shape = glyph("size2" if style < styles.TEXT else "size1", char) or glyph("main", char)
        if shape is None:  # a closed surface integral: no font has it
            shape = glyph("size2" if style < styles.TEXT else "size1", _OPEN_SURFACE[char])
        assert shape is not None
        p = PARAMETERS[style]
        sign = glyph_box(node, shape, p.scale)
        # our table gives double and triple integrals the width of a single one
        box = Box(max(sign.width, shape.right * p.scale - sign.italic))
        box.put(0.0, p.axis - (sign.height - sign.depth) / 2, sign)
        box.italic = sign.italic
        return "op", box

    def _word(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        scale = PARAMETERS[style].scale
        letters = [
            glyph_box(node, shape, scale) if (shape := glyph("main", char)) else Box(scale / 6)
            for char in WORDS[node.symbol]
        ]
        box = beside(letters)
        line = _WORD_LINES.get(node.symbol)
        if line == "below" or line == "above":
            box = make.line_beside(node, box, style, below=line == "below")
        elif line is not None:
            box = make.stretched_beside(node, box, _shape(line), style, below=True)
        return ("bin" if node.symbol == "\\bmod" else "op"), box

    def _group(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        return "ord", self._argument(node)

    def _operator_group(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        return "op", self._argument(node)

    def _fraction(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        own = _FRACTION_STYLES.get(node.symbol, SAME)[style]
        return "ord", make.fraction(node, self._argument(node, "above"), self._argument(node, "below"), own)

    def _binomial(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        own = _FRACTION_STYLES.get(node.symbol, SAME)[style]
        above, below = self._argument(node, "above"), self._argument(node, "below")
        inside = make.fraction(node, above, below, own, line=False)
        p = PARAMETERS[own]
        size = p.delim1 if own < styles.TEXT else p.delim2
        ends = [make.delimiter(node, _shape(char), size, own) for char in "()"]
        return "ord", beside([ends[0], inside, ends[1]])

    def _root(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        return "ord", make.radical(node, self._argument(node), self._child(node, "below"), style)

    def _accent(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        scale = PARAMETERS[style].scale
        signs = [glyph("main", char) for char in ACCENTS[node.symbol].split()]
        sign = beside([_ink_wide(glyph_box(node, shape, scale), shape) for shape in signs if shape])
        return "ord", make.accent(self._argument(node), sign, style, below=node.symbol == "\\ubar")

    def _wide_accent(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        base = self._argument(node)
        sign = make.wide_accent(node, WIDE_ACCENTS[node.symbol], base.width, PARAMETERS[style].scale)
        return "ord", make.accent(base, sign, style, below=node.symbol == "\\utilde")

    def _beside(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        below = node.symbol in UNDER
        kind = (UNDER if below else OVER)[node.symbol]
        base = self._argument(node)
        if kind == "rule":
            return "ord", make.line_beside(node, base, style, below=below)
        shape = _shape(kind) if kind[0] == "\\" else kind
        name = "op" if kind in ("brace", "bracket") else "ord"
        return name, make.stretched_beside(node, base, shape, style, below=below)

    def _arrow(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        p = PARAMETERS[style]
        above, below = self._child(node, "above"), self._child(node, "below")
        width = max([1.0 * p.scale, *(box.width + 0.6 * p.scale for box in (above, below) if box is not None)])
        shaft = make.arrow(node, _shape(ARROWS[node.symbol]), width, p.scale)
        return "rel", make.with_limits(shaft, below, above, style)

    def _overset(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        over = node.symbol != "\\underset"
        base, script = self._argument(node, "below" if over else "above"), self._child(node, "above" if over else "below")
        row = node.child("below" if over else "above") or []
        name = _look(row[0].symbol, font).name if len(row) == 1 else "ord"
        if script is None:
            return name, base
        return name, make.with_limits(base, None if over else script, script if over else None, style)

    def _environment(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        name = next((relation[6:] for relation, _ in node.children or () if relation.startswith("begin_")), "")
        inside = self._argument(node, f"begin_{name}")
        environment = ENVIRONMENTS.get(name) or Environment(means=name)
        parts = [inside]
        size = make.size_around(inside, style)
        if environment.left:
            parts.insert(0, make.delimiter(node, _shape(environment.left), size, style))
        if environment.right:
            ends = node.child(f"end_{name}")
            parts.append(make.delimiter(ends[0] if ends else node, _shape(environment.right), size, style))
        return ("inner" if len(parts) > 1 else "ord"), beside(parts)

    def _boxed(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        return "ord", _framed(node, self._argument(node), style, 3 * styles.POINT)

    def _crossed(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        base = self._argument(node)
        box = Box(base.width)
        box.put(0.0, 0.0, base)
        for char in _STROKES[node.symbol]:
            if char == "-":
                box.put(0.0, PARAMETERS[style].axis, rule_box(node, base.width, 0.02, 0.02))
            else:
                box.put(0.0, 0.0, rule_box(node, base.width, base.height, base.depth, kind=LINE, char=char))
        return "ord", box

    def _circled(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        base, ring = self._argument(node), glyph("main", "\u25ef")
        if ring is None:
            return self._boxed(node, style, font)
        size = max(1.0, (base.total + 0.3) / (ring.height + ring.depth)) * PARAMETERS[style].scale
        circle = glyph_box(node, ring, size)
        box = Box(circle.width)
        box.put(0.0, PARAMETERS[style].axis - (circle.height - circle.depth) / 2, circle)
        box.put(centered(base, circle.width), 0.0, base)
        return "ord", box

    def _parenthesized(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        r"""``\pmod`` and ``\tag``: something in parentheses, set off."""
        scale = PARAMETERS[style].scale
        letters = [glyph_box(node, _look(char, "main").pieces[0][0], scale) for char in _OPENINGS[node.symbol]]
        closing = glyph_box(node, _shape(")"), scale)
        return "ord", beside([Box(scale), *letters, Box(scale / 6), self._argument(node), closing])

    def _nothing(self, node: Node, style: int, font: str) -> tuple[str, Box]:
        return "ord", Box()


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


_Builder = Callable[[_Typesetter, Node, int, str], tuple[str, Box]]


@dataclass(frozen=True, slots=True)
class _Form:
    """How the rows and columns of an environment are set."""

    align: str = "c"
    gaps: tuple[float, ...] = (0.0, 2 * styles.COLUMN_SEP)
    style: Styles = styles.always(styles.TEXT)
    row_skip: float = styles.BASELINE_SKIP
    strut: float = 1.0


@dataclass(slots=True)
class _Table:
    form: _Form
    align: str
    rows: list[list[Row]]
    rules: list[int]
    bars: list[int]
    node: Node


_MATRIX = _Form()
_ARRAY = _Form(gaps=(styles.COLUMN_SEP, 2 * styles.COLUMN_SEP))
_CASES = _Form(align="l", gaps=(0.0, 1.0), strut=1.2)
_ALIGNED = _Form("rl", (0.0, 0.0, 2.0), styles.always(styles.DISPLAY), styles.BASELINE_SKIP + styles.JOT)
_GATHERED = _Form("c", (0.0, 0.0), styles.always(styles.DISPLAY), styles.BASELINE_SKIP + styles.JOT)
_LINES = _Form("rl", (0.0, 0.0, 2.0), styles.always(styles.DISPLAY), styles.BASELINE_SKIP + styles.JOT)
_STACK = _Form("c", (0.0, 0.0), SAME, 1.0)
_SMALL = _Form("c", (0.0, 5 / 18), styles.always(styles.SCRIPT), 1.0)
_TABLES = {
    **dict.fromkeys("array tabular".split(), _ARRAY),
    **dict.fromkeys("cases rcases".split(), _CASES),
    "dcases": _Form("l", (0.0, 1.0), styles.always(styles.DISPLAY), strut=1.2),
    **dict.fromkeys("aligned alignedat split align align* eqnarray eqnarray*".split(), _ALIGNED),
    **dict.fromkeys("gathered gather gather* multline multline*".split(), _GATHERED),
    **dict.fromkeys("equation equation* math displaymath document".split(), _GATHERED),
    **dict.fromkeys("smallmatrix subarray".split(), _SMALL),
}
_LIMITERS = ("\\limits", "\\nolimits")
_OPEN_SURFACE = {"\u222f": "\u222c", "\u2230": "\u222d"}
_WORD_LINES = {r"\varliminf": "below", r"\varlimsup": "above", r"\varinjlim": r"\rightarrow", r"\varprojlim": r"\leftarrow"}
_STROKES = {r"\cancel": "/", r"\bcancel": "\\", r"\xcancel": "/\\", r"\sout": "-"}
_OPENINGS = {r"\pmod": "(mod", r"\tag": "("}
_FRACTION_STYLES = {
    name: styles.always(style)
    for style, names in ((styles.DISPLAY, r"\dfrac \dbinom \cfrac"), (styles.TEXT, r"\tfrac \tbinom"))
    for name in names.split()
}


def _fraction_arguments(name: str) -> dict[str, Styles]:
    own = _FRACTION_STYLES.get(name, SAME)
    return {
        "above": tuple(styles.NUMERATOR[style] for style in own),
        "below": tuple(styles.DENOMINATOR[style] for style in own),
    }


_FRACTIONS = r"\frac \cfrac \dfrac \tfrac".split()
_BINOMIALS = r"\binom \dbinom \tbinom".split()
_ARGUMENTS: dict[str, dict[str, Styles]] = {
    **{name: _fraction_arguments(name) for name in (*_FRACTIONS, *_BINOMIALS)},
    r"\sqrt": {"above": CRAMPED, "below": styles.always(styles.SCRIPTSCRIPT)},
    **dict.fromkeys(ARROWS, {"above": SUPERSCRIPT, "below": SUBSCRIPT}),
    **dict.fromkeys((r"\overset", r"\stackrel"), {"above": SUPERSCRIPT, "below": SAME}),
    r"\underset": {"below": SUBSCRIPT, "above": SAME},
    **dict.fromkeys((*ACCENTS, *WIDE_ACCENTS, r"\overline", r"\underline"), {"above": CRAMPED}),
}
"""Command -> relation -> style of the argument, where it is not the style around it."""

_BUILDERS: dict[str, _Builder] = {
    **dict.fromkeys((token for token, row in symbols().items() if row[1] == "op"), _Typesetter._operator),
    **dict.fromkeys((r"\iiiint", r"\idotsint"), _Typesetter._operator),
    **dict.fromkeys(WORDS, _Typesetter._word),
    **dict.fromkeys((GROUP, *FONTS, r"\substack", r"\vcenter", r"\smash"), _Typesetter._group),
    **dict.fromkeys((name for name, command in COMMANDS.items() if command.role == "class"), _Typesetter._group),
    **dict.fromkeys((r"\mathop", r"\operatorname", r"\operatorname*"), _Typesetter._operator_group),
    **dict.fromkeys(_FRACTIONS, _Typesetter._fraction),
    **dict.fromkeys(_BINOMIALS, _Typesetter._binomial),
    r"\sqrt": _Typesetter._root,
    **dict.fromkeys(ACCENTS, _Typesetter._accent),
    **dict.fromkeys(WIDE_ACCENTS, _Typesetter._wide_accent),
    **dict.fromkeys((*OVER, *UNDER), _Typesetter._beside),
    **dict.fromkeys(ARROWS, _Typesetter._arrow),
    **dict.fromkeys((r"\overset", r"\stackrel", r"\underset"), _Typesetter._overset),
    r"\begin": _Typesetter._environment,
    **dict.fromkeys((r"\boxed", r"\fbox", r"\enclose"), _Typesetter._boxed),
    r"\textcircled": _Typesetter._circled,
    **dict.fromkeys(_STROKES, _Typesetter._crossed),
    **dict.fromkeys((r"\pmod", r"\tag"), _Typesetter._parenthesized),
    **dict.fromkeys((r"\rule", r"\hline"), _Typesetter._nothing),
}


@dataclass(frozen=True, slots=True)
class _Look:
    """A symbol: class, glyphs with their places, width of all; in em."""

    name: str
    pieces: tuple[tuple[Glyph, float, float], ...]
    width: float
    unknown: bool = False


@lru_cache(maxsize=8192)
def _look(token: str, font: str) -> _Look:
    token = ALIASES.get(token, token)
    if token in RUNS:
        name, parts = RUNS[token]
        pieces, x = [], 0.0
        for part, shift, rise in parts:
            shape = _look(part, font).pieces[0][0]
            pieces.append((shape, x + shift, rise))
            x += shift + shape.width
        return _Look(name, tuple(pieces), x)
    family, name, char = GLYPHS.get(token) or symbols().get(token) or ("", "ord", token)
    if font and token.isascii() and token.isalnum() and len(token) == 1:
        family = font
        shape = next((found for f in (font, *_SIMILAR.get(font, ()), "main") if (found := glyph(f, char))), None)
    elif font in ("bold", "boldmath") and family in ("main", "math"):
        shape = glyph("boldmath" if font == "boldmath" and family == "math" else "bold", char) or glyph(family, char)
    else:
        shape = glyph(family, char)
    if shape is not None:
        return _Look(name, ((shape, 0.0, 0.0),), shape.width)
    if len(char) == 1:
        wide = unicodedata.east_asian_width(char) in "WF"
        return _Look(name, ((_foreign(char, 1000 if wide else 600), 0.0, 0.0),), 1.0 if wide else 0.6)
    label = token.lstrip("\\")
    return _Look("ord", ((_foreign(label, 500 * max(1, len(label))), 0.0, 0.0),), 0.5 * len(label), unknown=True)


_SIMILAR = {"script": ("cal",), "ams": ("bold",), "cal": ("math",)}


def _foreign(text: str, width: int) -> Glyph:
    """What our fonts lack is drawn by the viewer's."""
    return Glyph(TEXT, text, [width, 800, 120, 0, 0, 50, -80, width - 50, 780])


def _shape(token: str) -> Glyph:
    return _look(token, "").pieces[0][0]


def _ink_wide(box: Box, shape: Glyph) -> Box:
    """Combining characters have their ink left of their box."""
    if shape.right <= 0:
        scale = box.width / shape.width
        moved = Box(box.width)
        moved.put((shape.width - shape.left - shape.right) / 2 * scale, 0.0, box)
        return moved
    return box


def _framed(node: Node, inside: Box, style: int, gap: float) -> Box:
    line = 0.04 * PARAMETERS[style].scale
    width, height, depth = inside.width + 2 * gap, inside.height + gap, inside.depth + gap
    box = Box(width)
    box.put(gap, 0.0, inside)
    for edge in (height - line, -depth):
        box.put(0.0, edge, rule_box(node, width, line))
    for x in (0.0, width - line):
        box.put(x, 0.0, rule_box(node, line, height, depth))
    return box


def _has_breaks(row: Row) -> bool:
    return any(node.symbol in (BREAK, "&") for node in row)


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
