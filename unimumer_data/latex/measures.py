r"""How long, how deep and how complex an expression is: the one answer for data cards, scores and the report.

Counted on tokens, which is fast and also works for labels that cannot be parsed. A test compares each measure with a
count on the tree. The paper groups by structural complexity (arXiv 2505.23566, Fig. 5a) and names no formula; this
one is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from .grammar import COMMANDS, ENVIRONMENTS


def length(tokens: Sequence[str]) -> int:
    """Number of tokens, braces included."""
    return len(tokens)


def depth(tokens: Sequence[str]) -> int:
    r"""Nesting: 0 on one line of writing, 1 for ``x ^ { 2 }``, 2 for a script in a fraction ...

    >>> depth(r"\frac { a ^ { 2 } } { b }".split())
    2
    """
    level = deepest = 0
    before, in_columns = "", False
    for token in tokens:
        if token == "{" and before in _WITH_COLUMNS:  # the alignment of columns is not written on paper
            in_columns = True
        elif in_columns:
            in_columns = token != "}"
        else:
            level += _STEPS.get(token, 0)
            deepest = max(deepest, level)
        before = token
    return deepest


def complexity(tokens: Sequence[str]) -> int:
    r"""Structural complexity: scripts, commands with an argument (fractions, roots, accents ...), environments.

    >>> complexity(r"\frac { a ^ { 2 } } { b }".split())
    2
    """
    return sum(token in _STRUCTURES for token in tokens)


_STEPS = {"{": 1, "}": -1, r"\begin": 1, r"\end": -1}
_WITH_COLUMNS = frozenset(f"{{{name}}}" for name, environment in ENVIRONMENTS.items() if environment.columns)
_STRUCTURES = frozenset(("^", "_", r"\begin", *(name for name, command in COMMANDS.items() if command.args)))
