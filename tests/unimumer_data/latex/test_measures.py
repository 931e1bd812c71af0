"""Length, depth and complexity: by hand, and against a count on the tree."""

from __future__ import annotations

import json

import pytest

from unimumer_data.latex import GROUP, Row, canonical, parse_tokens
from unimumer_data.latex.grammar import COMMANDS, ORDINARY
from unimumer_data.latex.measures import complexity, depth, length


@pytest.mark.parametrize(
    ("latex", "long", "deep", "structures"),
    [
        ("x + 1", 3, 0, 0),
        ("x ^ { 2 }", 5, 1, 1),
        (r"\frac { a ^ { 2 } } { b }", 11, 2, 2),
        (r"\sum _ { i } ^ { n } \hat { x }", 13, 1, 3),
        (r"\begin {cases} a \\ b \end {cases}", 7, 1, 1),
        (r"\begin {array} { l l } a & b \end {array}", 11, 1, 1),
        (r"\begin {matrix} a & b \\ c & \frac { 1 } { 2 } \end {matrix}", 17, 2, 2),
    ],
)
def test_by_hand(latex: str, long: int, deep: int, structures: int) -> None:
    tokens = latex.split()
    assert (length(tokens), depth(tokens), complexity(tokens)) == (long, deep, structures)


def test_deep_nesting() -> None:
    assert depth(["x", "^", "{"] * 30_000 + ["y"] + ["}"] * 30_000) == 30_000


@pytest.mark.parametrize("latex", [r"\frac{a^2+1}{\sqrt[3]{b_i}}", r"\hat{x}\le\begin{cases}1&x<0\\2\end{cases}", "x"])
def test_the_tree_gives_the_same(latex: str) -> None:
    tokens = canonical(latex, "strict").split()
    assert (depth(tokens), complexity(tokens)) == on_tree(parse_tokens(tokens))


def test_the_tree_gives_the_same_on_real_labels(shared_data) -> None:
    labels = json.loads((shared_data / "predictions" / "crohme_2014_pred.json").read_text(encoding="utf-8"))
    for record in labels:
        tokens = canonical(record["gt"], "strict").split()
        assert (depth(tokens), complexity(tokens)) == on_tree(parse_tokens(tokens)), record["gt"]


def on_tree(row: Row) -> tuple[int, int]:
    deepest = structures = 0
    work = [(row, 0)]
    while work:
        current, level = work.pop()
        deepest = max(deepest, level)
        for node in current:
            command = COMMANDS.get(node.symbol, ORDINARY)
            scripts = sum(relation in command.scripts for relation, _ in node.children or ())
            structures += scripts + (len(node.children or ()) > scripts and node.symbol != GROUP)
            work += [(child, level + 1) for relation, child in node.children or () if not relation.startswith("end_")]
    return deepest, structures
