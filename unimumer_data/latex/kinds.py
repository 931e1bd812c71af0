r"""Kinds of formula: fractions, scripts, matrices ... the one answer for scores, the report and practice.

A formula is of a kind where a node of its strict tree belongs to the kind. In the strict form a node is a token, so
the tokens are looked at; a formula may be of several kinds, or ``plain`` where it is of none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .grammar import ENVIRONMENTS, FUNCTIONS

_MATRICES = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array"}
_CASES = {name for name in ENVIRONMENTS if "cases" in name}

KINDS: Mapping[str, frozenset[str]] = {
    "superscript": frozenset(("^",)),
    "subscript": frozenset(("_",)),
    "fraction": frozenset(r"\frac \binom \genfrac".split()),
    "root": frozenset((r"\sqrt",)),
    "sum, product, union": frozenset(
        r"\sum \prod \coprod \bigcup \bigcap \bigoplus \bigotimes \bigvee \bigwedge".split()
    ),
    "integral": frozenset(r"\int \iint \iiint \iiiint \oint \oiint \oiiint".split()),
    "limit": frozenset(r"\lim \limsup \liminf \max \min \sup \inf".split()),
    "function name": frozenset("\\" + name for name in FUNCTIONS) - frozenset((r"\lim",)),
    "accent": frozenset(
        r"\hat \widehat \bar \tilde \widetilde \vec \dot \ddot \dddot \check \breve \acute \grave \mathring".split()
    ),
    "line or brace over or under": frozenset(
        r"\overline \underline \overbrace \underbrace \overrightarrow \overleftarrow \overset \underset".split()
    ),
    "matrix or array": frozenset(f"{{{name}}}" for name in _MATRICES),
    "cases": frozenset(f"{{{name}}}" for name in _CASES),
    "several lines": frozenset((r"\\",)),
    "text or font": frozenset(
        r"\text \mathrm \mathbf \mathbb \mathcal \mathfrak \mathscr \mathsf \mathit \mathtt \operatorname".split()
    ),
    "Greek letter": frozenset(
        r"\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa \lambda \mu \nu "
        r"\xi \pi \varpi \rho \varrho \sigma \varsigma \tau \upsilon \phi \varphi \chi \psi \omega \Gamma \Delta "
        r"\Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi \Omega".split()
    ),
    "plain": frozenset(),
}
"""Name of a kind -> the nodes that make a formula one of it; ``plain`` is what has none of them."""
_MARKED = frozenset().union(*KINDS.values())


def kinds_of(label: Sequence[str]) -> tuple[str, ...]:
    r"""The kinds of one label, given in the strict form.

    >>> kinds_of(tuple(r"\frac { a ^ { 2 } } { b }".split()))
    ('superscript', 'fraction')
    >>> kinds_of(("x", "+", "1"))
    ('plain',)
    """
    nodes = _MARKED.intersection(label)
    return tuple(name for name, members in KINDS.items() if not members.isdisjoint(nodes)) or ("plain",)
