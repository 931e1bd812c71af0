r"""The grammar: what a command reads, where its arguments stand, whether it prints ink. Data, no branches.

To teach the parser a command, add its name to one line of `COMMANDS` (or to `SYMBOLS` if it reads nothing).

Sources: relations as in the published Tree-CoT data (arXiv 2505.23566, Fig. 2; notation of the TDv2 converter);
arities from LaTeX2e, amsmath, amssymb, mathtools and plain TeX; a test checks them against the table of pylatexenc.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal[
    "symbol",  # stands in the tree under its own name
    "font",  # changes how its argument looks: \mathrm{...}
    "class",  # changes only the spacing around its argument: \mathrel{...}
    "fence",  # draws delimiters around its argument: \braket{...}
    "switch",  # \rm: a font up to the end of the group
    "skip",  # prints nothing and says nothing: sizes, labels, colours
    "register",  # a length or number of TeX, with the value that it is given
    "infix",  # {a \over b}
    "size",  # \big and its kin, before a delimiter
    "rule",  # \rule, which may be a strut
    "bar",  # \vrule, which may be one, too
    "genfrac",  # \genfrac: a fraction whose delimiters and bar are arguments
    "delimited",  # reads its first argument up to a command: \root 3 \of x
    "until",  # what ends that argument: \of
    "table",  # plain TeX's \matrix{a & b \cr}
    "halign",  # plain TeX's \halign, whose first row is a template
    "math",  # $ and \(: mathematics inside text
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
RELATIONS = ("above", "below")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How the parser treats a token.

    Args:
        reads: its arguments in the order of writing, set apart by spaces:

            - ``above``, ``below``: an argument that hangs on the node by this relation;
            - ``=above``, ``=below``: the same, kept token by token: a length, a range of columns;
            - ``{}``: an argument that says nothing;
            - ``[above]``, ``[below]``: an optional argument in brackets, with its relation;
            - ``[]``: an optional argument that says nothing;
            - ``length``, ``number``, ``setting``: a TeX length or number with or without braces, or a register and its
              new value, which says nothing;
            - ``size``: ``to`` or ``spread`` and a TeX length, or nothing;
            - ``delimiter``: a delimiter.
        scripts: relations of `_` and `^`.
        role: see `Role`.
        ink: whether the token itself prints.
        means: the command or environment it is read as.
        glue: 1 for what leaves a gap that a script after it hangs on (space, kern, penalty, phantom); -1 for a
            negative space, over which a script reaches the base before it; 0 for anything else.
        until: the command that ends the first argument of a ``delimited`` command.
        left, right: delimiters that are drawn around.
        args, option: relations of the mandatory arguments and of the optional one; they follow from ``reads``.
    """

    reads: str = ""
    scripts: tuple[str, str] = ("sub", "sup")
    role: Role = "symbol"
    ink: bool = True
    means: str = ""
    glue: int = 0
    until: str = ""
    left: str = ""
    right: str = ""
    parameters: tuple[str, ...] = field(init=False)
    args: tuple[str, ...] = field(init=False)
    option: str | None = field(init=False)

    def __post_init__(self) -> None:
        parameters = tuple(self.reads.split())
        options = [name[1:-1] for name in parameters if name[0] == "[" and name != "[]"]
        set_field = object.__setattr__
        set_field(self, "parameters", parameters)
        set_field(self, "args", tuple(name.lstrip("=") for name in parameters if name.lstrip("=") in RELATIONS))
        set_field(self, "option", options[0] if options else None)


def _each(names: str, command: Command) -> dict[str, Command]:
    return dict.fromkeys(names.split(), command)


REGISTERS = frozenset(
    r"\baselineskip \jot \normalbaselineskip \smallskipamount \medskipamount \bigskipamount \parskip \parindent"
    r" \lineskip \arraycolsep \tabcolsep \arrayrulewidth \fboxsep \fboxrule \textwidth \linewidth \columnwidth"
    r" \textheight \hsize \vsize \maxdimen \nulldelimiterspace \abovedisplayskip \belowdisplayskip \unitlength"
    r" \thinmuskip \medmuskip \thickmuskip \tabskip \fill \z \p \lineskiplimit \abovedisplayshortskip"
    r" \belowdisplayshortskip \mathsurround \doublerulesep \displayindent \displaywidth \delimitershortfall"
    r" \scriptspace \hangindent \hfuzz \vfuzz \overfullrule \paperwidth \paperheight \leftmargin \rightmargin"
    r" \itemsep \topsep \multlinegap \mathindent \delimiterfactor \hangafter \hbadness \vbadness \tolerance".split()
)
"""Lengths and numbers of TeX and LaTeX: a value, or a setting where one follows."""
NUMBERED = frozenset(r"\dimen \skip \muskip \count \ht \dp \wd".split())
r"""Registers with a number or the name of a box: ``\dimen 0``, ``\ht \strutbox``."""
EXPRESSIONS = frozenset(r"\dimexpr \glueexpr \muexpr \numexpr".split())
r"""What a computed length begins with; ``\relax`` ends it."""

ORDINARY = Command()
OPERATORS = r"\sum \prod \coprod \lim \int \iint \oint"

FENCES: dict[str, tuple[str, str]] = {
    r"\bra": (r"\langle", "|"),
    r"\Bra": (r"\langle", "|"),
    r"\ket": ("|", r"\rangle"),
    r"\Ket": ("|", r"\rangle"),
    r"\braket": (r"\langle", r"\rangle"),
    r"\Braket": (r"\langle", r"\rangle"),
    r"\set": (r"\{", r"\}"),
    r"\Set": (r"\{", r"\}"),
}
"""Commands of one argument that draw delimiters around it (package braket)."""

COMMANDS: dict[str, Command] = {
    "{": Command(role="open", ink=False),
    "}": Command(role="close", ink=False),
    **_each(r"\bgroup \begingroup", Command(role="open", ink=False)),
    **_each(r"\egroup \endgroup", Command(role="close", ink=False)),
    "^": Command(role="script", ink=False),
    "_": Command(role="script", ink=False),
    r"\sp": Command(role="script", ink=False, means="^"),
    r"\sb": Command(role="script", ink=False, means="_"),
    "'": Command(role="prime"),
    "&": Command(role="cell", ink=False),
    r"\\": Command(role="cell", ink=False),
    r"\begin": Command(role="begin", ink=False),
    r"\end": Command(role="end", ink=False),
    r"\left": Command(role="left", ink=False),
    r"\right": Command(role="right", ink=False),
    **_each(r"\tabularnewline \cr \crcr \newline", Command(role="cell", ink=False, means=r"\\")),
    **_each(r"$ \( \) \[ \]", Command(role="math", ink=False)),
    # structure
    **_each(r"\frac \dfrac \tfrac \binom \dbinom \tbinom", Command(reads="above below")),
    r"\genfrac": Command(reads="above below", role="genfrac"),
    r"\cfrac": Command(reads="[] above below"),
    **_each(r"\overset", Command(reads="above below", ink=False)),
    r"\stackrel": Command(reads="[] above below", ink=False),
    **_each(r"\underset", Command(reads="below above", ink=False)),
    **_each(r"\sqrt \xrightarrow \xleftarrow", Command(reads="[below] above")),
    **_each(
        r"\xlongequal \xleftrightarrow \xRightarrow \xLeftarrow \xLeftrightarrow \xrightleftharpoons \xmapsto",
        Command(reads="[below] above"),
    ),
    **_each(OPERATORS, Command(scripts=("below", "above"))),
    **_each(r"\limits \nolimits \displaylimits", Command(ink=False)),
    r"\root": Command(role="delimited", reads="below above", until=r"\of", means=r"\sqrt"),
    r"\of": Command(role="until", ink=False),
    r"\buildrel": Command(role="delimited", reads="above below", until=r"\over", means=r"\overset"),
    r"\rule": Command(reads="[] =above =below", role="rule"),
    r"\vrule": Command(role="bar", means=r"\vline"),
    r"\hrule": Command(role="bar", means=r"\hline"),
    r"\cline": Command(reads="=above"),
    # plain TeX's tables: the environment that each is read as
    **{
        name: Command(role="table", means=means, ink=False)
        for name, means in {
            r"\matrix": "matrix",
            r"\pmatrix": "pmatrix",
            r"\bmatrix": "bmatrix",
            r"\Bmatrix": "Bmatrix",
            r"\vmatrix": "vmatrix",
            r"\Vmatrix": "Vmatrix",
            r"\cases": "cases",
            r"\eqalign": "aligned",
            r"\eqalignno": "aligned",
            r"\leqalignno": "aligned",
            r"\displaylines": "gathered",
        }.items()
    },
    **_each(r"\halign \ialign", Command(role="halign", ink=False)),
    **_each(r"\bordermatrix \oalign \ooalign", Command(reads="above")),
    **_each(r"\multispan \hdotsfor", Command(reads="=above")),
    # accents and what stands around its argument
    **_each(
        r"\hat \check \grave \acute \tilde \breve \bar \vec \dot \ddot \dddot \ddddot \mathring \widehat \widetilde"
        r" \widecheck \overline \underline \overbrace \underbrace \overparen \underparen"
        r" \overleftarrow \overrightarrow \overleftrightarrow \underleftarrow \underrightarrow \underleftrightarrow"
        r" \overarc \wideparen \utilde \ubar \cancel \bcancel \xcancel \sout \boxed \fbox \textcircled \enclose \pmod"
        r""" \' \` \^ \" \~ \= \.""",
        Command(reads="above"),
    ),
    **_each(r"\overbracket \underbracket", Command(reads="[] [] above")),
    **_each(r"\substack \mathop \tag \tag*", Command(reads="above", ink=False)),
    **_each(r"\vcenter \vbox \vtop", Command(reads="size above", ink=False)),
    r"\framebox": Command(reads="[] [] above"),
    r"\fcolorbox": Command(reads="[] {} [] {} above"),
    r"\smash": Command(reads="[] above", role="class", ink=False),
    r"\mathchoice": Command(reads="above {} {} {}", role="class", ink=False),
    **_each(
        r"\mathrel \mathbin \mathord \mathopen \mathclose \mathpunct \mathinner \ensuremath \mathclap \mathllap"
        r" \mathrlap \llap \rlap \clap \noalign \mathlarger \mathsmaller",
        Command(reads="above", role="class", ink=False),
    ),
    **{name: Command(reads="above", role="fence", left=left, right=right) for name, (left, right) in FENCES.items()},
    # fonts
    **_each(
        r"\mathrm \mathbf \mathit \mathsf \mathtt \mathbb \mathcal \mathscr \mathfrak \mathnormal \boldsymbol \bm"
        r" \mathds \mathbbm \Bbb \pmb \bold \operatorname \operatorname* \operatornamewithlimits \text \textrm \textup"
        r" \textnormal \textbf"
        r" \textit \textsf \texttt \textsc \textsl \textmd \emph \mbox \tbox \centerline",
        Command(reads="above", role="font", ink=False),
    ),
    r"\hbox": Command(reads="size above", role="font", ink=False),
    r"\parbox": Command(reads="[] [] [] {} above", role="font", ink=False),
    r"\makebox": Command(reads="[] [] above", role="font", ink=False),
    r"\raisebox": Command(reads="{} [] [] above", role="font", ink=False),
    r"\colorbox": Command(reads="[] {} above", role="font", ink=False),
    r"\scalebox": Command(reads="{} [] above", role="font", ink=False),
    **_each(r"\resizebox \resizebox*", Command(reads="{} {} above", role="font", ink=False)),
    **_each(r"\textcolor \mathcolor", Command(reads="[] {} above", role="class", ink=False)),
    # links and the like: what is seen of them
    **_each(
        r"\href \class \cssId \style \htmlClass \htmlId \htmlStyle \htmlData",
        Command(reads="{} above", role="class", ink=False),
    ),
    r"\texorpdfstring": Command(reads="above {}", role="class", ink=False),
    r"\cramped": Command(reads="[] above", role="class", ink=False),
    **{
        name: Command(reads="above", role="switch", ink=False, means=font)
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
            r"\upshape": r"\mathrm",
            r"\itshape": r"\mathit",
            r"\slshape": r"\mathit",
            r"\em": r"\mathit",
            r"\sffamily": r"\mathsf",
            r"\ttfamily": r"\mathtt",
            r"\sc": r"\textsc",
            r"\scshape": r"\textsc",
        }.items()
    },
    # infixes: {matrix} stacks without a bar
    r"\over": Command(role="infix", means=r"\frac"),
    r"\choose": Command(role="infix", means=r"\binom"),
    r"\atop": Command(role="infix", means="{matrix}", ink=False),
    r"\brack": Command(role="infix", means="{matrix}", left="[", right="]"),
    r"\brace": Command(role="infix", means="{matrix}", left=r"\{", right=r"\}"),
    r"\above": Command(role="infix", means=r"\frac", reads="length"),
    r"\overwithdelims": Command(role="infix", means=r"\frac", reads="delimiter delimiter"),
    r"\atopwithdelims": Command(role="infix", means="{matrix}", reads="delimiter delimiter", ink=False),
    r"\abovewithdelims": Command(role="infix", means=r"\frac", reads="delimiter delimiter length"),
    # gaps and lengths
    **_each(" ".join((*REGISTERS, *NUMBERED)), Command(role="register", ink=False)),
    **_each(
        r"\, \: \; \> \ ~ \quad \qquad \enspace \enskip \thinspace \medspace \thickspace \space \nobreakspace"
        r" \hfil \hfill \hfilll \hss \vfil \vfill \vss \smallskip \medskip \bigskip \nonscript"
        r" \allowbreak \nobreak \break \goodbreak \filbreak \eject \clearpage \cleardoublepage \hfilneg \vfilneg"
        r" \hidewidth \strut \mathstrut \null \fill",
        Command(role="skip", ink=False, glue=1),
    ),
    **dict.fromkeys(("\\ ", "\\\t", "\\\n"), Command(role="skip", ink=False, glue=1)),
    **_each(r"\linebreak \nolinebreak \pagebreak \nopagebreak", Command(reads="[]", role="skip", ink=False, glue=1)),
    **_each(r"\! \negthinspace \negmedspace \negthickspace", Command(role="skip", ink=False, glue=-1)),
    **_each(
        r"\hspace \hspace* \vspace \vspace* \mspace \phantom \hphantom \vphantom \extracolsep",
        Command(reads="{}", role="skip", ink=False, glue=1),
    ),
    **_each(
        r"\hskip \vskip \hglue \vglue \kern \mkern \mskip",
        Command(reads="length", role="skip", ink=False, glue=1),
    ),
    r"\penalty": Command(reads="number", role="skip", ink=False, glue=1),
    # nothing on paper
    **_each(
        r"\big \Big \bigg \Bigg \bigl \Bigl \biggl \Biggl \bigr \Bigr \biggr \Biggr \bigm \Bigm \biggm \Biggm \middle",
        Command(role="size", ink=False),
    ),
    **_each(
        r"\displaystyle \textstyle \scriptstyle \scriptscriptstyle"
        r" \nonumber \notag \relax \noindent \centering \tiny \scriptsize \footnotesize \small \normalsize"
        r" \large \Large \LARGE \huge \Huge \/ \- \normalfont \protect \par \newpage \allowdisplaybreaks"
        r" \leavevmode \indent \unskip \ignorespaces \ignorespacesafterend \unboldmath \selectfont \mdseries \@"
        r" \HUGE \smaller \larger \normalcolor \xspace \sloppy \raggedright \raggedleft \endhead \endfirsthead"
        r" \endfoot \endlastfoot \joinrel \arraybackslash",
        Command(role="skip", ink=False),
    ),
    **_each(r"\label \ref \eqref \cite \leftroot \uproot \skew \require", Command(reads="{}", role="skip", ink=False)),
    **_each(r"\color \pagecolor", Command(reads="[] {}", role="skip", ink=False)),
    r"\displaybreak": Command(reads="[]", role="skip", ink=False),
    r"\definecolor": Command(reads="{} {} {}", role="skip", ink=False),
    **_each(r"\raise \lower \moveleft \moveright \openup", Command(reads="length", role="skip", ink=False)),
    **_each(r"\advance \multiply \divide", Command(reads="setting", role="skip", ink=False)),
    **_each(
        r"\settowidth \settoheight \settodepth \numberwithin"
        r" \setlength \addtolength \setcounter \addtocounter \fontsize \def \edef \gdef \xdef \DeclareMathOperator"
        r" \DeclareMathOperator*",
        Command(reads="{} {}", role="skip", ink=False),
    ),
    **_each(
        r"\newcommand \newcommand* \renewcommand \renewcommand* \providecommand \providecommand*",
        Command(reads="{} [] [] {}", role="skip", ink=False),
    ),
    **_each(r"\newenvironment \renewenvironment", Command(reads="{} [] [] {} {}", role="skip", ink=False)),
    **_each(
        r"\newlength \newcount \newdimen \newskip \newmuskip \newcounter \newsavebox",
        Command(reads="{}", role="skip", ink=False),
    ),
    **_each(r"\usepackage \documentclass", Command(reads="[] {}", role="skip", ink=False)),
    **_each(r"\global \long \outer \protected", Command(role="skip", ink=False)),
    r"\let": Command(reads="{} {}", role="skip", ink=False),
    r"\DeclareRobustCommand": Command(reads="{} [] [] {}", role="skip", ink=False),
    r"\DeclarePairedDelimiter": Command(reads="{} {} {}", role="skip", ink=False),
}

TEXT = frozenset(
    r"\text \textrm \textup \textnormal \textbf \textit \textsf \texttt \textsc \textsl \textmd \emph \mbox \hbox"
    r" \tbox \centerline \parbox \makebox \raisebox \fbox \framebox \colorbox \fcolorbox"
    r" \scalebox \resizebox \resizebox*".split()
)
"""Commands whose argument is text: mathematics is there between dollar signs only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    r"""An environment.

    Args:
        columns: whether it reads a column specification, as ``\begin{array}{c c}`` does.
        option: whether an option in brackets may follow its name, as in ``\begin{aligned}[t]``.
        starred: whether that option is the alignment of its columns, as in ``\begin{pmatrix*}[r]``.
        left, right: the delimiters that it draws.
        means: the plain environment that draws the same between the delimiters; "" if it only wraps a formula.
        align: column alignment that ``means`` needs to draw the same.
        reads: what stands before its columns: ``{}`` and ``[]`` say nothing, ``above`` is a formula before it.
        text: which cells are text: ``all``, or those ``later`` than the first of a row.
        written: the environment that it is read as, if another: its cells hold mathematics.
        box: the command that it is in the form of an environment.
    """

    columns: bool = False
    reads: str = ""
    text: Literal["", "all", "later"] = ""
    written: str = ""
    box: str = ""
    option: bool = False
    starred: bool = False
    left: str = ""
    right: str = ""
    means: str
    align: str = ""


_BRACKETS = {"": ("", ""), "p": "()", "b": "[]", "B": (r"\{", r"\}"), "v": "||", "V": (r"\|", r"\|")}


def _matrices() -> dict[str, Environment]:
    kinds = (("matrix", False), ("smallmatrix", False), ("matrix*", True), ("smallmatrix*", True))
    return {
        letter + name: Environment(
            means="array" if starred else "matrix", left=left, right=right, option=starred, starred=starred
        )
        for name, starred in kinds
        for letter, (left, right) in _BRACKETS.items()
    }


def _named(names: str, environment: Environment) -> dict[str, Environment]:
    return dict.fromkeys(names.split(), environment)


ENVIRONMENTS: dict[str, Environment] = {
    **_matrices(),
    **_named("array darray subarray crampedsubarray", Environment(means="array", columns=True, option=True)),
    **_named(
        "tabular longtable longtable* supertabular xtabular",
        Environment(means="array", columns=True, option=True, text="all", written="array"),
    ),
    **_named(
        "tabular* tabularx tabulary xltabular",
        Environment(means="array", columns=True, option=True, text="all", written="array", reads="{}"),
    ),
    **_named("minipage varwidth", Environment(means="", box=r"\parbox", reads="[] [] [] {}")),
    **_named("cases dcases", Environment(means="array", left=r"\{", align="l")),
    **_named("rcases drcases", Environment(means="array", right=r"\}", align="l")),
    **_named("cases*", Environment(means="array", left=r"\{", align="l", text="later", written="cases")),
    **_named("dcases*", Environment(means="array", left=r"\{", align="l", text="later", written="dcases")),
    **_named("rcases*", Environment(means="array", right=r"\}", align="l", text="later", written="rcases")),
    **_named("drcases*", Environment(means="array", right=r"\}", align="l", text="later", written="drcases")),
    **_named(
        "numcases subnumcases",
        Environment(means="array", left=r"\{", align="l", text="later", written="cases", reads="above"),
    ),
    **_named("aligned", Environment(means="aligned", option=True)),
    **_named("alignedat", Environment(means="aligned", columns=True, option=True)),
    **_named("alignat alignat* xalignat xalignat* xxalignat", Environment(means="aligned", columns=True)),
    **_named("IEEEeqnarray IEEEeqnarray*", Environment(means="aligned", columns=True)),
    **_named("split align align* flalign flalign* eqnarray eqnarray*", Environment(means="aligned")),
    **_named("gathered lgathered rgathered multlined", Environment(means="gathered", option=True)),
    **_named("gather gather* multline multline*", Environment(means="gathered")),
    **_named(
        "equation equation* math displaymath document subequations dmath dmath* center flushleft flushright"
        " tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge mathletters",
        Environment(means=""),
    ),
    **_named("spreadlines multicols multicols*", Environment(means="", reads="{}")),
}

DISPLAYS = frozenset(
    "equation displaymath math dmath align flalign alignat xalignat xxalignat eqnarray gather multline"
    " IEEEeqnarray".split()
)
"""Environments that are mathematics where they stand in text, with a star and without."""

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
    \lneqq \gneqq \nprec \nsucc \npreceq \nsucceq \nsim \ncong \nparallel \nmid \equiv \sim \simeq \approx
    \approxeq \cong \doteq \doteqdot
    \propto \asymp \bowtie \smile \frown \models \perp \mid \parallel \vdash \dashv \Vdash \vDash \Vvdash
    \nvdash \nvDash \nVdash \nVDash \triangleq \eqcirc \circeq \risingdotseq \fallingdotseq \backsim
    \backsimeq \thicksim
    \thickapprox \varpropto \between \pitchfork \trianglelefteq \trianglerighteq \vartriangleleft
    \vartriangleright \vartriangle \ntriangleleft \ntriangleright \ntrianglelefteq \ntrianglerighteq \coloneqq
    \eqqcolon \coloneq \subset \supset \subseteq \supseteq \subseteqq
    \supseteqq \subsetneq \supsetneq \nsubseteq \nsupseteq \sqsubset \sqsupset \sqsubseteq \sqsupseteq \Subset
    \Supset \in \ni \owns \notin \notni \leftarrow \gets \rightarrow \to \leftrightarrow \Leftarrow
    \Rightarrow \Leftrightarrow \longleftarrow \longrightarrow \longleftrightarrow \Longleftarrow
    \Longrightarrow \Longleftrightarrow \iff \implies \impliedby \mapsto \longmapsto \uparrow \downarrow
    \updownarrow \Uparrow \Downarrow \Updownarrow \nearrow \searrow \swarrow \nwarrow \hookleftarrow
    \hookrightarrow \leftharpoonup \leftharpoondown \rightharpoonup \rightharpoondown \rightleftharpoons
    \leftrightharpoons \rightleftarrows \leftrightarrows \rightrightarrows \leftleftarrows \nleftarrow
    \nrightarrow \nLeftarrow \nRightarrow \nleftrightarrow \nLeftrightarrow \leadsto \rightsquigarrow
    \leftrightsquigarrow \curvearrowright
    \curvearrowleft \circlearrowright \circlearrowleft \twoheadrightarrow \twoheadleftarrow \upuparrows
    \downdownarrows \dashrightarrow \dashleftarrow \Lsh \Rsh \multimap \upharpoonright \restriction \dots
    \ldots \cdots \vdots \ddots \dotsc \dotsb \dotsm \dotsi \dotso \hdots \mathellipsis \adots \iddots
    \therefore \because \colon \vert \Vert \lvert \rvert \lVert \rVert \| \{ \} \lbrace \rbrace \lparen \rparen \lbrack
    \rbrack \langle \rangle \lfloor \rfloor \lceil \rceil \lgroup \rgroup \lmoustache \rmoustache \ulcorner
    \urcorner \llcorner \lrcorner \backslash \slash \ldotp \_ \# \% \& \$ \not \mod \bmod \And \hline \hdashline \vline
    \toprule \midrule \bottomrule \hrulefill \dotfill \bigcap \bigcup
    \bigoplus \bigotimes \bigodot \biguplus \bigsqcup \bigvee \bigwedge \iiint \iiiint \oiint \oiiint
    \idotsint \varlimsup \varliminf \injlim \projlim \varinjlim \varprojlim
    """.split()
    + ["\\" + name for name in FUNCTIONS if name != "lim"]
)

ACROSS = frozenset(r"\hline \hdashline \toprule \midrule \bottomrule".split())
"""Rules as wide as a table."""
VERBATIM = frozenset(name for name, command in COMMANDS.items() if "=above" in command.parameters)
"""Commands whose arguments are kept token by token."""
CELLS = frozenset(name for name, command in COMMANDS.items() if command.role == "cell")
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


def is_unknown(token: str) -> bool:
    r"""Whether a token is a command that the grammar lacks: ``\norm``. Groups after it are its arguments."""
    return len(token) > 1 and token[0] == "\\" and token not in COMMANDS and token not in SYMBOLS


_CONTROL = Command(role="control", ink=False)
KNOWN: dict[str, Command] = {
    **COMMANDS,
    **{chr(code): _CONTROL for code in (*range(9), 11, 12, *range(14, 32), 127)},
    "\\": _CONTROL,
    "[": Command(role="open_bracket"),
    "]": Command(role="close_bracket"),
}
"""Every token that is more to the parser than a symbol."""


def role_of(token: str) -> Role:
    """The role of a token; a symbol where the grammar does not know it."""
    command = KNOWN.get(token)
    return "symbol" if command is None else command.role
