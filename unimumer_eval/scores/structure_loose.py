r"""Structure F1, loose: which symbols stand where they belong, whatever they are wrapped in.

Strict structure F1 loses every path to one font, or to an ``aligned`` around the formula. Here a formula is read in
the loose form, and what carries no meaning of its own is looked through: groups, fonts, text, alignment environments
with their cell and row breaks, ``\limits``, full stops and commas at the end. A matrix or ``cases`` keeps its
delimiters; names like ``\sin`` count letter by letter, as they are written. F1 is 1 where the loose forms are equal,
and in some pairs more.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import starmap

from rapidfuzz.distance import Levenshtein

from unimumer_data.latex import GROUP, Repair, Row, canonical_tree, parse_tokens, prints_ink
from unimumer_data.latex.grammar import ENVIRONMENTS, FUNCTIONS

from .forms import read
from .metric import Columns, Metric, TextPairs, column
from .structure import Nodes, common_length, one_form

_BREAKS = frozenset((r"\\", "&", r"\limits", r"\nolimits", r"\displaylimits"))
_LETTERS = {"\\" + name: tuple(name) for name in FUNCTIONS}
_FINAL = frozenset(".,;")
_START = hash(())


def structure_loose(gt: str, pred: str) -> float:
    r"""F1 of one prediction, a fraction.

    >>> structure_loose(r"\begin{aligned} x &= \mathrm{y} \end{aligned} .", "x = y")
    1.0
    >>> structure_loose("x ^ { 2 } + y", "x _ { 2 } + y")
    0.75

    Equal texts score 1, and so do two LaTeX texts that print nothing; otherwise an empty text scores 0.
    """
    if gt == pred or one_form(gt, pred, "loose"):
        return 1.0
    label, answer = loose_nodes(gt), loose_nodes(pred)
    if not label and not answer:
        return float(_print_nothing(gt, pred))
    return 2 * common_length(label, answer) / (len(label) + len(answer))


def node_edits(gt: str, pred: str) -> int:
    """Fewest symbols to replace, insert or delete, a symbol in another place being another symbol."""
    if gt == pred or one_form(gt, pred, "loose"):
        return 0
    return Levenshtein.distance(loose_nodes(gt), loose_nodes(pred))


@lru_cache(maxsize=1 << 14)  # both metrics of a set ask for the nodes, one after the other
def loose_nodes(text: str) -> Nodes:
    """Symbol and number of the path of every node that carries meaning, in reading order."""
    reading = read(text)
    repairs: list[Repair] = []
    row = canonical_tree(text, "loose", repairs=repairs) if reading.fault else parse_tokens(reading.loose)
    nodes: list[tuple[str, int]] = []
    # what is still to be visited, last first: a row with the place in it and its path, or a delimiter to write
    work: list[tuple[Row, int, int] | tuple[str, int]] = [(row, 0, _START)]
    while work:
        current = work.pop()
        if len(current) == 2:
            nodes.append(current)
            continue
        row, index, path = current
        if index == len(row):
            continue
        node = row[index]
        work.append((row, index + 1, path))
        if node.symbol == r"\begin":
            for relation, child in reversed(node.children or ()):
                if relation.startswith("begin_"):
                    environment = ENVIRONMENTS.get(relation.removeprefix("begin_"))
                    sides = (environment.left, environment.right) if environment else ("", "")
                    work += [(sides[1], path)] if sides[1] else []
                    work.append((child, 0, path))
                    work += [(sides[0], path)] if sides[0] else []
            continue
        inked = prints_ink(node.symbol) and node.symbol != GROUP and node.symbol not in _BREAKS
        if inked:
            nodes += [(letter, path) for letter in _LETTERS.get(node.symbol, (node.symbol,))]
        for relation, child in reversed(node.children or ()):
            work.append((child, 0, path if relation == "above" and not inked else hash((path, relation))))
    while nodes and nodes[-1][0] in _FINAL:
        nodes.pop()
    return tuple(nodes)


def _print_nothing(gt: str, pred: str) -> bool:
    """Whether both are LaTeX and neither is empty."""
    return bool(gt.strip() and pred.strip()) and not (read(gt).fault or read(pred).fault)


def _columns(pairs: TextPairs) -> Columns:
    return column(list(starmap(structure_loose, pairs.texts)))


STRUCTURE_LOOSE: Metric[TextPairs] = Metric(
    name="structure_loose", title="Structure F1, loose", kind="mean", columns=_columns, in_tables=False
)
