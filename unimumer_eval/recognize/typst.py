r"""An expression as Typst mathematics, written from the canonical tree. Names that Typst lacks go in as Unicode.

Source: https://typst.app/docs/reference/math/ (0.13 and later).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from unimumer_data.latex import GROUP, Node, Row, canonical_tree
from unimumer_data.latex.grammar import COMMANDS, ENVIRONMENTS, FUNCTIONS, ORDINARY
from unimumer_data.layout.metrics import symbols
from unimumer_data.layout.symbols import ALIASES, GLYPHS

Parts = list["str | Node"]

_CALLS: Mapping[str, str] = {
    **dict.fromkeys((r"\frac", r"\cfrac", r"\dfrac", r"\tfrac"), "frac"),
    **dict.fromkeys((r"\binom", r"\dbinom", r"\tbinom"), "binom"),
    **dict.fromkeys((r"\hat", r"\widehat"), "hat"),
    **dict.fromkeys((r"\tilde", r"\widetilde"), "tilde"),
    **dict.fromkeys((r"\check", r"\widecheck"), "caron"),
    **dict.fromkeys((r"\vec", r"\overrightarrow"), "arrow"),
    **dict.fromkeys((r"\overparen", r"\overarc", r"\wideparen"), "overparen"),
    **dict.fromkeys((r"\cancel", r"\bcancel", r"\xcancel", r"\sout"), "cancel"),
    **dict.fromkeys((r"\mathrm", r"\operatorname", r"\textrm", r"\textup", r"\textnormal", r"\text"), "upright"),
    **dict.fromkeys((r"\mathbf", r"\boldsymbol", r"\bm", r"\textbf", r"\pmb", r"\bold"), "bold"),
    **dict.fromkeys((r"\mathbb", r"\Bbb", r"\mathds", r"\mathbbm"), "bb"),
    **dict.fromkeys((r"\mathcal", r"\mathscr"), "cal"),
    **dict.fromkeys((r"\mathsf", r"\textsf"), "sans"),
    **dict.fromkeys((r"\mathtt", r"\texttt"), "mono"),
    **dict.fromkeys((r"\mathit", r"\textit", r"\emph", r"\mathnormal"), "italic"),
    r"\mathfrak": "frak",
    r"\sqrt": "sqrt",
    r"\grave": "grave",
    r"\acute": "acute",
    r"\breve": "breve",
    r"\bar": "macron",
    r"\dot": "dot",
    r"\ddot": "dot.double",
    r"\dddot": "dot.triple",
    r"\ddddot": "dot.quad",
    r"\mathring": "circle",
    r"\overline": "overline",
    r"\underline": "underline",
    r"\overbrace": "overbrace",
    r"\underbrace": "underbrace",
    r"\overbracket": "overbracket",
    r"\underbracket": "underbracket",
    r"\underparen": "underparen",
    r"\overleftarrow": "arrow.l",
    r"\overleftrightarrow": "arrow.l.r",
}
"""Command -> function of its arguments in the order of writing."""

_LONG: Mapping[str, str] = {
    r"\xrightarrow": "arrow.r.long",
    r"\xleftarrow": "arrow.l.long",
    r"\xleftrightarrow": "arrow.l.r.long",
    r"\xRightarrow": "arrow.r.double.long",
    r"\xLeftarrow": "arrow.l.double.long",
    r"\xLeftrightarrow": "arrow.l.r.double.long",
    r"\xrightleftharpoons": "harpoons.rtlb",
    r"\xmapsto": "arrow.r.long.bar",
    r"\xlongequal": "eq.triple",
}
_STACKED = {
    r"\overset": ("below", "^(", "above"),
    r"\stackrel": ("below", "^(", "above"),
    r"\underset": ("above", "_(", "below"),
}
"""Command -> relation of the base, mark and relation of what stands over or under it."""
_FENCES = {"(": '"("', ")": '")"', "[": '"["', "]": '"]"', r"\{": '"{"', r"\}": '"}"', "|": '"|"', r"\|": '"‖"'}
_PLAIN = frozenset("+-=<>.:!?'")
_WORDS: Mapping[str, str] = {r"\{": r"\{", r"\}": r"\}", r"\%": "%", r"\#": r"\#", r"\$": r"\$", r"\&": r"\&"}
_SILENT = frozenset((r"\limits", r"\nolimits", r"\displaylimits", r"\hline", r"\left", r"\right", r"\displaystyle"))


def to_typst(latex: str) -> str:
    r"""The content between Typst's dollar signs.

    >>> to_typst(r"\frac{a_1}{2} \le \sqrt[3]{x^{12}}")
    'frac(a_1, 2) ≤ root(3, x^12)'

    Args:
        latex: LaTeX as people write it, or canonical tokens.

    Raises:
        LatexSyntaxError: it cannot be read.
    """
    return _join(_spell_row(canonical_tree(latex, "strict")))


def _join(work: Parts) -> str:
    """Spell all nodes, without recursion, and set spaces."""
    work = work[::-1]
    text: list[str] = []
    while work:
        item = work.pop()
        if isinstance(item, Node):
            work.extend(_spell(item)[::-1])
        else:
            text.append(item)
    return _spaced(text)


def _spaced(parts: list[str]) -> str:
    """One space between atoms, none where it would part what belongs together."""
    line = ""
    for part in parts:
        joined = part in _TIGHT_BEFORE or line.endswith(_TIGHT_AFTER)
        number = part.isdecimal() and line[-1:].isdecimal()
        line += part if not line or joined or number else f" {part}"
    return _DECIMAL_POINT.sub(".", line)


_DECIMAL_POINT = re.compile(r"(?<=\d) \. (?=\d)")
_TIGHT_BEFORE = frozenset((")", ",", ";", "_", "^", "_(", "^("))
_FUNCTIONS = {*_CALLS.values(), "root", "limits", "attach", "mat", "cases"}
_TIGHT_AFTER = ("_", "^", "_(", "^(", *(f"{name}(" for name in _FUNCTIONS))


def _spell_row(row: Row | None) -> Parts:
    """The nodes of a row; a grid takes the delimiters around it, which then grow with it."""
    parts: Parts = list(row or ())
    for index, node in enumerate(row or ()):
        if node.symbol == r"\begin" and index:
            left, right = parts[index - 1], parts[index + 1] if index + 1 < len(parts) else None
            opener = left.symbol if isinstance(left, Node) and not left.children else ""
            closer = right.symbol if isinstance(right, Node) else ""
            if opener in _FENCES and closer in _FENCES:
                assert isinstance(right, Node)
                parts[index - 1], parts[index + 1] = "", ""
                parts[index] = _Fenced(node, opener, closer, right)
            elif opener == r"\{":
                parts[index - 1] = ""
                parts[index] = _Fenced(node, opener, "", None)
    return [part for part in parts if part != ""]


class _Fenced(Node):
    """A grid with its delimiters; scripts hang on the closing one."""

    __slots__ = ("closer", "opener")

    def __init__(self, grid: Node, opener: str, closer: str, end: Node | None) -> None:
        rows = [(relation, row) for relation, row in grid.children or () if relation not in ("sub", "sup")]
        scripts = [(relation, row) for relation, row in (end.children or () if end else ())]
        super().__init__(r"\begin", children=rows + scripts)
        self.opener, self.closer = opener, closer


def _argument(row: Row | None) -> Parts:
    """An argument of a function; nothing would be a missing one."""
    return _spell_row(row) or ['""']


def _spell(node: Node) -> Parts:
    rows = dict(node.children or ())
    command = COMMANDS.get(node.symbol, ORDINARY)
    low, high = (rows.get(relation) for relation in command.scripts)
    if node.symbol == r"\begin":
        fences = (node.opener, node.closer) if isinstance(node, _Fenced) else ("", "")
        return [*_environment(rows, *fences), *_scripts(rows.get("sub"), rows.get("sup"))]
    if node.symbol == GROUP:
        if low or high:
            return ["attach(", *_argument(rows.get("above")), *_sides(low, high), ")"]
        return _spell_row(rows.get("above"))
    if node.symbol in _LONG:
        return ["limits(", _LONG[node.symbol], ")", *_scripts(rows.get("below"), rows.get("above"))]
    if node.symbol in _STACKED:
        base, mark, relation = _STACKED[node.symbol]
        small = [mark, *_spell_row(rows.get(relation)), ")"] if rows.get(relation) else []
        return ["limits(", *_argument(rows.get(base)), ")", *small, *_scripts(low, high)]
    if node.symbol == r"\pmod":
        return [r"\(", "mod", *_spell_row(rows.get("above")), r"\)", *_scripts(low, high)]
    if node.symbol == r"\sqrt" and rows.get("below"):
        return ["root(", *_argument(rows["below"]), ",", *_argument(rows.get("above")), ")", *_scripts(low, high)]
    if command.args:
        return [*_call(node.symbol, command.args, rows), *_scripts(low, high)]
    return [*_atom(node.symbol), *_scripts(low, high)]


def _call(name: str, relations: tuple[str, ...], rows: Mapping[str, Row]) -> Parts:
    arguments: Parts = []
    for relation in filter(None, relations):
        arguments += [*([","] if arguments else []), *_argument(rows.get(relation))]
    return [f"{_CALLS[name]}(", *arguments, ")"] if name in _CALLS else [part for part in arguments if part != ","]


def _scripts(low: Row | None, high: Row | None) -> Parts:
    parts: Parts = []
    for mark, row in (("_", low), ("^", high)):
        if row:
            single = len(row) == 1 and not row[0].children and len(_atom(row[0].symbol)[0]) == 1
            number = all(not one.children and one.symbol.isdecimal() for one in row)
            parts += [mark, *row] if single or number else [f"{mark}(", *_spell_row(row), ")"]
    return parts


def _sides(low: Row | None, high: Row | None) -> Parts:
    parts: Parts = []
    for name, row in (("b:", low), ("t:", high)):
        if row:
            parts += [",", name, *_spell_row(row)]
    return parts


def _environment(rows: Mapping[str, Row], opener: str, closer: str) -> Parts:
    name = next(relation[4:] for relation in rows if relation.startswith("end_"))
    known = ENVIRONMENTS.get(name)
    row = rows.get(f"begin_{name}", [])
    if opener and not closer:
        return ["cases(", *_cells(row, "&", ","), ")"]
    if known and known.means in ("matrix", "array"):
        pair = f"#({_FENCES[opener]}, {_FENCES[closer]})" if opener else "#none"
        return ["mat(", f"delim: {pair}", ",", *_cells(row, ",", ";"), ")"]
    return _cells(row, "&", "\\")


def _cells(row: Row, between: str, end: str) -> Parts:
    marks = {"&": between, r"\\": end}
    return [marks.get(node.symbol, node) for node in row]


def _atom(token: str) -> list[str]:
    if token in _SILENT:
        return []
    if token in _WORDS:
        return [_WORDS[token]]
    if token in ("&", r"\\"):
        return ["&" if token == "&" else "\\"]
    if token[1:] in FUNCTIONS and token[0] == "\\":
        return [token[1:]]
    if len(token) == 1:
        return [token if token.isalnum() or not token.isascii() or token in _PLAIN else f"\\{token}"]
    return [_unicode(token)]


def _unicode(token: str) -> str:
    """The character that a command stands for; its name in quotes where there is none."""
    token = ALIASES.get(token, token)
    _, _, char = symbols().get(token) or GLYPHS.get(token) or ("", "", "")
    if len(char) == 1 and char.isprintable() and not "\ue000" <= char <= "\uf8ff":
        return f"\\{char}" if char.isascii() and not char.isalnum() and char not in _PLAIN else char
    return _NAMES.get(token) or f'"{token.strip(chr(92)).replace(chr(34), "")}"'


_NAMES = {r"\neq": "≠", r"\ne": "≠", r"\notin": "∉", r"\notni": "∌", r"\vdots": "⋮", r"\ldots": "…", r"\coloneqq": "≔"}
