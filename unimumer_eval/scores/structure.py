r"""Structure F1: which symbols stand where they belong. It sees what CDM cannot: a script moved, a scope widened.

Every node of the strict canonical tree is a pair of its symbol and its path: the relations from the root down to it,
``x`` in ``\frac{1}{a^x}`` is ``(x, below/sup)``. Both formulas are listed in reading order; the longest common
subsequence is what matches. F1 is 2 * matches / (nodes of the label + nodes of the prediction); it is 1 exactly where
the strict canonical forms are equal.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from unimumer_data.latex import Repair, Row, canonical_tree, parse_tokens

from .forms import Form, read


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureScore:
    """The score of one pair, fractions.

    Args:
        f1: 2 * matched / (label_nodes + answer_nodes).
        precision, recall: matched / nodes of the prediction, of the label.
        matched, label_nodes, answer_nodes: the counts behind them.
        label_repaired, answer_repaired: the text is not LaTeX and was scored as the tolerant parser repairs it.
    """

    f1: float
    precision: float
    recall: float
    matched: int
    label_nodes: int
    answer_nodes: int
    label_repaired: bool = False
    answer_repaired: bool = False


def structure_score(gt: str, pred: str) -> StructureScore:
    r"""Score one prediction.

    >>> structure_score("x ^ { 2 } + y", "x _ { 2 } + y").f1
    0.75

    Two LaTeX texts that print nothing score 1; an empty text scores 0 unless both are empty.
    """
    (label, label_repaired), (answer, answer_repaired) = _nodes(gt), _nodes(pred)
    n, m = len(label), len(answer)
    blank = bool(gt.strip() and pred.strip()) and not (label_repaired or answer_repaired)
    if gt == pred or (label == answer and (n or blank)):
        return StructureScore(
            f1=1.0, precision=1.0, recall=1.0, matched=n, label_nodes=n, answer_nodes=m,
            label_repaired=label_repaired, answer_repaired=answer_repaired,
        )  # fmt: skip
    matched = common_length(label, answer)
    return StructureScore(
        f1=2 * matched / (n + m) if n + m else 0.0,
        precision=matched / m if m else 0.0,
        recall=matched / n if n else 0.0,
        matched=matched,
        label_nodes=n,
        answer_nodes=m,
        label_repaired=label_repaired,
        answer_repaired=answer_repaired,
    )


def structure_f1(gt: str, pred: str) -> float:
    """The F1 of `structure_score`, a fraction."""
    return 1.0 if one_form(gt, pred, "strict") else structure_score(gt, pred).f1


def one_form(gt: str, pred: str, form: Form) -> bool:
    """Whether both are LaTeX with one form that prints something: no tree is needed then."""
    label, answer = read(gt), read(pred)
    return label.tokens(form) == answer.tokens(form) != () and not (label.fault or answer.fault)


Nodes = tuple[tuple[str, int], ...]


@lru_cache(maxsize=4096)
def _nodes(text: str) -> tuple[Nodes, bool]:
    """Symbol and number of the path of every node, in reading order; whether the text had to be repaired."""
    repairs: list[Repair] = []
    reading = read(text)  # a strict form is read back as the tree that it spells
    row = canonical_tree(text, "strict", repairs=repairs) if reading.fault else parse_tokens(reading.strict)
    nodes: list[tuple[str, int]] = []
    # relations of one row and of the rows inside it, to be visited; a path is the hash of its parent's and a relation
    work: list[tuple[Row, int, int]] = [(row, 0, hash(()))]
    while work:
        current, index, path = work.pop()
        if index == len(current):
            continue
        node = current[index]
        work.append((current, index + 1, path))
        nodes.append((node.symbol, path))
        for relation, child in reversed(node.children or ()):
            if not relation.startswith("end_"):
                work.append((child, 0, hash((path, relation))))
    return tuple(nodes), bool(repairs)


def common_length(left: Sequence[Hashable], right: Sequence[Hashable]) -> int:
    """Length of the longest common subsequence, bit by bit (Hyyrö 2004)."""
    places: dict[Hashable, int] = {}
    for index, item in enumerate(left):
        places[item] = places.get(item, 0) | 1 << index
    row = full = (1 << len(left)) - 1
    for item in right:
        hits = row & places.get(item, 0)
        row = ((row + hits) | (row - hits)) & full
    return (row ^ full).bit_count()
