"""How large and how involved an expression is: the figures that scores and data cards group by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .grammar import COMMANDS, ENVIRONMENTS, GROUP, ORDINARY, prints_ink
from .tree import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Measures of one expression, all counts.

    Args:
        tokens: canonical tokens, braces and marks included.
        symbols: tokens that leave ink.
        depth: how deep rows are nested; 0 for a single line without scripts or arguments.
        structures: structural complexity, the number of structure nodes: every script, fraction, root, accent, other
            command with an argument, and environment counts one.
    """

    tokens: int
    symbols: int
    depth: int
    structures: int


def measure(tokens: Sequence[str], row: Row) -> Measures:
    r"""Measure an expression, given as tokens and as the tree read from them.

    >>> from unimumer_data.latex import parse_tokens
    >>> tokens = r"\frac { a ^ { 2 } + 1 } { b }".split()
    >>> measure(tokens, parse_tokens(tokens))
    Measures(tokens=13, symbols=6, depth=2, structures=2)

    Source: structural complexity as the paper groups by it (arXiv 2505.23566, Fig. 5a), which names no formula;
    structure nodes are counted here.
    """
    depth, structures = 0, 0
    work = [(row, 0)]
    while work:
        level, height = work.pop()
        depth = max(depth, height)
        for node in level:
            if node.children is None:
                continue
            command = COMMANDS.get(node.symbol, ORDINARY)
            scripts = sum(relation in command.scripts for relation, _ in node.children)
            structures += scripts + (len(node.children) > scripts and node.symbol != GROUP)
            work += [(child, height + 1) for relation, child in node.children if not relation.startswith("end_")]
    return Measures(tokens=len(tokens), symbols=count_ink(tokens), depth=depth, structures=structures)


def count_ink(tokens: Sequence[str]) -> int:
    r"""The number of tokens that leave ink: ``\frac`` does (its bar), braces and script marks do not."""
    return sum(map(prints_ink, tokens)) - _names_without_ink(tokens)


def _names_without_ink(tokens: Sequence[str]) -> int:
    """Environment names stand twice, at ``\\begin`` and ``\\end``; their delimiters are on paper once a side."""
    return sum(
        1
        for before, token in pairwise(tokens)
        if before == "\\end" and len(token) > 1 and prints_ink(token) and not ENVIRONMENTS[token[1:-1]].right
    )
