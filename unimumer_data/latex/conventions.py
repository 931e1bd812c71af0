r"""What the canonical forms call equal, as data. Every rule is written down, with examples, in docs/canonical-form.md.

Three levels: ``records`` is the token string of the published data, and its rules may belong to one corpus; ``strict``
joins what looks the same in print; ``loose`` also forgives what `LOOSE` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .grammar import FUNCTIONS

VERSION = 2
"""Raised whenever a rule changes what some label becomes; scores of different versions do not compare."""


def _pairs(text: str) -> dict[str, str]:
    """``old new`` on each line; ``new`` may be several tokens."""
    return dict(line.split(maxsplit=1) for line in text.strip().splitlines())


def _all_to(target: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), target)


# Spellings of one token that no corpus distinguishes.
RECORD_NAMES: Mapping[str, str] = MappingProxyType(
    _pairs(
        r"""
        \lt <
        \gt >
        \to \rightarrow
        \gets \leftarrow
        \lparen (
        \rparen )
        \lbrack [
        \rbrack ]
        \lbrace \{
        \rbrace \}
        \fcolorbox \fbox
        \framebox \fbox
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    r"""How one corpus writes its labels, where corpora differ.

    Args:
        limits: operators whose scripts are written after ``\limits``.
        names: token -> tokens, after `RECORD_NAMES`; an entry that maps a token to itself undoes a general one.
    """

    limits: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)


_CROHME_NAMES = _pairs(
    r"""
    \le \leq
    \ge \geq
    \ne \neq
    \vert |
    \lvert |
    \rvert |
    \mid |
    \parallel | |
    \Vert | |
    \lVert | |
    \rVert | |
    \| | |
    \dots \ldots
    \ast *
    """
)

CONVENTIONS: dict[str, Convention] = {
    "": Convention(),
    # 101 symbols: a norm is two bars; \limits stands where an operator carries scripts
    "crohme": Convention(limits=frozenset((r"\sum", r"\prod", r"\lim", r"\int")), names=_CROHME_NAMES),
    "crohme2023": Convention(names=_CROHME_NAMES),
    # its makers write \to beside \rightarrow, and so does the published model
    "mathwriting": Convention(names={r"\to": r"\to", r"\gets": r"\gets"}),
}

STRICT_NAMES: Mapping[str, str] = MappingProxyType(
    dict(RECORD_NAMES)
    | _all_to(r"\frac", r"\cfrac \dfrac \tfrac")
    | _all_to(r"\binom", r"\dbinom \tbinom")
    | _all_to(r"\overset", r"\stackrel")
    | _all_to("|", r"\vert \lvert \rvert \mid")
    | _all_to(r"\|", r"\Vert \lVert \rVert \parallel")
    | _all_to(r"\ldots", r"\dotsc \dotso \hdots \mathellipsis")
    | _all_to(r"\cdots", r"\dotsb \dotsm \dotsi")
    | _pairs(
        r"""
        \le \leq
        \ge \geq
        \ne \neq
        \land \wedge
        \lor \vee
        \lnot \neg
        \owns \ni
        \colon :
        \ast *
        \cdotp \cdot
        \centerdot \cdot
        \dag \dagger
        \ddag \ddagger
        \iff \Longleftrightarrow
        \implies \Longrightarrow
        \impliedby \Longleftarrow
        \backslash \setminus
        \bot \perp
        \centernot \not
        \Box \square
        \doublecap \Cap
        \doublecup \Cup
        \restriction \upharpoonright
        \slash /
        \ldotp .
        \textdegree \degree
        \bmod \mod
        \R \mathbb { R }
        \Z \mathbb { Z }
        \N \mathbb { N }
        \Q \mathbb { Q }
        \C \mathbb { C }
        """
    )
)

NEGATED: Mapping[str, str] = MappingProxyType(
    _pairs(
        r"""
        = \neq
        \in \notin
        \ni \notni
        < \nless
        > \ngtr
        \leq \nleq
        \geq \ngeq
        \leqslant \nleqslant
        \geqslant \ngeqslant
        \prec \nprec
        \succ \nsucc
        \preceq \npreceq
        \succeq \nsucceq
        \vdash \nvdash
        \vDash \nvDash
        \Vdash \nVdash
        \vartriangleleft \ntriangleleft
        \vartriangleright \ntriangleright
        \trianglelefteq \ntrianglelefteq
        \trianglerighteq \ntrianglerighteq
        \sim \nsim
        \cong \ncong
        \| \nparallel
        | \nmid
        \subseteq \nsubseteq
        \supseteq \nsupseteq
        \exists \nexists
        \rightarrow \nrightarrow
        \leftarrow \nleftarrow
        \Rightarrow \nRightarrow
        \Leftarrow \nLeftarrow
        \leftrightarrow \nleftrightarrow
        \Leftrightarrow \nLeftrightarrow
        """
    )
)
r"""What ``\not`` before a relation makes of it."""

RUNS: Mapping[str, str] = MappingProxyType({".": r"\ldots", r"\cdot": r"\cdots"})
"""Three of these in a row are one symbol."""

# A font of LaTeX's text mode or of an operator name prints the letters of this mathematical one.
FONT_NAMES: Mapping[str, str] = MappingProxyType(
    _all_to(
        r"\mathrm",
        r"\operatorname \operatorname* \operatornamewithlimits \text \textrm \textup \textnormal \textmd \mbox \hbox"
        r" \tbox \centerline \parbox \makebox \raisebox \colorbox \scalebox \resizebox \resizebox*",
    )
    | _all_to(r"\mathbf", r"\textbf \bold")
    | _all_to(r"\mathit", r"\textit \textsl \emph")
    | _all_to(r"\mathsf", r"\textsf")
    | _all_to(r"\mathtt", r"\texttt")
    | _all_to(r"\boldsymbol", r"\bm \pmb")
    | _all_to(r"\mathbb", r"\Bbb \mathds \mathbbm")
    | _all_to("", r"\mathnormal")
)

LOOSE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # these change more than single tokens: canonical.py does the rest
        "fonts": {f"\\{name}": " ".join(name) for name in FUNCTIONS},
        "primes": {},
        "columns": {},
        "letters": _pairs(
            r"""
            \varepsilon \epsilon
            \vartheta \theta
            \varpi \pi
            \varrho \rho
            \varsigma \sigma
            \varphi \phi
            \varkappa \kappa
            \hslash \hbar
            \imath i
            \jmath j
            """
        ),
        "dots": _all_to(r"\ldots", r"\cdots \dots"),
        "slants": _all_to(r"\leq", r"\leqslant \leqq")
        | _all_to(r"\geq", r"\geqslant \geqq")
        | _pairs("\\nleqslant \\nleq\n\\ngeqslant \\ngeq"),
        "arrows": _pairs(
            r"""
            \longrightarrow \rightarrow
            \longleftarrow \leftarrow
            \longleftrightarrow \leftrightarrow
            \Longrightarrow \Rightarrow
            \Longleftarrow \Leftarrow
            \Longleftrightarrow \Leftrightarrow
            \longmapsto \mapsto
            """
        ),
        "accents": _pairs(
            r"""
            \widehat \hat
            \widetilde \tilde
            \overline \bar
            \overrightarrow \vec
            \widecheck \check
            """
        ),
        "shapes": _pairs(
            r"""
            \varnothing \emptyset
            \bigtriangleup \triangle
            \vartriangle \triangle
            \smallsetminus \setminus
            \nshortmid \nmid
            \shortmid |
            \thicksim \sim
            \thickapprox \approx
            \varpropto \propto
            \bigcirc \circ
            """
        ),
    }
)
"""Rule name -> token -> token: what ``loose`` forgives beyond ``strict``."""
