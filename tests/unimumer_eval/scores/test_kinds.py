"""Kinds of formula are those of the tree."""

from __future__ import annotations

import json
from pathlib import Path

from unimumer_data.latex import Row, canonical, parse_tokens
from unimumer_eval.scores import Pair, score_set
from unimumer_eval.scores.kinds import KINDS, kinds_of


def test_by_hand() -> None:
    assert kinds_of(tuple(canonical(r"\sum_{i}\sqrt{x}", "strict").split())) == (
        "subscript",
        "root",
        "sum, product, union",
    )
    assert "matrix or array" in kinds_of(tuple(canonical(r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "strict").split()))
    assert kinds_of(()) == ("plain",)


def test_each_kind_has_its_own_n_and_rate() -> None:
    pairs = [("x ^ { 2 }", "x ^ { 2 }"), ("x ^ { 3 }", "x"), ("x", "x")]
    scores = score_set("toy", [Pair(id=str(i), gt=gt, pred=pred) for i, (gt, pred) in enumerate(pairs)])
    assert {one.kind: (one.n, one.strict.value) for one in scores.kinds} == {"superscript": (2, 50), "plain": (1, 100)}
    assert scores.kinds[0].strict.low < 50 < scores.kinds[0].strict.high


def test_nodes_of_the_tree_say_the_same(shared_data: Path) -> None:
    records = json.loads((shared_data / "predictions" / "crohme_2014_pred.json").read_text(encoding="utf-8"))
    for record in records:
        tokens = canonical(record["gt"], "strict").split()
        nodes = _nodes(parse_tokens(tokens))
        wanted = tuple(name for name, members in KINDS.items() if members & nodes) or ("plain",)
        assert kinds_of(tuple(tokens)) == wanted, record["gt"]


def _nodes(row: Row) -> set[str]:
    found: set[str] = set()
    work = [row]
    while work:
        for node in work.pop():
            found.add(node.symbol)
            for relation, child in node.children or ():
                found |= {"^"} if relation == "sup" else {"_"} if relation == "sub" else set()
                if node.symbol.startswith(("\\sum", "\\lim", "\\prod", "\\int", "\\oint", "\\iint", "\\coprod")):
                    found |= {"above": {"^"}, "below": {"_"}}.get(relation, set())
                found |= {f"{{{relation[6:]}}}"} if relation.startswith("begin_") else set()
                work.append(child)
    return found
