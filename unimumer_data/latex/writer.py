"""The expression tree to canonical tokens: one space apart, every group braced, lower script before upper."""

from __future__ import annotations

from .grammar import COMMANDS, ENVIRONMENTS, GROUP, ORDINARY, SYMBOLS
from .tokens import begins_with_gap
from .tree import Node, Row


def write_tokens(row: Row) -> list[str]:
    r"""Write a row as tokens; `parser.parse_tokens` reads the same row back.

    >>> from unimumer_data.latex import parse
    >>> " ".join(write_tokens(parse(r"x^2_i\over 2")))
    '\\frac { x _ { i } ^ { 2 } } { 2 }'
    """
    tokens: list[str] = []
    append = tokens.append
    # Work that is still to do, last first: tokens to put down and nodes to write out.
    work: list[str | Node] = row[::-1]  # type: ignore[assignment]
    pop = work.pop
    while work:
        item = pop()
        if isinstance(item, str):
            append(item)
        elif item.children is None and item.symbol in _PLAIN:
            append(item.symbol)
        else:
            work.extend(_spell(item)[::-1])
    if "[" in tokens and not _WITH_GAP.isdisjoint(tokens):
        _part_gaps(tokens)
    return tokens


_WITH_GAP = frozenset(r"\\ \toprule \midrule \bottomrule".split())


def _part_gaps(tokens: list[str]) -> None:
    """Empty braces after a row break or rule, where brackets and a length print and would be taken for its gap."""
    for index in range(len(tokens) - 3, -1, -1):
        if tokens[index] in _WITH_GAP and tokens[index + 1] == "[" and begins_with_gap(tokens[index : index + 64]):
            tokens[index + 1 : index + 1] = ["{", "}"]


def _spell(node: Node) -> list[str | Node]:
    """The node's own tokens, with its children's nodes still to be written."""
    rows = dict(node.children or ())
    parts: list[str | Node] = []
    command = COMMANDS.get(node.symbol, ORDINARY)
    if node.symbol == "\\begin":
        name = next(relation[4:] for relation in rows if relation.startswith("end_"))
        parts += ["\\begin", f"{{{name}}}", *_columns(name, rows.get("above", []))]
        parts += [*rows.get(f"begin_{name}", ()), "\\end", f"{{{name}}}"]
    elif node.symbol == GROUP:
        parts += ["{", *rows.get("above", ()), "}"]
    elif node.symbol == "$":
        parts += ["$", *rows.get("above", ()), "$"]
    else:
        parts.append(node.symbol)
        if command.option and command.option in rows:
            parts += _option(rows[command.option])
        for relation in command.args:
            parts += ["{", *rows.get(relation, ()), "}"]
    for mark, relation in zip("_^", command.scripts, strict=True):
        if relation in rows:
            parts += [mark, "{", *rows[relation], "}"]
    return parts


def _option(row: Row) -> list[str | Node]:
    """An option in its brackets; in braces, too, where it holds a bracket without its partner."""
    depth, balanced = 0, True
    for node in row:
        depth += (node.symbol == "[") - (node.symbol == "]")
        balanced = balanced and depth >= 0
    return ["[", *row, "]"] if balanced and depth == 0 else ["[", "{", *row, "}", "]"]


def _columns(name: str, columns: Row) -> list[str | Node]:
    """The preamble of an environment: in braces, or in brackets for one such as ``pmatrix*``."""
    if not columns:
        return []
    environment = ENVIRONMENTS.get(name)
    opening, closing = "[]" if environment is not None and environment.starred else "{}"
    parts: list[str | Node] = [opening]
    for column in columns:
        parts.append(column.symbol)
        if column.children:
            parts += ["{", *(column.child("above") or ()), "}"]
    return [*parts, closing]


_PLAIN = SYMBOLS | {chr(code) for code in range(33, 127)} | {name for name, it in COMMANDS.items() if not it.args}
