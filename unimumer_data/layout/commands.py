"""What each command makes of its arguments: class of atom and box, without the scripts. The tables are at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from unimumer_data.latex.grammar import (
    ACROSS,
    COMMANDS,
    ENVIRONMENTS,
    EXPRESSIONS,
    FENCES,
    GROUP,
    NUMBERED,
    REGISTERS,
    Environment,
)
from unimumer_data.latex.lengths import in_em
from unimumer_data.latex.tree import Node

from . import constructions as make
from . import styles
from .boxes import LINE, Box, beside, centered, glyph_box, rule_box
from .looks import Font, look, shape_of
from .metrics import Glyph, glyph, symbols
from .styles import CRAMPED, PARAMETERS, SAME, SUBSCRIPT, SUPERSCRIPT, Styles
from .symbols import ACCENTS, ARROWS, FONTS, OVER, UNDER, WIDE_ACCENTS, WORDS

Nucleus = tuple[str, Box]
"""Class of atom (ord, op, bin, rel, open, close, punct, inner) and box."""


class Setter(Protocol):
    """What a builder may ask the typesetter for."""

    notes: list[str]
    font: Font

    def child(self, node: Node, relation: str) -> Box | None:
        """The box of the row that hangs on ``node`` by ``relation``."""

    def argument(self, node: Node, relation: str = "above") -> Box:
        """The same; an empty box where there is none."""


Builder = Callable[[Setter, Node, int, str], Nucleus]


def symbol(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    """Set a symbol; one that is not known is drawn as its name in a frame, with a note."""
    looks = setter.font.look(node.symbol, font)
    scale = PARAMETERS[style].scale
    if looks.unknown:
        setter.notes.append(f"{node.symbol!r} is unknown; its name is drawn in a frame")
        name = _framed(node, glyph_box(node, looks.pieces[0][0], scale), style, 0.1)
        return "ord", beside([name, setter.argument(node, "above"), setter.argument(node, "below")])
    if len(looks.pieces) == 1:
        box = glyph_box(node, looks.pieces[0][0], scale)
    else:
        box = Box(looks.width * scale)
        for shape, x, y in looks.pieces:
            box.put(x * scale, y * scale, glyph_box(node, shape, scale))
    return looks.name, box


def _operator(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    """Rule 13: a large operator, centred on the axis."""
    shape = setter.font.operator(node.symbol, large=style < styles.TEXT)
    p = PARAMETERS[style]
    sign = glyph_box(node, shape, p.scale)
    # our table gives double and triple integrals the width of a single one
    box = Box(max(sign.width, shape.right * p.scale - sign.italic))
    box.put(0.0, p.axis - (sign.height - sign.depth) / 2, sign)
    box.italic = sign.italic
    return "op", box


def _word(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    scale = PARAMETERS[style].scale
    letters = setter.font.word(node.symbol, WORDS[node.symbol])
    box = beside(glyph_box(node, shape, scale) if shape else Box(scale / 6) for shape in letters)
    line = _WORD_LINES.get(node.symbol)
    if line == "below" or line == "above":
        box = make.line_beside(node, box, style, below=line == "below")
    elif line is not None:
        box = make.stretched_beside(node, box, shape_of(line), style, below=True)
    return ("bin" if node.symbol == "\\bmod" else "op"), box


def _group(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    return "ord", setter.argument(node)


def _operator_group(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    return "op", setter.argument(node)


def _fraction(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    own = _FRACTION_STYLES.get(node.symbol, SAME)[style]
    above, below = (setter.font.part(setter.argument(node, place), place, own) for place in ("above", "below"))
    beyond = setter.font.beyond(max(above.width, below.width), own)
    return "ord", make.fraction(node, above, below, own, beyond=beyond)


def _binomial(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    own = _FRACTION_STYLES.get(node.symbol, SAME)[style]
    above, below = setter.argument(node, "above"), setter.argument(node, "below")
    inside = make.fraction(node, above, below, own, line=False)
    p = PARAMETERS[own]
    size = p.delim1 if own < styles.TEXT else p.delim2
    ends = [make.delimiter(node, setter.font.shape(char), size, own) for char in "()"]
    return "ord", beside([ends[0], inside, ends[1]])


def _root(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    return "ord", make.radical(node, setter.argument(node), setter.child(node, "below"), style, setter.font)


def _accent(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    scale = PARAMETERS[style].scale
    signs = [setter.font.accent(char) for char in ACCENTS[node.symbol].split()]
    sign = beside([_ink_wide(glyph_box(node, shape, scale), shape) for shape in signs if shape])
    return "ord", make.accent(setter.argument(node), sign, style, below=node.symbol == "\\ubar")


def _wide_accent(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    base = setter.argument(node)
    sign = make.wide_accent(node, WIDE_ACCENTS[node.symbol], base.width, PARAMETERS[style].scale)
    return "ord", make.accent(base, sign, style, below=node.symbol == "\\utilde")


def _beside(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    below = node.symbol in UNDER
    kind = (UNDER if below else OVER)[node.symbol]
    base = setter.argument(node)
    if kind == "rule":
        return "ord", make.line_beside(node, base, style, below=below)
    shape = shape_of(kind) if kind[0] == "\\" else kind
    name = "op" if kind in ("brace", "bracket") else "ord"
    return name, make.stretched_beside(node, base, shape, style, below=below)


def _arrow(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    p = PARAMETERS[style]
    above, below = setter.child(node, "above"), setter.child(node, "below")
    width = max([1.0 * p.scale, *(box.width + 0.6 * p.scale for box in (above, below) if box is not None)])
    shaft = make.arrow(node, shape_of(ARROWS[node.symbol]), width, p.scale)
    return "rel", make.with_limits(shaft, below, above, style)


def _overset(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    over = node.symbol != "\\underset"
    main, small = ("below", "above") if over else ("above", "below")
    base, script, row = setter.argument(node, main), setter.child(node, small), node.child(main) or []
    name = look(row[0].symbol, font).name if len(row) == 1 else "ord"
    if script is None:
        return name, base
    return name, make.with_limits(base, None if over else script, script if over else None, style)


def _environment(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    name = next((relation[6:] for relation, _ in node.children or () if relation.startswith("begin_")), "")
    inside = setter.argument(node, f"begin_{name}")
    environment = ENVIRONMENTS.get(name) or Environment(means=name)
    parts = [inside]
    size = make.size_around(inside, style)
    if environment.left:
        parts.insert(0, make.delimiter(node, setter.font.shape(environment.left), size, style))
    if environment.right:
        ends = node.child(f"end_{name}")
        parts.append(make.delimiter(ends[0] if ends else node, setter.font.shape(environment.right), size, style))
    return ("inner" if len(parts) > 1 else "ord"), beside(parts)


def _boxed(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    return "ord", _framed(node, setter.argument(node), style, 3 * styles.POINT)


def _crossed(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    base = setter.argument(node)
    box = Box(base.width)
    box.put(0.0, 0.0, base)
    for char in _STROKES[node.symbol]:
        if char == "-":
            box.put(0.0, PARAMETERS[style].axis, rule_box(node, base.width, 0.02, 0.02))
        else:
            box.put(0.0, 0.0, rule_box(node, base.width, base.height, base.depth, kind=LINE, char=char))
    return "ord", box


def _circled(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    base, ring = setter.argument(node), glyph("main", "\u25ef")
    if ring is None:
        return _boxed(setter, node, style, font)
    size = max(1.0, (base.total + 0.3) / (ring.height + ring.depth)) * PARAMETERS[style].scale
    circle = glyph_box(node, ring, size)
    box = Box(circle.width)
    box.put(0.0, PARAMETERS[style].axis - (circle.height - circle.depth) / 2, circle)
    box.put(centered(base, circle.width), 0.0, base)
    return "ord", box


def _parenthesized(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    r"""``\pmod`` and ``\tag``: something in parentheses, set off."""
    scale = PARAMETERS[style].scale
    letters = [glyph_box(node, setter.font.look(char, "main").pieces[0][0], scale) for char in _OPENINGS[node.symbol]]
    closing = glyph_box(node, setter.font.shape(")"), scale)
    return "ord", beside([Box(scale), *letters, Box(scale / 6), setter.argument(node), closing])


def _fenced(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    r"""``\braket``: delimiters in the size of the text; ``\Braket``: as high as what they hold."""
    inside, command = setter.argument(node), COMMANDS[node.symbol]
    size = make.size_around(inside, style) if node.symbol[1].isupper() else 0.0
    left, right = (
        make.delimiter(node, setter.font.shape(char), size, style) for char in (command.left, command.right)
    )
    return "ord", beside([left, inside, right])


def _rule(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    r"""``\rule``: a box of ink; a length that we cannot compute is one em."""
    sides = [in_em([part.symbol for part in node.child(relation) or ()]) for relation in ("above", "below")]
    width, height = (1.0 if side is None else abs(side) for side in sides)
    return "ord", rule_box(node, width, height)


def _leader(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    r"""``\vline``, and what fills a line, which has no width of its own here."""
    if node.symbol == "\\vline":
        return "ord", rule_box(node, 0.033, 0.7, 0.3)
    return "ord", rule_box(node, 1.0, 0.04)


def _nothing(setter: Setter, node: Node, style: int, font: str) -> Nucleus:
    return "ord", Box()


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


_WORD_LINES = {
    r"\varliminf": "below",
    r"\varlimsup": "above",
    r"\varinjlim": r"\rightarrow",
    r"\varprojlim": r"\leftarrow",
}
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
ARGUMENTS: dict[str, dict[str, Styles]] = {
    **{name: _fraction_arguments(name) for name in (*_FRACTIONS, *_BINOMIALS)},
    r"\sqrt": {"above": CRAMPED, "below": styles.always(styles.SCRIPTSCRIPT)},
    **{name: {"above": SUPERSCRIPT, "below": SUBSCRIPT} for name in ARROWS},
    **{name: {"above": SUPERSCRIPT, "below": SAME} for name in (r"\overset", r"\stackrel")},
    r"\underset": {"below": SUBSCRIPT, "above": SAME},
    **{name: {"above": CRAMPED} for name in (*ACCENTS, *WIDE_ACCENTS, r"\overline", r"\underline")},
}
"""Command -> relation -> style of the argument, where it is not the style around it."""

BUILDERS: dict[str, Builder] = {
    **dict.fromkeys((token for token, row in symbols().items() if row[1] == "op"), _operator),
    **dict.fromkeys((r"\iiiint", r"\idotsint"), _operator),
    **dict.fromkeys(WORDS, _word),
    **dict.fromkeys(
        (
            GROUP,
            *FONTS,
            r"\substack",
            r"\vcenter",
            r"\vbox",
            r"\vtop",
            r"\tag*",
            r"\bordermatrix",
            r"\oalign",
            r"\ooalign",
        ),
        _group,
    ),
    **dict.fromkeys((name for name, command in COMMANDS.items() if command.role == "class"), _group),
    **dict.fromkeys((r"\mathop", r"\operatorname", r"\operatorname*", r"\operatornamewithlimits"), _operator_group),
    **dict.fromkeys(_FRACTIONS, _fraction),
    **dict.fromkeys(_BINOMIALS, _binomial),
    r"\sqrt": _root,
    **dict.fromkeys(FENCES, _fenced),
    r"\rule": _rule,
    **dict.fromkeys((r"\vline", r"\hrulefill", r"\dotfill", r"\hdotsfor"), _leader),
    **dict.fromkeys(ACCENTS, _accent),
    **dict.fromkeys(WIDE_ACCENTS, _wide_accent),
    **dict.fromkeys((*OVER, *UNDER), _beside),
    **dict.fromkeys(ARROWS, _arrow),
    **dict.fromkeys((r"\overset", r"\stackrel", r"\underset"), _overset),
    r"\begin": _environment,
    **dict.fromkeys((r"\boxed", r"\fbox", r"\framebox", r"\fcolorbox", r"\enclose"), _boxed),
    r"\textcircled": _circled,
    **dict.fromkeys(_STROKES, _crossed),
    **dict.fromkeys((r"\pmod", r"\tag"), _parenthesized),
    **dict.fromkeys(
        (*ACROSS, r"\cline", r"\multispan", r"\halign", r"\ialign", *REGISTERS, *NUMBERED, *EXPRESSIONS), _nothing
    ),
}
