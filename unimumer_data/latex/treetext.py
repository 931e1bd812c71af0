r"""The expression tree as Tree-CoT text, both ways.

One node a line, one tab per depth. The first node of a child row stands one tab deeper than its parent and names the
relation, ``a (sup)``; the nodes after it are ``(right)``. A row break makes the next node ``(nextline)``, one tab
deeper than the row before; where no node stands between two breaks, or none follows the last, ``\\`` is a node of its
own. The first node of all names no relation.

Source: arXiv 2505.23566, Fig. 2, and the published sample records, which this text equals byte for byte wherever they
are well formed.
"""

from __future__ import annotations

from unimumer_data.errors import TreeTextError

from .grammar import GROUP
from .tree import Node, Row

BREAK = "\\\\"
MAX_DEPTH = 10_000
"""Deeper trees are refused: the tabs of their text would grow with the square of the depth."""


def write_tree(row: Row) -> str:
    r"""Write a tree as text.

    >>> from unimumer_data.latex import parse
    >>> print(write_tree(parse("a ^ { 2 } + 1")).expandtabs(4))
    a
        2 (sup)
    + (right)
    1 (right)

    Raises:
        TreeTextError: the tree is deeper than `MAX_DEPTH`.
    """
    lines: list[str] = []
    append = lines.append
    # Rows still to be written, innermost last: from which node on, at which depth, and the next node's relation.
    work: list[tuple[Row, int, int, str]] = [(row, 0, 0, "")]
    while work:
        row, position, depth, relation = work.pop()
        indent = _indent(depth)
        while position < len(row):
            node = row[position]
            position += 1
            symbol = node.symbol
            if symbol == BREAK and relation == _RIGHT and position < len(row) and node.children is None:
                depth += 1
                indent = _indent(depth)
                relation = " (nextline)"
                continue
            append(indent + symbol + relation)
            relation = _RIGHT
            if node.children is not None:
                work.append((row, position, depth, relation))
                for name, child in reversed(node.children):
                    work.append((child, 0, depth + 1, f" ({name})"))
                break
    return "\n".join(lines)


def _indent(depth: int) -> str:
    if depth > MAX_DEPTH:
        raise TreeTextError(f"the tree is deeper than {MAX_DEPTH}")
    return "\t" * depth


def read_tree(text: str) -> Row:
    r"""Read a Tree-CoT text, for instance a model's answer.

    >>> from unimumer_data.latex import write_tokens
    >>> " ".join(write_tokens(read_tree("a\n\t2 (sup)\n+ (right)\n1 (right)")))
    'a ^ { 2 } + 1'

    Returns:
        The tree; its nodes carry no token positions.

    Raises:
        TreeTextError: a line does not fit the tree so far; names the line, from 1.
    """
    root: Row = []
    if not text:
        return root
    # Rows that may still go on, outermost first, each with the depth of its last node.
    rows: list[Row] = []
    depths: list[int] = []
    environments: list[tuple[int, Node]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        content = line.lstrip("\t")
        depth = len(line) - len(content)
        symbol, relation = _split(content, first=number == 1, number=number)
        node = Node(symbol)
        if symbol == "\\begin":
            environments.append((number, node))
        if number == 1:
            if depth:
                raise TreeTextError(f"line 1: the first node stands {depth} tabs deep; write it at the margin")
            root.append(node)
            rows.append(root)
            depths.append(0)
            continue
        level = depth if relation == "right" else depth - 1
        while depths and depths[-1] > level:
            rows.pop()
            depths.pop()
        if not depths or depths[-1] != level:
            raise TreeTextError(f"line {number}: {content!r} stands {depth} tabs deep, where nothing carries it")
        row = rows[-1]
        if relation == "right":
            row.append(node)
        elif relation == "nextline":
            row += [Node(BREAK), node]
            depths[-1] = depth
        else:
            parent = row[-1]
            if parent.child(relation) is not None:
                raise TreeTextError(f"line {number}: {parent.symbol!r} has a second {relation!r}")
            child = [node]
            parent.hang(relation, child)
            rows.append(child)
            depths.append(depth)
    for number, node in environments:
        _check_environment(node, number)
    return root


def _check_environment(node: Node, number: int) -> None:
    """The body and the end of an environment have one name."""
    relations = [relation for relation, _ in node.children or ()]
    names = [relation[4:] for relation in relations if relation.startswith("end_")]
    if len(names) != 1 or not names[0]:
        raise TreeTextError(rf"line {number}: '\begin' needs one child 'end_NAME'")
    if other := next((one for one in relations if one.startswith("begin_") and one[6:] != names[0]), None):
        raise TreeTextError(f"line {number}: {other!r} ends as {names[0]!r}")


def _split(content: str, *, first: bool, number: int) -> tuple[str, str]:
    """A line's symbol and relation."""
    symbol, separator, relation = content.rpartition(" (")
    if separator and relation.endswith(")") and symbol and relation[:-1]:
        relation = relation[:-1]
        if _fits(symbol, relation):
            return symbol, relation
    elif first and content and _fits(content, "first"):
        return content, ""
    raise TreeTextError(f"line {number}: expected 'SYMBOL (relation)', found {content!r}")


def _fits(symbol: str, relation: str) -> bool:
    known = relation in _RELATIONS or relation.startswith(("begin_", "end_"))
    return known and symbol not in _NO_NODES and not any(char.isspace() for char in symbol)


_RIGHT = " (right)"
_RELATIONS = frozenset({"first", "right", "sub", "sup", "above", "below", "nextline"})
_NO_NODES = frozenset("{}^_")
assert GROUP not in _NO_NODES
