"""The frames of the parser: rows that are being read, and what each waits for."""

from __future__ import annotations

from .tree import Node, Row

KINDS = 8
END, BRACE, BRACKET, ENVIRONMENT, RIGHT, UNTIL, ATOM, GROUP_END = range(KINDS)
"""What an open frame waits for: the end, a closer, one atom, or the end of the group around it."""

END_NAMES = {
    BRACE: ("unbalanced_brace", "'}'"),
    BRACKET: ("unbalanced_bracket", "']'"),
    ENVIRONMENT: ("unbalanced_environment", r"'\end'"),
    RIGHT: ("unbalanced_left", r"'\right'"),
    UNTIL: ("missing_argument", ""),
}
"""Frames that wait for a closer: the reason of the fault where it is missing, and its name."""


class Frame:
    r"""A row that is being read, and what becomes of it when it is complete.

    Attributes:
        kind: what it waits for.
        row: the nodes so far.
        node, relation: the row hangs on this node, by this relation.
        rest: parameters of the node that are still to come.
        environment: the name of the environment that ends with the frame, as it is read; "" for none.
        until: the command that an ``UNTIL`` frame waits for, or the name in the ``\end`` of an environment.
        infix: a fraction whose denominator is being read.
        ends: delimiters that are drawn around that fraction.
        start: where in the row the denominator begins, or the numerator may begin.
        brackets: how many brackets are open in an option.
        text: whether the row is text, with mathematics between dollar signs only.
        text_cells: which of its cells are text (`grammar.Environment.text`).
        stacked: whether a paragraph has several lines, which are a column then.
    """

    # what few frames have is an attribute of the class: frames are made for every pair of braces
    environment = ""
    until = ""
    text = False
    text_cells = ""
    stacked = False
    infix: Node | None = None
    ends: tuple[Row, Row] = ([], [])
    start = 0
    brackets = 0

    def __init__(self, kind: int, row: Row, node: Node, relation: str, rest: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.row = row
        self.node = node
        self.relation = relation
        self.rest = rest
