r"""CDM, the character detection matching score, without TeX: F1 over glyphs that match in token and place.

Both formulas are set by `unimumer_data.layout` in the size in which the published tool renders them (12 points, 200
dots an inch), each token with the box of its ink. Tokens are assigned to each other by the published costs (Hungarian
assignment), then RANSAC drops the matches whose places do not agree. What differs from the published tool, and what
no CDM can see, stands in docs/metrics.md.

Source: Wang et al., CDM, arXiv 2409.03643; UniMERNet, cdm/.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from unimumer_data.latex import Node, Repair, Row, parse_tokens, tokenize
from unimumer_data.latex.conventions import NEGATED, STRICT_NAMES
from unimumer_data.latex.grammar import COMMANDS, ENVIRONMENTS, FENCES, FUNCTIONS, ORDINARY
from unimumer_data.layout import layout_row
from unimumer_data.support.workers import ordered_map

from .forms import read
from .ransac import inliers

PIXELS_PER_EM = 12 / 72.27 * 200
PADDING = 8
"""Pixels of white that the published tool leaves around the formula."""
LONGEST = 1000
"""Tokens that take part in the matching; those after them count, but match nothing, as the published tool has it that
runs out of colours. Formulas that are the same on paper are not cut."""
_FEW = 4
TOKEN_COST, SYNONYM_COST, BOX_COST, ORDER_COST = 1.0, 0.005, 0.05, 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdm:
    """The score of one pair, fractions.

    Args:
        f1: 2 * matched / (tokens of the label + tokens of the prediction).
        precision, recall: matched / tokens of the prediction, of the label.
        matched, label_tokens, answer_tokens: the counts behind them; -1 where equal texts made counting needless.
        label_repaired, answer_repaired: the text is not LaTeX and was scored as the tolerant parser repairs it.
    """

    f1: float
    precision: float
    recall: float
    matched: int = -1
    label_tokens: int = -1
    answer_tokens: int = -1
    label_repaired: bool = False
    answer_repaired: bool = False

    @property
    def exact(self) -> bool:
        """Whether the pair counts for ExpRate@CDM."""
        return self.f1 == 1


def cdm(gt: str, pred: str) -> Cdm:
    r"""Score one prediction.

    >>> cdm("x ^ { 2 } + y", "x ^ { 2 } + z").f1
    0.75
    >>> cdm(r"a \leq b", r"a \le b").f1
    1.0

    A text that is not LaTeX is repaired and scored as it would print then. Equal texts score 1, texts with one strict
    form and two LaTeX texts that print nothing too; otherwise an empty text, or one that prints nothing, scores 0.
    """
    if gt == pred:
        return Cdm(f1=1.0, precision=1.0, recall=1.0)
    label, answer = _render(gt), _render(pred)
    empty = not (gt.strip() and pred.strip())
    if not (empty or label.names or answer.names or label.repaired or answer.repaired):
        return Cdm(f1=1.0, precision=1.0, recall=1.0, matched=0, label_tokens=0, answer_tokens=0)
    repaired = {"label_repaired": label.repaired, "answer_repaired": answer.repaired}
    n, m = len(label.names), len(answer.names)
    matched = _matches(label, answer) if n and m else 0
    if 2 * matched < n + m and _may_print_the_same(label, answer) and _print_the_same(gt, pred):
        return Cdm(f1=1.0, precision=1.0, recall=1.0, **repaired)
    return Cdm(
        f1=2 * matched / (n + m) if n + m else 0.0,
        precision=matched / m if m else 0.0,
        recall=matched / n if n else 0.0,
        matched=matched,
        label_tokens=n,
        answer_tokens=m,
        **repaired,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CdmSummary:
    """The scores of a set.

    Args:
        n: pairs; none is ever left out.
        exprate: ExpRate@CDM, percent.
        f1, precision, recall: means over the pairs, percent.
        repaired_labels, repaired_answers: how many texts are not LaTeX.
    """

    n: int
    exprate: float
    f1: float
    precision: float
    recall: float
    repaired_labels: int
    repaired_answers: int


def cdm_summary(scores: Iterable[Cdm]) -> CdmSummary:
    """Sum up a set, for instance what `cdm_many` yields; nothing is kept. All figures of no pairs are 0."""
    n = exact = labels = answers = 0
    f1 = precision = recall = 0.0
    for score in scores:
        n += 1
        exact += score.exact
        f1, precision, recall = f1 + score.f1, precision + score.precision, recall + score.recall
        labels, answers = labels + score.label_repaired, answers + score.answer_repaired
    percent = 100 / n if n else 0.0
    return CdmSummary(
        n=n,
        exprate=percent * exact,
        f1=percent * f1,
        precision=percent * precision,
        recall=percent * recall,
        repaired_labels=labels,
        repaired_answers=answers,
    )


def cdm_many(
    pairs: Iterable[tuple[str, str]], *, workers: int = 1, progress: Callable[[], object] | None = None
) -> Iterator[Cdm]:
    """Score many pairs, in their order, as they come; no more than a few chunks are in memory.

    Args:
        pairs: label and prediction.
        workers: processes; 1 for none beside this one. They are spawned, so a script that asks for them keeps its own
            work below ``if __name__ == "__main__":``.
        progress: called after every pair, for instance `Progress.step`.

    Raises:
        UniMumerError: a worker was killed.
    """
    scores = (cdm(*pair) for pair in pairs) if workers <= 1 else _in_processes(pairs, workers)
    for score in scores:
        if progress is not None:
            progress()
        yield score


_CHUNK = 64


def _in_processes(pairs: Iterable[tuple[str, str]], workers: int) -> Iterator[Cdm]:
    remaining = iter(pairs)
    chunks = iter(lambda: list(islice(remaining, _CHUNK)), [])
    # spawned: an engine may have threads in this process
    for _, scores in ordered_map(_score_chunk, chunks, workers, spawn=True, instead="cdm=false"):
        yield from scores


def _score_chunk(chunk: list[tuple[str, str]]) -> list[Cdm]:
    return [cdm(*pair) for pair in chunk]


# -- from a formula to tokens with boxes -----------------------------------------------------------------------------

SPLIT_WORDS: Mapping[str, str] = MappingProxyType(
    {"\\" + name: name for name in FUNCTIONS} | dict.fromkeys((r"\mod", r"\bmod", r"\pmod"), "mod")
)
"""Names that count letter by letter, their scripts beside them."""

DOTS = frozenset(r"\ldots \cdots \dots \dotsc \dotsi \dotsm \dotso \dotsb \hdots \mathellipsis".split())
"""Three full stops each."""

RENAMED: Mapping[str, str] = MappingProxyType(
    dict.fromkeys((r"\dfrac", r"\tfrac", r"\cfrac"), r"\frac")
    | dict.fromkeys((r"\dbinom", r"\tbinom"), r"\binom")
    | dict.fromkeys((r"\fbox", r"\framebox", r"\fcolorbox"), r"\boxed")
    | {r"\operatorname*": r"\operatorname"}
)
"""What the published tool's normaliser writes for these; and a frame of text is drawn as one of mathematics."""

_LETTERS = frozenset(name for name, target in STRICT_NAMES.items() if " " in target)
_NEGATED = {
    name: NEGATED[strict] for name in (*NEGATED, *STRICT_NAMES) if (strict := STRICT_NAMES.get(name, name)) in NEGATED
}
_LIMITERS = frozenset((r"\limits", r"\nolimits", r"\displaylimits"))
_TO_OPEN = _LETTERS | FENCES.keys() | {"\\not"}

LEFT_ALIGNED = frozenset(f"begin_{name}" for name in "matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix".split())
"""Environments whose columns the published tool's normaliser aligns at the left."""

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "\\dot": ".",
        "\\cdot": ".",
        "\\prime": "'",
        "\\top": "T",
        "\\parallel": "\\|",
    }
)
"""Tokens that the published tool takes for each other, beyond those that are one in strict canonical form."""


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A formula as CDM sees it.

    Args:
        names: n tokens that print, in reading order.
        classes: what their synonyms are called together.
        boxes: ``[n, 4]`` pixels: left, top, right, bottom.
        width, height: of the picture, pixels.
        repaired: the text is not LaTeX.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    boxes: NDArray[np.float64]
    width: float
    height: float
    repaired: bool


@lru_cache(maxsize=1024)
def _render(text: str) -> _Rendered:
    repairs: list[Repair] = []
    tokens = tokenize(text)
    row = parse_tokens(tokens, repairs=repairs)
    _spell_out(row)
    edges: dict[int, list[float]] = {}
    for mark in layout_row(row, tokens).marks:
        if mark.left >= mark.right:
            continue  # the bar of an empty fraction
        key = id(mark.node)
        box = edges.get(key)
        if box is None:
            edges[key] = [mark.left, mark.top, mark.right, mark.bottom]
        else:
            box[0], box[1] = min(box[0], mark.left), min(box[1], mark.top)
            box[2], box[3] = max(box[2], mark.right), max(box[3], mark.bottom)
    printed = [(name, edges[id(node)]) for name, node in _in_reading_order(row) if id(node) in edges]
    if not printed:
        return _Rendered((), (), np.empty((0, 4)), 0.0, 0.0, bool(repairs))
    names = tuple([name for name, _ in printed])
    boxes = np.array([box for _, box in printed]) * PIXELS_PER_EM
    everything = np.array(list(edges.values())) * PIXELS_PER_EM
    origin = everything[:, :2].min(axis=0) - PADDING
    width, height = everything[:, 2:].max(axis=0) - origin + PADDING
    boxes -= np.tile(origin, 2)
    return _Rendered(names, tuple(map(_class_of, names)), boxes, width, height, bool(repairs))


@lru_cache(maxsize=4096)
def _class_of(token: str) -> str:
    token = STRICT_NAMES.get(token, token)
    token = SYNONYMS.get(token, token)
    for prefix in ("\\wide", "\\var"):
        if token.startswith(prefix):
            return "\\" + token[len(prefix) :]
    return token


def _spell_out(row: Row) -> None:
    r"""Rewrite the tree in place as the published tool reads it.

    Names become letters, dots full stops; ``\limits`` goes, and so do line breaks outside of environments.
    """
    work: list[tuple[Row, bool]] = [(row, False)]
    while work:
        current, in_table = work.pop()
        spelled: Row = []
        for node in _opened(current):
            if node.symbol in _LIMITERS and spelled:
                _hang_scripts(spelled[-1], node)
            elif in_table or node.symbol not in ("\\\\", "&"):
                spelled += _pieces(node)
        current[:] = spelled
        for node in current:
            for relation, child in node.children or ():
                if relation != "above" or node.symbol != "\\begin":
                    work.append((child, relation.startswith("begin_") or node.symbol == "\\substack"))


def _opened(row: Row) -> Row:
    r"""A row with delimiters as symbols (``\braket``), number sets as letters (``\R``), and ``\not =`` as one sign."""
    if _TO_OPEN.isdisjoint([node.symbol for node in row]):
        return row
    opened: Row = []
    work = row[::-1]
    while work:
        node = work.pop()
        if node.symbol in FENCES:
            left, right = FENCES[node.symbol]
            closing = Node(right, node.start, node.stop)
            _hang_scripts(closing, node)
            work += [closing, *(node.child("above") or [])[::-1], Node(left, node.start, node.stop)]
        elif node.symbol in _LETTERS:
            font, _, name, _ = STRICT_NAMES[node.symbol].split()
            letter = Node(font, node.start, node.stop, [("above", [Node(name)])])
            _hang_scripts(letter, node)
            opened.append(letter)
        elif node.symbol == "\\not" and node.children is None and work and work[-1].symbol in _NEGATED:
            work[-1].symbol = _NEGATED[work[-1].symbol]
        else:
            opened.append(node)
    return opened


def _pieces(node: Node) -> list[Node]:
    if node.symbol in DOTS:
        return [Node("."), Node("."), Node(".", children=node.children)]
    if node.symbol in SPLIT_WORDS:
        letters = [Node(letter) for letter in SPLIT_WORDS[node.symbol]]
        word = Node("\\operatorname", node.start, node.stop, [("above", letters)])
        if node.symbol == "\\pmod":
            return [word, *(node.child("above") or [])]
        _hang_scripts(word, node)
        return [word]
    if node.symbol == "\\begin" and any(name in LEFT_ALIGNED for name, _ in node.children or ()):
        node.children = [("above", [Node("l")]), *(node.children or ())]
    node.symbol = RENAMED.get(node.symbol, node.symbol)
    return [node]


def _hang_scripts(base: Node, bearer: Node) -> None:
    """The scripts of ``bearer`` on ``base``."""
    old, new = (COMMANDS.get(node.symbol, ORDINARY).scripts for node in (bearer, base))
    for own, name in zip(old, new, strict=True):
        row = bearer.child(own)
        if row is not None and base.child(name) is None:
            base.hang(name, row)


def _in_reading_order(row: Row) -> Iterator[tuple[str, Node]]:
    """All nodes with their names; an environment is called as its left delimiter, its end as the right one."""
    work: list[tuple[str, Iterator[Node]]] = [("", iter(row))]
    while work:
        relation, nodes = work[-1]
        node = next(nodes, None)
        if node is None:
            work.pop()
            continue
        children = node.children or ()
        name = node.symbol
        if name == "\\begin":
            name = next((_delimiter(inner, left=True) for inner, _ in children if inner.startswith("begin_")), name)
        elif relation.startswith("end_"):
            name = _delimiter(relation, left=False)
        yield name, node
        work.extend([(inner, iter(child)) for inner, child in reversed(children)])


def _delimiter(relation: str, *, left: bool) -> str:
    environment = ENVIRONMENTS.get(relation.partition("_")[2])
    return "" if environment is None else environment.left if left else environment.right


# -- matching --------------------------------------------------------------------------------------------------------


def _may_print_the_same(label: _Rendered, answer: _Rendered) -> bool:
    """Whether it is worth the time to compare the strict forms: same letters and digits, and about as many tokens."""
    if abs(len(label.names) - len(answer.names)) > _FEW:
        return False
    ours, theirs = (Counter(name for name in side.classes if name.isalnum()) for side in (label, answer))
    return ours == theirs


def _print_the_same(label: str, answer: str) -> bool:
    r"""Whether the strict forms are equal: then places that RANSAC drops differ by space alone (``\qquad``)."""
    one, other = read(label), read(answer)
    return one.fault is None and other.fault is None and one.strict == other.strict


def _matches(label: _Rendered, answer: _Rendered) -> int:
    if label.classes == answer.classes and np.abs(label.boxes - answer.boxes).max() < 1:
        return len(label.names)
    ours, theirs = label.boxes[:LONGEST], answer.boxes[:LONGEST]
    token_cost = _token_cost(label, answer)
    sizes = np.array([[r.width, r.height] * 2 for r in (label, answer)])
    places = sum(np.abs(np.subtract.outer(ours[:, i] / sizes[0, i], theirs[:, i] / sizes[1, i])) for i in range(4)) / 4
    longer = max(len(label.names), len(answer.names))
    order = np.abs(np.subtract.outer(np.arange(len(ours)), np.arange(len(theirs)))) / longer
    rows, columns = linear_sum_assignment(TOKEN_COST * token_cost + BOX_COST * places + ORDER_COST * order)
    fitting = inliers(_centers(ours[rows]), _centers(theirs[columns]))
    return int((fitting & (token_cost[rows, columns] < 1)).sum())


def _token_cost(label: _Rendered, answer: _Rendered) -> NDArray[np.float64]:
    numbers: dict[str, int] = {}
    codes = [
        np.array([numbers.setdefault(name, len(numbers)) for name in names[:LONGEST]])
        for names in (label.names, answer.names, label.classes, answer.classes)
    ]
    same = codes[0][:, None] == codes[1][None]
    alike = codes[2][:, None] == codes[3][None]
    return np.where(same, 0.0, np.where(alike, SYNONYM_COST, 1.0))


def _centers(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """``[n, 2]``: vertical, horizontal."""
    return np.stack([(boxes[:, 1] + boxes[:, 3]) / 2, (boxes[:, 0] + boxes[:, 2]) / 2], axis=1)
