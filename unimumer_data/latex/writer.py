"""The expression tree to canonical tokens: one space apart, every group braced, lower script before upper."""

from __future__ import annotations

from .grammar import COMMANDS, GROUP, ORDINARY, SYMBOLS, foreign
from .reader import Node, Row


def write_tokens(row: Row) -> list[str]:
    r"""Write a row as tokens; `reader.parse_tokens` reads the same row back.

    >>> from unimumer_data.latex import parse
    >>> " ".join(write_tokens(parse(r"x^2_i\over 2")))
    '\\frac { x _ { i } ^ { 2 } } { 2 }'
    """
    tokens: list[str] = []
    append = tokens.append
    # Work that is still to do, last first: tokens to put down and nodes to spell out.
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
    return tokens


def _spell(node: Node) -> list[str | Node]:
    """The node's own tokens, with its children's nodes still to be spelt."""
    rows = dict(node.children or ())
    parts: list[str | Node] = []
    command = COMMANDS.get(node.symbol) or foreign(node.symbol) or ORDINARY
    if node.symbol == "\\begin":
        name = next(relation[4:] for relation in rows if relation.startswith("end_"))
        parts += ["\\begin", f"{{{name}}}"]
        if "above" in rows:
            parts += ["{", *rows["above"], "}"]
        parts += [*rows.get(f"begin_{name}", ()), "\\end", f"{{{name}}}"]
    elif node.symbol == GROUP:
        parts += ["{", *rows.get("above", ()), "}"]
    else:
        parts.append(node.symbol)
        if command.option and command.option in rows:
            parts += ["[", *rows[command.option], "]"]
        for relation in command.args:
            parts += ["{", *rows.get(relation, ()), "}"]
    for mark, relation in zip("_^", command.scripts, strict=True):
        if relation in rows:
            parts += [mark, "{", *rows[relation], "}"]
    return parts


_PLAIN = SYMBOLS | {chr(code) for code in range(33, 127)} | {name for name, it in COMMANDS.items() if not it.args}
