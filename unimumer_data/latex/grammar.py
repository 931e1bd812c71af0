r"""The grammar: what a command reads, where its arguments stand, whether it prints ink. Data, no branches.

To teach the reader a command, add its name to one line of `COMMANDS` (or to `SYMBOLS` if it reads nothing).

Sources: relations as in the published Tree-CoT data (arXiv 2505.23566, Fig. 2; notation of the TDv2 converter);
arities from LaTeX2e, amsmath and amssymb; a test holds them against the macro table of pylatexenc.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Role = Literal[
    "symbol",  # stands in the tree under its own name
    "font",  # changes how its argument looks: \mathrm{...}
    "class",  # changes only the spacing around its argument: \mathrel{...}
    "switch",  # \rm: a font up to the end of the group
    "skip",  # prints nothing and says nothing: spaces, sizes, labels
    "infix",  # {a \over b}
    "cell",  # ends a cell or a row: & \\
    "open",
    "close",
    "script",
    "prime",
    "begin",
    "end",
    "left",
    "right",
    "open_bracket",
    "close_bracket",
    "control",  # a character that no formula may hold
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How the reader treats a token.

    Args:
        args: relation of each mandatory argument, in the order of writing; "" throws the argument away.
        option: relation of an optional argument in brackets.
        scripts: relations of `_` and `^`.
        role: see `Role`.
        ink: whether the token itself prints.
        means: the command it is read as, for infixes and font switches.
    """

    args: tuple[str, ...] = ()
    option: str | None = None
    scripts: tuple[str, str] = ("sub", "sup")
    role: Role = "symbol"
    ink: bool = True
    means: str = ""


def _each(names: str, command: Command) -> dict[str, Command]:
    return dict.fromkeys(names.split(), command)


ORDINARY = Command()
OPERATORS = r"\sum \prod \coprod \lim \int \iint \oint"

COMMANDS: dict[str, Command] = {
    "{": Command(role="open", ink=False),
    "}": Command(role="close", ink=False),
    "^": Command(role="script", ink=False),
    "_": Command(role="script", ink=False),
    "'": Command(role="prime"),
    "&": Command(role="cell", ink=False),
    r"\\": Command(role="cell", ink=False),
    r"\begin": Command(role="begin", ink=False),
    r"\end": Command(role="end", ink=False),
    r"\left": Command(role="left", ink=False),
    r"\right": Command(role="right", ink=False),
    **_each(r"\tabularnewline \cr", Command(role="cell", ink=False, means=r"\\")),
    # structure
    **_each(r"\frac \cfrac \dfrac \tfrac", Command(args=("above", "below"))),
    **_each(r"\binom \dbinom \tbinom", Command(args=("above", "below"))),
    **_each(r"\overset \stackrel", Command(args=("above", "below"), ink=False)),
    **_each(r"\underset", Command(args=("below", "above"), ink=False)),
    **_each(r"\sqrt \xrightarrow \xleftarrow", Command(args=("above",), option="below")),
    **_each(
        r"\xlongequal \xleftrightarrow \xRightarrow \xLeftarrow \xLeftrightarrow \xrightleftharpoons \xmapsto",
        Command(args=("above",), option="below"),
    ),
    **_each(OPERATORS, Command(scripts=("below", "above"))),
    **_each(r"\limits \nolimits", Command(ink=False)),
    # accents and what stands around its argument
    **_each(
        r"\hat \check \grave \acute \tilde \breve \bar \vec \dot \ddot \dddot \ddddot \mathring \widehat \widetilde"
        r" \widecheck \overline \underline \overbrace \underbrace \overbracket \underbracket \overparen \underparen"
        r" \overleftarrow \overrightarrow \overleftrightarrow \underleftarrow \underrightarrow \underleftrightarrow"
        r" \overarc \wideparen \utilde \ubar \cancel \bcancel \xcancel \sout \boxed \fbox \textcircled \enclose \pmod",
        Command(args=("above",)),
    ),
    **_each(r"\substack \mathop \vcenter \tag \smash", Command(args=("above",), ink=False)),
    **_each(
        r"\mathrel \mathbin \mathord \mathopen \mathclose \mathpunct \mathinner \ensuremath \mathclap \mathllap"
        r" \mathrlap",
        Command(args=("above",), role="class", ink=False),
    ),
    # fonts
    **_each(
        r"\mathrm \mathbf \mathit \mathsf \mathtt \mathbb \mathcal \mathscr \mathfrak \mathnormal \boldsymbol \bm"
        r" \mathds \mathbbm \Bbb \pmb \bold \operatorname \operatorname* \text \textrm \textup \textnormal \textbf"
        r" \textit \textsf \texttt \textsc \textsl \emph \mbox \hbox \tbox",
        Command(args=("above",), role="font", ink=False),
    ),
    **_each(r"\textcolor \colorbox", Command(args=("", "above"), role="class", ink=False)),
    **{
        name: Command(args=("above",), role="switch", ink=False, means=font)
        for name, font in {
            r"\rm": r"\mathrm",
            r"\bf": r"\mathbf",
            r"\it": r"\mathit",
            r"\sf": r"\mathsf",
            r"\tt": r"\mathtt",
            r"\cal": r"\mathcal",
            r"\frak": r"\mathfrak",
            r"\mit": r"\mathit",
            r"\sl": r"\mathit",
            r"\boldmath": r"\boldsymbol",
            r"\bfseries": r"\mathbf",
            r"\rmfamily": r"\mathrm",
        }.items()
    },
    # infixes
    r"\over": Command(role="infix", means=r"\frac"),
    r"\choose": Command(role="infix", means=r"\binom"),
    r"\atop": Command(role="infix", means="{matrix}", ink=False),
    # nothing on paper
    **_each(
        r"\, \: \; \! \> \ ~ \quad \qquad \enspace \thinspace \medspace \thickspace \negthinspace \negmedspace"
        r" \negthickspace \space \nobreakspace \displaystyle \textstyle \scriptstyle \scriptscriptstyle \big \Big"
        r" \bigg \Bigg \bigl \Bigl \biggl \Biggl \bigr \Bigr \biggr \Biggr \bigm \Bigm \biggm \Biggm \middle"
        r" \nonumber \notag \relax \strut \mathstrut \null \allowbreak \nobreak \noindent \centering \normalsize"
        r" \small \large \Large \tiny \footnotesize \scriptsize \, $ $$ \( \) \[ \] \/ \- \normalfont \protect",
        Command(role="skip", ink=False),
    ),
    **_each(
        r"\hspace \hspace* \vspace \vspace* \hskip \kern \mkern \mskip \phantom \hphantom \vphantom \label \color"
        r" \ref \eqref \cite \mspace",
        Command(args=("",), role="skip", ink=False),
    ),
    **dict.fromkeys(("\\ ", "\\\t", "\\\n"), Command(role="skip", ink=False)),
    **_each(r"\rule", Command(args=("", ""), role="skip")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    r"""An environment.

    Args:
        columns: whether it reads a column specification, as ``\begin{array}{c c}`` does.
        left, right: the delimiters that it draws.
        means: the plain environment that draws the same between the delimiters; "" if it only wraps a formula.
        align: column alignment that ``means`` needs to draw the same.
    """

    columns: bool = False
    left: str = ""
    right: str = ""
    means: str
    align: str = ""


ENVIRONMENTS: dict[str, Environment] = {
    "matrix": Environment(means="matrix"),
    "smallmatrix": Environment(means="matrix"),
    "pmatrix": Environment(means="matrix", left="(", right=")"),
    "bmatrix": Environment(means="matrix", left="[", right="]"),
    "Bmatrix": Environment(means="matrix", left=r"\{", right=r"\}"),
    "vmatrix": Environment(means="matrix", left="|", right="|"),
    "Vmatrix": Environment(means="matrix", left=r"\|", right=r"\|"),
    "array": Environment(means="array", columns=True),
    "tabular": Environment(means="array", columns=True),
    "subarray": Environment(means="array", columns=True),
    "cases": Environment(means="array", left=r"\{", align="l"),
    "dcases": Environment(means="array", left=r"\{", align="l"),
    "rcases": Environment(means="array", right=r"\}", align="l"),
    "aligned": Environment(means="aligned"),
    "alignedat": Environment(means="aligned", columns=True),
    "split": Environment(means="aligned"),
    "align": Environment(means="aligned"),
    "align*": Environment(means="aligned"),
    "eqnarray": Environment(means="aligned"),
    "eqnarray*": Environment(means="aligned"),
    "gathered": Environment(means="gathered"),
    "gather": Environment(means="gathered"),
    "gather*": Environment(means="gathered"),
    "multline": Environment(means="gathered"),
    "multline*": Environment(means="gathered"),
    "equation": Environment(means=""),
    "equation*": Environment(means=""),
    "math": Environment(means=""),
    "displaymath": Environment(means=""),
    "document": Environment(means=""),
}

FUNCTIONS = frozenset(
    r"""
    arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log
    max min Pr sec sin sinh sup tan tanh
    """.split()
)

SYMBOLS = frozenset(
    r"""
    \alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa \varkappa \lambda
    \mu \nu \xi \omicron \pi \varpi \rho \varrho \sigma \varsigma \tau \upsilon \phi \varphi \chi \psi \omega
    \digamma \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi \Omega \varGamma \varDelta
    \varTheta \varLambda \varXi \varPi \varSigma \varUpsilon \varPhi \varPsi \varOmega \aleph \beth \gimel
    \daleth \hbar \hslash \imath \jmath \ell \wp \Re \Im \mho \eth \partial \nabla \infty \prime \backprime
    \emptyset \varnothing \forall \exists \nexists \neg \lnot \top \bot \angle \measuredangle \sphericalangle
    \triangle \square \Box \Diamond \lozenge \blacksquare \blacktriangle \blacklozenge \bigstar \surd \flat
    \natural \sharp \clubsuit \diamondsuit \heartsuit \spadesuit \complement \Finv \Game \Bbbk \AA \R \Z \N \Q
    \C \P \S \dag \ddag \copyright \pounds \yen \checkmark \degree \textdegree \celsius \textquotesingle \pm
    \mp \times \div \cdot \cdotp \ast \star \circ \bullet \oplus \ominus \otimes \oslash \odot \dagger
    \ddagger \amalg \cap \cup \uplus \sqcap \sqcup \vee \wedge \lor \land \setminus \smallsetminus \wr
    \diamond \bigcirc \bigtriangleup \bigtriangledown \triangleleft \triangleright \lhd \rhd \unlhd \unrhd
    \boxplus \boxminus \boxtimes \boxdot \ltimes \rtimes \curlyvee \curlywedge \Cap \Cup \doublecap \doublecup
    \barwedge \veebar \intercal \dotplus \divideontimes \leftthreetimes \rightthreetimes \circledast
    \circledcirc \circleddash \centerdot \le \leq \leqslant \leqq \lt \ll \lll \lesssim \lessapprox \lessgtr
    \prec \preceq \preccurlyeq \precsim \ge \geq \geqslant \geqq \gt \gg \ggg \gtrsim \gtrapprox \gtrless
    \succ \succeq \succcurlyeq \succsim \ne \neq \nless \ngtr \nleq \ngeq \nleqslant \ngeqslant \lneq \gneq
    \lneqq \gneqq \nsim \ncong \nparallel \nmid \equiv \sim \simeq \approx \approxeq \cong \doteq \doteqdot
    \propto \asymp \bowtie \smile \frown \models \perp \mid \parallel \vdash \dashv \Vdash \vDash \Vvdash
    \nvdash \nvDash \triangleq \eqcirc \circeq \risingdotseq \fallingdotseq \backsim \backsimeq \thicksim
    \thickapprox \varpropto \between \pitchfork \trianglelefteq \trianglerighteq \vartriangleleft
    \vartriangleright \vartriangle \coloneqq \eqqcolon \coloneq \subset \supset \subseteq \supseteq \subseteqq
    \supseteqq \subsetneq \supsetneq \nsubseteq \nsupseteq \sqsubset \sqsupset \sqsubseteq \sqsupseteq \Subset
    \Supset \in \ni \owns \notin \notni \leftarrow \gets \rightarrow \to \leftrightarrow \Leftarrow
    \Rightarrow \Leftrightarrow \longleftarrow \longrightarrow \longleftrightarrow \Longleftarrow
    \Longrightarrow \Longleftrightarrow \iff \implies \impliedby \mapsto \longmapsto \uparrow \downarrow
    \updownarrow \Uparrow \Downarrow \Updownarrow \nearrow \searrow \swarrow \nwarrow \hookleftarrow
    \hookrightarrow \leftharpoonup \leftharpoondown \rightharpoonup \rightharpoondown \rightleftharpoons
    \leftrightharpoons \rightleftarrows \leftrightarrows \rightrightarrows \leftleftarrows \nleftarrow
    \nrightarrow \nLeftarrow \nRightarrow \leadsto \rightsquigarrow \leftrightsquigarrow \curvearrowright
    \curvearrowleft \circlearrowright \circlearrowleft \twoheadrightarrow \twoheadleftarrow \upuparrows
    \downdownarrows \dashrightarrow \dashleftarrow \Lsh \Rsh \multimap \upharpoonright \restriction \dots
    \ldots \cdots \vdots \ddots \dotsc \dotsb \dotsm \dotsi \dotso \hdots \mathellipsis \adots \iddots
    \therefore \because \colon \vert \Vert \lvert \rvert \lVert \rVert \| \{ \} \lbrace \rbrace \lbrack
    \rbrack \langle \rangle \lfloor \rfloor \lceil \rceil \lgroup \rgroup \lmoustache \rmoustache \ulcorner
    \urcorner \llcorner \lrcorner \backslash \slash \_ \# \% \& \$ \not \mod \bmod \And \hline \bigcap \bigcup
    \bigoplus \bigotimes \bigodot \biguplus \bigsqcup \bigvee \bigwedge \iiint \iiiint \oiint \oiiint
    \idotsint \varlimsup \varliminf \injlim \projlim \varinjlim \varprojlim
    """.split()
    + ["\\" + name for name in FUNCTIONS if name != "lim"]
)

INK_FREE = frozenset(name for name, command in COMMANDS.items() if not command.ink)
GROUP = "{}"
r"""Symbol of a node that stands for a pair of braces, where a script belongs to a whole group or to nothing."""


def prints_ink(token: str) -> bool:
    r"""Whether a token leaves ink of its own: ``\frac`` (a bar) does, ``^`` does not.

    An environment name (``{pmatrix}``) does where the environment draws delimiters.
    """
    if len(token) > 1 and token[0] == "{":
        environment = ENVIRONMENTS.get(token[1:-1])
        return environment is not None and bool(environment.left or environment.right)
    return token not in INK_FREE


def is_known(token: str) -> bool:
    """Whether the grammar has the token: any single character, a listed command, an environment name."""
    if len(token) > 1 and token[0] == "{":
        return token[1:-1] in ENVIRONMENTS
    return len(token) == 1 or token in COMMANDS or token in SYMBOLS


@lru_cache(maxsize=4096)
def foreign(token: str) -> Command | None:
    """A command outside the table that pylatexenc knows to read one or two arguments; None for any other token."""
    if token[0] != "\\" or token in SYMBOLS or token in COMMANDS:
        return None
    from pylatexenc.latexwalker import get_default_latex_context_db

    specification = get_default_latex_context_db().get_macro_spec(token[1:])
    arguments = getattr(getattr(specification, "args_parser", None), "argspec", "") if specification else ""
    mandatory = arguments.count("{")
    return Command(args=("above", "below")[:mandatory]) if mandatory in (1, 2) else None
