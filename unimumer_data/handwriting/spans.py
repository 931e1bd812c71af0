r"""Where the symbols of a label stand in print: a box for each, with its row and size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from unimumer_data.latex import Node, Row, canonical, parse_tokens, tokenize
from unimumer_data.layout import layout_row

BAR, ROOT = r"\frac", r"\sqrt"
"""Names of fraction bars and roots, as symbols."""

MAIN = "main"
"""Relation of the row that is the whole formula."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; y downwards."""


@dataclass(slots=True)
class Span:
    """A symbol of a label, as printed.

    Args:
        token: its `name_of`.
        node: of the tree.
        box: of its ink, in em.
        scale: of its size, 1 on the line and less in scripts.
        baseline: y of its row's baseline, in em.
        row: number of its row; 0 is the formula.
    """

    token: str
    node: Node
    box: Box
    scale: float
    baseline: float
    row: int


@dataclass(frozen=True, slots=True)
class Line:
    """A row of symbols: how it hangs on which row, and on which node of it."""

    relation: str
    parent: int
    base: Node | None


@lru_cache(maxsize=4096)
def name_of(token: str) -> str:
    r"""One name for all ways to write a symbol.

    >>> name_of(r"\lt"), name_of("COMMA"), name_of(r"\prime")
    ('<', ',', '\\prime')
    """
    token = _NAMES.get(token, token)
    return token if token in (BAR, ROOT) else canonical(token, "strict", repairs=[]) or token


_NAMES = {"COMMA": ",", "'": r"\prime", r"\frac": BAR, r"\dfrac": BAR, r"\tfrac": BAR, r"\cfrac": BAR, r"\sqrt": ROOT}


def spans_of(text: str) -> tuple[list[Span], list[Line]]:
    """The symbols of a formula in the order of its tree, and its rows."""
    tokens = tokenize(text)
    tree = parse_tokens(tokens, repairs=[])
    rows, lines = _rows(tree)
    spans: dict[int, Span] = {}
    for mark in layout_row(tree, tokens).marks:
        span, box = spans.get(id(mark.node)), (mark.left, mark.top, mark.right, mark.bottom)
        if span is None:
            row = rows.get(id(mark.node), 0)
            spans[id(mark.node)] = Span(name_of(mark.node.symbol), mark.node, box, mark.scale_y, mark.y, row)
        else:
            span.box = union(span.box, box)
    return list(spans.values()), lines


def union(a: Box, b: Box) -> Box:
    """The smallest box around two."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _rows(tree: Row) -> tuple[dict[int, int], list[Line]]:
    """Node -> number of its row; and the rows."""
    rows: dict[int, int] = {}
    lines = [Line(MAIN, 0, None)]
    work: list[tuple[Row, int]] = [(tree, 0)]
    for row, number in work:
        for node in row:
            rows[id(node)] = number
            for relation, child in node.children or ():
                work.append((child, len(lines)))
                lines.append(Line(relation, number, node))
    return rows, lines
