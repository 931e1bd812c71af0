"""The expression tree: rows of nodes, and how scripts hang on a node."""

from __future__ import annotations

from .grammar import COMMANDS, ORDINARY


class Node:
    """A symbol and what hangs on it.

    Attributes:
        symbol: the token; ``grammar.GROUP`` for a pair of braces.
        start, stop: its tokens are ``tokens[start:stop]``, arguments and scripts included; -1 where the node was not
            read from tokens.
        children: (relation, row) pairs in the order of writing, lower script before upper; empty rows are left out.
    """

    __slots__ = ("children", "start", "stop", "symbol")

    def __init__(
        self, symbol: str, start: int = -1, stop: int = -1, children: list[tuple[str, Row]] | None = None
    ) -> None:
        self.symbol = symbol
        self.start = start
        self.stop = stop
        self.children = children

    def child(self, relation: str) -> Row | None:
        """The row that hangs on this node by ``relation``, or None."""
        for name, row in self.children or ():
            if name == relation:
                return row
        return None

    def hang(self, relation: str, row: Row) -> None:
        """Hang ``row`` on this node as its last child."""
        if self.children is None:
            self.children = [(relation, row)]
        else:
            self.children.append((relation, row))

    def __repr__(self) -> str:
        relations = ", ".join(relation for relation, _ in self.children or ())
        return f"<{self.symbol} {self.start}:{self.stop}{' ' + relations if relations else ''}>"


Row = list[Node]
"""A line of writing, from left to right."""


def script_relations(symbol: str) -> tuple[str, str]:
    """The relations by which the lower and the upper script of a symbol hang on it."""
    return COMMANDS.get(symbol, ORDINARY).scripts


def hang_script(node: Node, relation: str, row: Row) -> None:
    """Hang ``row`` on ``node``; a lower script goes before an upper one, and what follows primes joins them."""
    children = node.children
    if children:
        last = children[-1]
        if relation == last[0]:
            last[1].extend(row)
            return
        if (relation, last[0]) == script_relations(node.symbol):
            children.insert(len(children) - 1, (relation, row))
            return
    node.hang(relation, row)
