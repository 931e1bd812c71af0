r"""What each command looks like, where the table of KaTeX does not say it. Data, no rules."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from unimumer_data.latex.grammar import FUNCTIONS


def _pairs(text: str) -> Mapping[str, str]:
    return MappingProxyType(dict(line.split() for line in text.strip().splitlines()))


ALIASES = _pairs(
    r"""
    \iff \Longleftrightarrow
    \implies \Longrightarrow
    \impliedby \Longleftarrow
    \colon :
    \slash /
    \ldotp .
    \lparen (
    \rparen )
    \dotsc \ldots
    \dotso \ldots
    \dots \ldots
    \hdots \ldots
    \mathellipsis \ldots
    \dotsb \cdots
    \dotsm \cdots
    \dotsi \cdots
    \iiiint \iiint
    \idotsint \iint
    \nleqslant \nleq
    \ngeqslant \ngeq
    \coloneq \coloneqq
    \textquotesingle \prime
    \varGamma \Gamma
    \varDelta \Delta
    \varTheta \Theta
    \varLambda \Lambda
    \varXi \Xi
    \varPi \Pi
    \varSigma \Sigma
    \varUpsilon \Upsilon
    \varPhi \Phi
    \varPsi \Psi
    \varOmega \Omega
    \iddots \ddots
    \adots \ddots
    \dddot \ddot
    \ddddot \ddot
    """
)
"""Commands that are drawn as another one."""

GLYPHS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        r"\cdots": ("main", "inner", "\u22ef"),
        r"\imath": ("main", "ord", "\u0131"),
        r"\jmath": ("main", "ord", "\u0237"),
        r"\not": ("main", "rel", "\ue020"),
        r"\R": ("ams", "ord", "R"),
        r"\Z": ("ams", "ord", "Z"),
        r"\N": ("ams", "ord", "N"),
        r"\Q": ("ams", "ord", "Q"),
        r"\C": ("ams", "ord", "C"),
        r"\Bbbk": ("ams", "ord", "k"),
        r"\degree": ("main", "ord", "\u02da"),
        r"\textdegree": ("main", "ord", "\u02da"),
        r"\ulcorner": ("ams", "open", "\u250c"),
        r"\urcorner": ("ams", "close", "\u2510"),
        r"\llcorner": ("ams", "open", "\u2514"),
        r"\lrcorner": ("ams", "close", "\u2518"),
        r"\backslash": ("main", "ord", "\\"),
        r"\copyright": ("text", "ord", "\u00a9"),
        r"\celsius": ("text", "ord", "\u2103"),
        r"\AA": ("text", "ord", "\u00c5"),
        "'": ("main", "ord", "\u2032"),
        "&": ("main", "ord", "&"),
    }
)
"""Token -> font, class and character, beside `metrics.symbols`."""

RUNS: Mapping[str, tuple[str, tuple[tuple[str, float, float], ...]]] = MappingProxyType(
    {
        # class, then pieces: token, shift to the right of the piece before, raise; in em
        r"\neq": ("rel", ((r"\not", 0, 0), ("=", 0, 0))),
        r"\ne": ("rel", ((r"\not", 0, 0), ("=", 0, 0))),
        r"\notin": ("rel", ((r"\not", -0.05, 0), (r"\in", 0, 0))),
        r"\notni": ("rel", ((r"\not", -0.05, 0), (r"\ni", 0, 0))),
        r"\coloneqq": ("rel", ((":", 0, 0.035), ("=", -0.06, 0))),
        r"\eqqcolon": ("rel", (("=", 0, 0), (":", -0.06, 0.035))),
        r"\vdots": ("ord", ((".", 0, 0), (".", -0.278, 0.389), (".", -0.278, 0.778))),
    }
    | {
        rf"\n{name}": ("rel", ((r"\not", 0, 0), (rf"\{name}", 0, 0)))
        for name in "leftrightarrow Leftrightarrow prec succ preceq succeq Vdash trianglelefteq"
        " trianglerighteq".split()
    }
    | {
        r"\nVDash": ("rel", ((r"\not", 0, 0), (r"\models", 0, 0))),
        r"\ntriangleleft": ("rel", ((r"\not", 0, 0), (r"\vartriangleleft", 0, 0))),
        r"\ntriangleright": ("rel", ((r"\not", 0, 0), (r"\vartriangleright", 0, 0))),
    }
)
"""Symbols that are drawn from several glyphs."""

WORDS: Mapping[str, str] = MappingProxyType(
    {"\\" + name: name for name in FUNCTIONS}
    | {
        r"\bmod": "mod",
        r"\mod": "mod",
        r"\And": "&",
        r"\injlim": "inj lim",
        r"\projlim": "proj lim",
        r"\liminf": "lim inf",
        r"\limsup": "lim sup",
        r"\varliminf": "lim",
        r"\varlimsup": "lim",
        r"\varinjlim": "lim",
        r"\varprojlim": "lim",
    }
)
"""Names that are set upright."""

LIMITS = frozenset(
    r"""
    \sum \prod \coprod \lim \bigcap \bigcup \bigodot \bigoplus \bigotimes \bigsqcup \biguplus \bigvee \bigwedge
    \det \gcd \inf \max \min \Pr \sup \liminf \limsup \injlim \projlim \varliminf \varlimsup \varinjlim \varprojlim
    \mathop \operatorname* \overbrace \underbrace \overbracket \underbracket
    """.split()
)
"""Operators whose scripts stand below and above in display style."""

ACCENTS: Mapping[str, str] = MappingProxyType(
    {
        r"\hat": "^",
        r"\check": "\u02c7",
        r"\grave": "\u02cb",
        r"\acute": "\u02ca",
        r"\tilde": "\u02dc",
        r"\breve": "\u02d8",
        r"\bar": "\u02c9",
        r"\ubar": "\u02c9",
        r"\vec": "\u20d7",
        r"\dot": "\u02d9",
        r"\ddot": "\u00a8",
        r"\dddot": "\u02d9 \u02d9 \u02d9",
        r"\ddddot": "\u02d9 \u02d9 \u02d9 \u02d9",
        r"\mathring": "\u02da",
        r"\'": "\u02ca",
        r"\`": "\u02cb",
        r"\^": "^",
        r"\"": "\u00a8",
        r"\~": "\u02dc",
        r"\=": "\u02c9",
        r"\.": "\u02d9",
    }
)
WIDE_ACCENTS: Mapping[str, str] = MappingProxyType(
    {r"\widehat": "\u02c6", r"\widetilde": "\u02dc", r"\utilde": "\u02dc", r"\widecheck": "\u02c6"}
)

OVER: Mapping[str, str] = MappingProxyType(
    {
        r"\overline": "rule",
        r"\overrightarrow": r"\rightarrow",
        r"\overleftarrow": r"\leftarrow",
        r"\overleftrightarrow": r"\leftrightarrow",
        r"\overbrace": "brace",
        r"\overbracket": "bracket",
        r"\overparen": "arc",
        r"\wideparen": "arc",
        r"\overarc": "arc",
    }
)
UNDER: Mapping[str, str] = MappingProxyType(
    {
        r"\underline": "rule",
        r"\underrightarrow": r"\rightarrow",
        r"\underleftarrow": r"\leftarrow",
        r"\underleftrightarrow": r"\leftrightarrow",
        r"\underbrace": "brace",
        r"\underbracket": "bracket",
        r"\underparen": "arc",
    }
)
ARROWS: Mapping[str, str] = MappingProxyType(
    {
        r"\xrightarrow": r"\rightarrow",
        r"\xleftarrow": r"\leftarrow",
        r"\xleftrightarrow": r"\leftrightarrow",
        r"\xRightarrow": r"\Rightarrow",
        r"\xLeftarrow": r"\Leftarrow",
        r"\xLeftrightarrow": r"\Leftrightarrow",
        r"\xrightleftharpoons": r"\rightleftharpoons",
        r"\xmapsto": r"\mapsto",
        r"\xlongequal": "=",
    }
)
"""Arrows that stretch over what they carry."""

FONTS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        r"""
        \mathrm \operatorname \operatorname* \operatornamewithlimits \text \textrm \textup \textmd \textnormal \textsc
        \mbox \hbox \tbox \makebox \raisebox \centerline \parbox \colorbox \scalebox \resizebox \resizebox*
        \fbox \framebox \fcolorbox
        """.split(),
        "main",
    )
    | dict.fromkeys(r"\mathbf \textbf \bold".split(), "bold")
    | dict.fromkeys(r"\boldsymbol \bm \pmb".split(), "boldmath")
    | dict.fromkeys(r"\mathit \textit \textsl \emph".split(), "italic")
    | dict.fromkeys(r"\mathsf \textsf".split(), "sans")
    | dict.fromkeys(r"\mathtt \texttt".split(), "tt")
    | dict.fromkeys(r"\mathbb \mathds \mathbbm \Bbb".split(), "ams")
    | {r"\mathcal": "cal", r"\mathscr": "script", r"\mathfrak": "frak", r"\mathnormal": "", "$": ""}
)
"""Font command -> font of the letters in it."""

SPACES: Mapping[str, float] = MappingProxyType(
    {
        r"\,": 3 / 18,
        r"\thinspace": 3 / 18,
        r"\:": 4 / 18,
        r"\>": 4 / 18,
        r"\medspace": 4 / 18,
        r"\;": 5 / 18,
        r"\thickspace": 5 / 18,
        r"\!": -3 / 18,
        r"\negthinspace": -3 / 18,
        r"\enspace": 0.5,
        r"\quad": 1.0,
        r"\qquad": 2.0,
        "\\ ": 1 / 3,
        "~": 1 / 3,
        r"\space": 1 / 3,
        r"\nobreakspace": 1 / 3,
    }
)
"""Width in em."""

BIG: Mapping[str, float] = MappingProxyType(
    {
        name + side: height
        for name, height in {r"\big": 1.2, r"\Big": 1.8, r"\bigg": 2.4, r"\Bigg": 3.0}.items()
        for side in ("", "l", "r", "m")
    }
)
r"""Size command before a delimiter -> the height that it asks for, in em."""

STRETCHED_WHOLE = frozenset(
    r"| \| \vert \Vert \lvert \rvert \lVert \rVert \mid \parallel \uparrow \downarrow \updownarrow \Uparrow \Downarrow"
    r" \Updownarrow".split()
)
"""Delimiters that have one shape, drawn longer."""
