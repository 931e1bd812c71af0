r"""The preamble of an array, ``{ * { 2 } { c | } @ { } l }``: what its columns are.

A column is a node: a letter, or ``|``. What stands in braces after it hangs ``above`` it: the width of ``p { 2 cm }``,
the ink between two columns in ``@ { = }``. Repetitions are written out; insertions without ink are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .grammar import COMMANDS, ORDINARY
from .tree import Node, Row

Place = tuple[str, int]
"""A token and its index in the formula."""

PARAGRAPHS = frozenset("pmbX")
"""Columns of a width, set as paragraphs: at the left."""
FILLING = {"X": "l", "L": "l", "C": "c", "R": "r", "J": "l"}
"""Columns of tabularx and tabulary, which fill the width of the table -> how they are aligned."""
RULES = frozenset("|:")
_READS = {"p": 1, "m": 1, "b": 1, "w": 2, "W": 2, "D": 3, "@": 1, "!": 1, ">": 1, "<": 1}
"""Letter -> how many arguments follow it."""
_INSERTED = frozenset("@!")
_PLAIN_COLUMNS = frozenset("lcr")
_DEEPEST = 8
_LONGEST_INSERTION = 64
"""Tokens between two columns; what is longer is left out."""


def read_preamble(places: Sequence[Place], cells: int, parse: Callable[[list[Place]], Row]) -> Row:
    """The columns that a preamble describes.

    Args:
        places: what stands between the braces (or brackets) of the preamble.
        cells: repetitions are written out up to this many columns; no table has more.
        parse: makes a row of the tokens of an insertion.
    """
    columns: Row = []
    places = _written_out(places, cells, 0)
    position = 0
    while position < len(places):
        token, index = places[position]
        position += 1
        arguments: list[list[Place]] = []
        for _ in range(_READS.get(token, 0)):
            if position < len(places) and (places[position][0] == "{" or token not in PARAGRAPHS):
                argument, position = _argument(places, position)
                arguments.append(argument)
        argument = arguments[0] if arguments else []
        while (
            token.isalpha() and token not in _PLAIN_COLUMNS and position < len(places) and places[position][0] == "{"
        ):
            _, position = _argument(places, position)  # of a column that somebody has defined
        if token in ("w", "W"):
            token, argument = (argument[0][0] if argument and argument[0][0] in "lcr" else "l"), []
        if token in _INSERTED:
            short = len(argument) <= _LONGEST_INSERTION
            row = parse(argument) if short and any(_prints(name) for name, _ in argument) else []
            if row:
                columns.append(Node(token, index, index + 1, [("above", row)]))
        elif token in PARAGRAPHS and argument:
            flat = [Node(name, place, place + 1) for name, place in argument if name not in _BRACES]
            columns.append(Node(token, index, index + 1, [("above", flat)] if flat else None))
        elif len(token) == 1 and token.isprintable() and token not in _NO_COLUMNS:
            # points and D are dcolumn's columns of numbers, and three points are no ellipsis
            columns.append(Node("c" if token in (".", "D") else token, index, index + 1))
    return columns


def kept_columns(columns: Row, cells: int) -> Row:
    """The columns that a table of ``cells`` cells in its longest row has; what no row reaches is not printed."""
    for number, column in enumerate(columns):
        if column.symbol not in RULES and column.symbol not in _INSERTED:
            cells -= 1
            if cells < 0:
                return columns[:number]
    return columns


def alignment(columns: Row) -> Row:
    """The columns as they print: paragraphs are columns at the left, and other letters stay as they are."""
    return [Node("l") if column.symbol in PARAGRAPHS and column.children else column for column in columns]


def _written_out(places: Sequence[Place], cells: int, depth: int) -> list[Place]:
    """The preamble without ``* { n } { ... }``."""
    if not any(token == "*" for token, _ in places):
        return list(places)
    result: list[Place] = []
    position = 0
    while position < len(places):
        token = places[position][0]
        if token != "*":
            result.append(places[position])
            position += 1
            continue
        number, position = _argument(places, position + 1)
        body, position = _argument(places, position)
        digits = "".join([name for name, _ in number])
        if depth < _DEEPEST and body and digits.isascii() and digits.isdigit():
            inner = _written_out(body, cells, depth + 1)
            times = cells if len(digits) > 6 else min(int(digits), cells)
            result += inner * min(times, 1 + max(0, 2 * cells - len(result)) // len(inner)) if inner else []
    return result


def _argument(places: Sequence[Place], position: int) -> tuple[list[Place], int]:
    """The argument that begins at ``position``, without its braces, and where it ends."""
    if position >= len(places):
        return [], position
    if places[position][0] != "{":
        return [places[position]], position + 1
    depth, start = 0, position
    while position < len(places):
        depth += (places[position][0] == "{") - (places[position][0] == "}")
        position += 1
        if depth == 0:
            return list(places[start + 1 : position - 1]), position
    return list(places[start + 1 :]), position


def _prints(token: str) -> bool:
    command = COMMANDS.get(token, ORDINARY)
    return command.ink and command.role not in ("skip", "size", "infix", "open", "close") and token not in _BRACES


_BRACES = frozenset("{}^_")
_NO_COLUMNS = _BRACES | {">", "<", "[", "]"} | {name for name, it in COMMANDS.items() if it.role != "symbol"}
