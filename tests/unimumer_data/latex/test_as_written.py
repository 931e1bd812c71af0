"""LaTeX as people write it, kind by kind: what TeX makes of it is what the forms say."""

from __future__ import annotations

import pytest

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.latex import canonical, canonical_tree, parse, read_tree, write_tokens, write_tree

GAPS = [
    *r"\, \: \; \> ~ \quad \qquad \enspace \enskip \hfill \nobreak \space".split(),
    "\\ ", r"\hspace{1em}", r"\hspace*{2pt}", r"\kern 3pt", r"\mkern3mu", r"\hskip 1em plus 1fil", r"\phantom{x}",
    r"\null",
]  # fmt: skip


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("form", ["records", "strict", "loose"])
def test_a_script_after_a_gap_hangs_on_nothing(gap: str, form: str) -> None:
    assert canonical(f"x ^ 2 {gap} ^ {{ 14 }} C", form) == "x ^ { 2 } { } ^ { 1 4 } C"
    assert canonical(f"n + {gap} _ 2 ^ 4 k", form) == "n + { } _ { 2 } ^ { 4 } k"
    assert canonical(rf"\sum {gap} ^ 3 a", form) == r"\sum { } ^ { 3 } a"
    assert canonical(f"a {gap} ' b", form) == r"a { } ^ { \prime } b"
    assert canonical(f"a {gap} b ^ 2", form) == "a b ^ { 2 }"


@pytest.mark.parametrize("gap", [r"\!", r"\negthinspace", r"\mkern-3mu", r"\kern-1pt", r"\hspace{-2pt}"])
def test_a_negative_space_closes_the_gap_to_the_base(gap: str) -> None:
    assert canonical(rf"\right) {gap} ^ 2", "strict", repairs=[]) == ") ^ { 2 }"
    assert canonical(f"x ^ 2 {gap} ^ 3") == "x ^ { 2 } { } ^ { 3 }"


@pytest.mark.parametrize(
    "length",
    [r"\dimexpr 1pt+2pt\relax", r"\dimexpr(2pt+3pt)*2/3\relax", r"\glueexpr 1pt plus 1fil\relax",
     r"\dimexpr\dimexpr1pt\relax*2\relax", '"1Fpt', "'17pt", "`x pt", r"\ht0", r"2\wd\strutbox", r"-1.5\mylength",
     r"1em plus\dimexpr 2em\relax minus 1fil",
     "3pt", "2.5em", "-0.5em", "- 1 . 5 e x", "3 mu", "3mu plus 1mu minus 1mu", r"\jot", r"2\baselineskip", "1truecm",
     r"-\fboxsep", "0pt plus 1fill", "{2.5em}", ",5cm"],
)  # fmt: skip
@pytest.mark.parametrize("command", [r"\hskip", r"\kern", r"\mkern", r"\mskip", r"\vskip"])
def test_lengths_go_whole(command: str, length: str) -> None:
    assert canonical(f"a {command} {length} b") == "a b"
    assert canonical(f"a {command}{length} x + {{b {command} {length}}} _ 2") == "a x + b _ { 2 }"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\color[RGB]{178,34,34} \frac{a}{b}", r"\frac{a}{b}"),
        (r"\color{#ff00_1^2} a", "a"),
        (r"\textcolor[rgb]{1,0,0}{a} + b", "a + b"),
        (r"\colorbox[gray]{0.9}{$x$}", "x"),
        (r"\cfrac[l]{1}{2}", r"\frac{1}{2}"),
        (r"\smash[b]{x} y", "x y"),
        (r"\framebox[3em][l]{x}", r"\fbox{x}"),
        (r"\begin{array}{@{\extracolsep{\fill}}lr@{}} a & b \end{array}", r"\begin{array}{lr} a & b \end{array}"),
        (r"\stackrel[a]{b}{=}", r"\stackrel{b}{=}"),
        (r"\raisebox{1ex}[0pt][2pt]{x}", r"\text{x}"),
        (r"\makebox[3em][l]{x}", r"\text{x}"),
        (r"\overbracket[1pt][2pt]{a}", r"\overbracket{a}"),
        (r"a = b \tag*{(1)}", r"a = b \tag{1}"),
        (r"\sqrt[\leftroot{-2}\uproot{2}3]{x}", r"\sqrt[3]{x}"),
        (r"\label{eq:a_1_2} x", "x"),
        (r"\raise 2pt \hbox{$x$}", "x"),
    ],
)
def test_options_say_nothing(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")


def test_a_bracket_without_partner_is_no_option() -> None:
    assert canonical(r"\overbracket [ a") == r"\overbracket { [ } a"


@pytest.mark.parametrize("star", [r"\tag*{1}", r"\tag*{(1)(2)}", r"\tag*{a}"])
def test_a_tag_without_parentheses_is_another(star: str) -> None:
    assert canonical(star, "strict") != canonical(star.replace("*", ""), "strict")


@pytest.mark.parametrize("name", ["aligned", "gathered", "multlined"])
def test_the_place_of_an_environment_says_nothing(name: str) -> None:
    body = rf"a & b \\ c & d \end{{{name}}}"
    assert canonical(rf"\begin{{{name}}}[t] {body}") == canonical(rf"\begin{{{name}}} {body}")
    assert "[ x , y ]" in canonical(rf"\begin{{{name}}} [x,y] {body}")


@pytest.mark.parametrize("letter", ["", "p", "b", "B", "v", "V"])
@pytest.mark.parametrize("small", ["", "small"])
def test_matrices_with_a_star_say_how_they_are_aligned(letter: str, small: str) -> None:
    name = f"{letter}{small}matrix"
    body = rf"1 & -2 \\ 3 & 4 \end{{{name}"
    starred = canonical(rf"\begin{{{name}*}}[r] {body}*}}", "strict")
    assert canonical(rf"\begin{{{name}*}} {body}*}}", "strict") == canonical(rf"\begin{{{name}}} {body}}}", "strict")
    assert r"\begin {array} { r }" in starred
    record = canonical(rf"\begin{{{name}*}}[r] {body}*}}")
    assert record.startswith(rf"\begin {{{name}*}} [ r ] 1") and canonical(record) == record


@pytest.mark.parametrize(
    "gap", ["*", "*[2ex]", r"[2\baselineskip]", r"[-\jot]", "[1.5 ex]", "[3pt plus 1fil]", " [ 2 p t ]"]
)
def test_row_breaks(gap: str) -> None:
    assert canonical(rf"\begin{{matrix}} a \\{gap} b \end{{matrix}}") == r"\begin {matrix} a \\ b \end {matrix}"


def test_what_prints_after_a_row_break_stays() -> None:
    assert (
        canonical(r"\begin{matrix} a \\ [ b ] \\ * c \end{matrix}")
        == r"\begin {matrix} a \\ [ b ] \\ * c \end {matrix}"
    )


@pytest.mark.parametrize(
    ("preamble", "plain"),
    [
        ("*{20}{c}", "ccc"),
        ("*3c", "ccc"),
        ("*{3}{c}", "ccc"),
        ("*{1}{l}*{2}{r}", "lrr"),
        ("*{2}{*{2}{r}}", "rrr"),
        ("@{}ccc@{}", "ccc"),
        (r"l@{\quad}l!{\hspace{1em}}l", "lll"),
        (r">{\displaystyle}lll<{\,}", "lll"),
        ("p{2cm}m{1em}l", "lll"),
        ("c|c|*{4}{c}", "c|c|c"),
        ("w{r}{2cm}rr", "rrr"),
    ],
)
def test_preambles(preamble: str, plain: str) -> None:
    one, other = (rf"\begin{{array}}{{{it}}} 1 & 3 & 4 \\ x & y & z \end{{array}}" for it in (preamble, plain))
    assert canonical(one, "strict") == canonical(other, "strict")
    record = canonical(one)
    assert canonical(record) == record and canonical(record, "strict") == canonical(one, "strict")


def test_what_a_preamble_prints_stays_in_braces() -> None:
    record = canonical(r"\begin{array}{l@{=}r|} a & b \end{array}")
    assert record == r"\begin {array} { l @ { = } r | } a & b \end {array}"
    assert canonical(record, "strict") != canonical(r"\begin{array}{lr|} a & b \end{array}", "strict")
    assert write_tokens(read_tree(write_tree(canonical_tree(record)))) == record.split()


def test_a_thousand_million_columns_cost_nothing() -> None:
    assert canonical(r"\begin{array}{*{1000000000}{*{99999}{c}}} a & b \end{array}", "strict") == canonical(
        r"\begin{matrix} a & b \end{matrix}", "strict"
    )


@pytest.mark.parametrize("form", ["records", "strict", "loose"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\norm{x} y", r"\norm{x y}"),
        (r"\norm{} x", r"\norm{x}"),
        (r"\cancelto{0}{x} y", r"\cancelto{0}{x y}"),
        (r"\multicolumn{2}{c}{a b} c", r"\multicolumn{2}{c}{a} b c"),
        (r"\genfrac{}{}{0pt}{}{n k}{m}", r"\genfrac{}{}{0pt}{}{n}{k m}"),
        (r"\prescript{14}{6}{C} x", r"\prescript{14}{6}{C x}"),
        (r"x ^ \norm{y} z", r"x ^ \norm{y z}"),
        (r"\begin{foo}{x} y \end{foo}", r"\begin{foo}{x y} \end{foo}"),
        (r"\norm[2]{x} y", r"\norm[2]{x y}"),
        (r"\norm*{x} y", r"\norm*{x y}"),
        (r"\norm*[2]{x} y", r"\norm*[2]{x y}"),
        (r"\cancelto[a][b]{0}[c]{x} y", r"\cancelto[a][b]{0}[c]{x y}"),
        (r"\begin{foo}[t]{x} y \end{foo}", r"\begin{foo}[t]{x y} \end{foo}"),
    ],
)
def test_unknown_commands_keep_their_groups(one: str, other: str, form: str) -> None:
    assert canonical(one, form) != canonical(other, form)
    assert canonical(canonical(one, form), form) == canonical(one, form)


@pytest.mark.parametrize("text", ["[x] {y} z", r"\norm] {y} z", r"\norm{x} + [y] {z}", "a * {y} z"])
def test_brackets_and_stars_elsewhere_make_no_arguments(text: str) -> None:
    assert "{" not in canonical(text).removeprefix(r"\norm { x }")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\genfrac(){0pt}{}{n}{k}", r"\binom{n}{k}"),
        (r"\genfrac[]{0pt}1nk", r"{n \brack k}"),
        (r"\genfrac{\{}{\}}{0pt}{}{n}{k}", r"{n \brace k}"),
        (r"\genfrac{}{}{}{0}{n + 1}{k}", r"\frac{n + 1}{k}"),
        (r"\genfrac..{1pt}{}{n}\frac ab", r"\frac{n}{\frac{a}{b}}"),
        (r"\genfrac<>{}{}{n}{k}", r"\left< \frac{n}{k} \right>"),
        (r"a \hglue 3pt plus 1fil b", "a b"),
        (r"\hbox to 3cm{a} b", r"\hbox{a} b"),
        (r"\hbox spread -2pt{a}", r"\hbox{a}"),
        (r"a \vrule width 0pt height 12pt b", "a b"),
        (r"a \vrule height 0pt depth 0pt b", "a b"),
        (r"a \vrule height 2pt width.4pt depth-1pt b", r"a \vline b"),
        (r"\parskip=3pt a \openup 1\jot", "a"),
        (r"\fcolorbox[rgb]{1,0,0}{blue}{$x$}", r"\fbox{$x$}"),
        (r"\pagecolor[gray]{.5} \definecolor{a}{rgb}{1,0,0} \color{a} x", "x"),
        (r"\parbox[t]{2cm}{if $x$}", r"\text{if $x$}"),
        (r"\begin{darray}{cc} a & b \end{darray}", r"\begin{array}{cc} a & b \end{array}"),
        (r"\begin{dmath} a \end{dmath}", "a"),
        (r"\begin{matrix} a \tabularnewline[2pt] b \end{matrix}", r"\begin{matrix} a \\ b \end{matrix}"),
        (r"\matrix{a \cr \noalign{\vskip 3pt} b}", r"\begin{matrix} a \\ b \end{matrix}"),
        (r"\matrix{a \cr \noalign{\hrule} b}", r"\begin{matrix} a \\ \hline b \end{matrix}"),
        (r"\bmatrix{a & b \cr}", r"\begin{bmatrix} a & b \end{bmatrix}"),
        (r"\mathchoice{a}{b}{c}{d} \skew{3}\hat x", r"a \hat x"),
        (r"\fontsize{10}{12}\selectfont \leavevmode a \displaybreak[1] \newpage", "a"),
        (r"\sum\displaylimits_i a", r"\sum_i a"),
        (r"\mathop{\mathop{\lim}\limits_{x}}\limits^{y}", r"\lim_x^y"),
        (r"\begin{array}{@{}} a \end{array}", r"\begin{array}{c} a \end{array}"),
        (r"a \not\leftrightarrow b \not\preceq c", r"a \nleftrightarrow b \npreceq c"),
        ("a ≢ b ⊄ c", r"a \not\equiv b \not\subset c"),
        (r"\left\lparen a \right\rparen \ldotp", "(a)."),
    ],
)
def test_what_says_nothing_and_what_is_spelled_otherwise(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")
    assert canonical(canonical(text), "strict") == canonical(canonical(plain), "strict")


def test_brackets_that_print_after_a_row_break_are_no_gap() -> None:
    record = r"\begin {matrix} a \\ { } [ 2 p t ] b \end {matrix}"
    assert canonical(r"\begin{matrix} a \\ {[}2pt] b \end{matrix}") == record == canonical(record)
    assert canonical(r"\begin{matrix} a \\ [x] b \end{matrix}") == r"\begin {matrix} a \\ [ x ] b \end {matrix}"


def test_unknown_commands_are_latex_again_in_records() -> None:
    record = r"\prescript { } { } { 0 p t } { } { n } { k } ^ { 2 } x"
    assert canonical(r"\prescript{}{}{0pt}{}{n}{k}^2 {x}") == record
    assert write_tokens(read_tree(write_tree(canonical_tree(record)))) == record.split()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"{n \brack k}", r"\left[ {n \atop k} \right]"),
        (r"{n \brace k}", r"\left\{ {n \atop k} \right\}"),
        (r"{a \atopwithdelims ( ) b}", r"\binom{a}{b}"),
        (r"{a \atopwithdelims . | b}", r"{a \atop b} |"),
        (r"{a \overwithdelims [ ] b}", r"[ \frac{a}{b} ]"),
        (r"{a \above 0.4pt b}", r"\frac{a}{b}"),
        (r"{a \above 0pt b}", r"{a \atop b}"),
        (r"{a \abovewithdelims ( ) 0pt b}", r"\binom{a}{b}"),
    ],
)
def test_infixes(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")
    assert canonical(f"x {text} y", "strict") != canonical(f"{{x {text[1:-1]} y}}", "strict")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"{n \brace k}^2", r"\left\{ {n \atop k} \right\}^2"),
        (r"{n \brack k}_1^2", r"\left[ {n \atop k} \right]_1^2"),
        (r"{\begin{pmatrix} a \\ b \end{pmatrix}}^2", r"\begin{pmatrix} a \\ b \end{pmatrix}^2"),
        (r"{\begin{cases} a \\ b \end{cases}}_2", r"\begin{cases} a \\ b \end{cases}_2"),
    ],
)
def test_scripts_on_a_table_in_braces_are_its_own(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")
    assert canonical(f"{{x {text[1:]}", "strict") != canonical(f"x {plain}", "strict")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\matrix{a & b \cr c & d}", r"\begin{matrix} a & b \\ c & d \end{matrix}"),
        (r"\pmatrix{a & b \cr c & d \cr}^2", r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}^2"),
        (r"\cases{1 & 2 \cr 3 & 4}", r"\begin{cases} 1 & 2 \\ 3 & 4 \end{cases}"),
        (r"\eqalign{a &= b \cr c &= d \cr}", r"\begin{aligned} a &= b \\ c &= d \end{aligned}"),
        (r"\displaylines{a \cr b}", r"\begin{gathered} a \\ b \end{gathered}"),
        (r"\root 3 \of {x}", r"\sqrt[3]{x}"),
        (r"\root n+1 \of x^2", r"\sqrt[n+1]{x}^2"),
        (r"a \buildrel \rm def \over = b", r"a \overset{\rm def}{=} b"),
        (r"x \sp { 2 } \sb 1", "x ^ 2 _ 1"),
        (r"\pmatrix{\matrix{a & b} \cr c}", r"\begin{pmatrix} \begin{matrix} a & b \end{matrix} \\ c \end{pmatrix}"),
    ],
)
def test_plain_tex(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")
    assert canonical(text) == canonical(plain)


def test_the_second_column_of_plain_cases_is_text() -> None:
    assert canonical(r"\cases{x & if $x \ge 0$; \cr -x & else}", "strict") == canonical(
        r"\begin{cases} x & \text{if } x \ge 0 \text{;} \\ -x & \text{else} \end{cases}", "strict"
    )


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\text{if $x$ is}", r"\text{if } x \text{ is}"),
        (r"\mbox{$x ^ 2$}", "x ^ 2"),
        (r"\hbox{for \(n > 0\)}", r"\text{for } n > 0"),
        (r"\textbf{a {b $c$} d}", r"\textbf{a b} c \textbf{d}"),
        (r"\text{a \ensuremath{b}}", r"\text{a} b"),
        (r"\text{$a$ and $b$}", r"a \text{and} b"),
        (r"\text{$x \text{in $y$} z$}", r"x \text{in} y z"),
        (r"$ \frac{a}{b} $", r"\frac{a}{b}"),
        (r"\text{$\begin{matrix} a & b \\ c \end{matrix}$}", r"\begin{matrix} a & b \\ c \end{matrix}"),
        (r"\text{$x}", "x"),
    ],
)
def test_mathematics_inside_text(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")


def test_braket_reads_one_argument() -> None:
    assert canonical(r"\braket{a|b}", "strict") == canonical(r"\langle a | b \rangle", "strict")
    assert canonical(r"\braket{a} + \ket{b} \bra c", "strict") == canonical(
        r"\langle a \rangle + | b \rangle \langle c |", "strict"
    )
    assert canonical(r"\braket{\phi|\psi}") == r"\braket { \phi | \psi }"


@pytest.mark.parametrize("word", r"\hint \exercise \d \b \c \u \v \r \myown".split())
def test_names_of_text_read_no_argument(word: str) -> None:
    assert canonical(f"{word} x + y") == f"{word} x + y"


@pytest.mark.parametrize("size", r"\tiny \small \normalsize \large \Large \LARGE \huge \Huge".split())
def test_sizes_go(size: str) -> None:
    assert canonical(f"{{{size} x}} y ^ {{{size} 2}}") == "x y ^ { 2 }"


@pytest.mark.parametrize("fill", r"\hfill \hfil \hss \vfill \enskip \smallskip \medskip \bigskip".split())
def test_fills_go(fill: str) -> None:
    assert canonical(f"x {fill} y") == "x y"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\mathop {\lim }\limits_{x \to 0} f", r"\lim_{x \to 0} f"),
        (r"\mathop{\sum}_{i}^n a", r"\sum_{i}^n a"),
        (r"\mathop{\rm max}_{x} y", r"\max_{x} y"),
        (r"\mathop{{\bigcup}}\nolimits_i", r"\bigcup_i"),
        (r"\mathop{\mathrm{inf}} x", r"\inf x"),
    ],
)
def test_mathop_around_an_operator_goes(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")
    assert "mathop" not in canonical(text)


def test_mathop_around_anything_else_stays() -> None:
    assert canonical(r"\mathop{a b}_c") == r"\mathop { a b } _ { c }"


@pytest.mark.parametrize("primes", ["''", "' '", "'''", r"\prime '"])
def test_primes_alone_in_a_script_stand_on_one_level(primes: str) -> None:
    count = primes.count("'") + primes.count("prime")
    assert canonical(f"f ^ {{ {primes} }} ( x )") == "f ^ { " + r"\prime " * count + "} ( x )"


def test_substack_is_subarray() -> None:
    one = canonical(r"\sum_{\substack{i<n \\ j<m}} a", "strict")
    assert one == canonical(r"\sum_{\begin{subarray}{c} i<n \\ j<m \end{subarray}} a", "strict")
    assert one != canonical(r"\sum_{\begin{subarray}{l} i<n \\ j<m \end{subarray}} a", "strict")
    assert canonical(r"\substack{a \\ b}") == r"\substack { a \\ b }"


def test_rules_that_print_stay() -> None:
    assert canonical(r"x = \rule[2pt]{1cm}{0.4pt}") == r"x = \rule { 1 c m } { 0 . 4 p t }"
    assert canonical(r"\mathrm{\rule{1em}{1pt}}", "strict") == r"\rule { 1 e m } { 1 p t }"
    for strut in (r"\rule{0pt}{3ex}", r"\rule{1em}{0 mm}", r"\rule[-1ex]{0.0em}{2ex}", r"\rule{\z@}{2ex}"):
        assert canonical(f"{strut} x") == "x"


def test_options_with_a_single_bracket_are_stable() -> None:
    record = canonical(r"\sqrt[{]}]{x}")
    assert record == r"\sqrt [ { ] } ] { x }" and canonical(record) == record


@pytest.mark.parametrize(
    "text", [r"\root 3 x", r"\of x", r"\hskip", r"\hspace", r"\matrix a", r"\rule{1cm", r"\kern x"]
)
def test_what_lacks_its_argument_is_refused(text: str) -> None:
    with pytest.raises(LatexSyntaxError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        # options, sizes and boxes that say nothing
        (r"a \linebreak[4] b", "a b"),
        (r"\scalebox{2}{$a$} \resizebox{2cm}{!}{$\frac{a}{b}$}", r"a \frac{a}{b}"),
        (r"\colorbox{red}{a}", r"\text{a}"),
        (r"\mathcolor[rgb]{1,0,0}{a} \href{u}{b} \class{x}{c} \texorpdfstring{$d$}{e}", "a b c d"),
        (r"{\HUGE a} \mathlarger{b} \joinrel c", "a b c"),
        (r"{\itshape x} {\sffamily x} {\ttfamily x} {\upshape x}", r"\mathit{x} \mathsf{x} \mathtt{x} \mathrm{x}"),
        # lengths, registers and definitions
        (r"a \hskip\fill b \hskip\z@skip c", "a b c"),
        (r"\hangindent 2pt \fboxsep=0pt \delimiterfactor=901 a", "a"),
        (r"\arraycolsep=1.4pt\def\arraystretch{2.2} a", "a"),
        (r"\newcommand{\x}[1][a]{b} \setcounter{MaxMatrixCols}{20} a", "a"),
        (r"\rule{-1pt}{2pt} x \rule{0\textwidth}{1pt}", "x"),
        # delimiters after sizes
        (r"\Big. x \bigr|_0", "x |_0"),
        (r"\big< x \big> \middle.", r"\langle x \rangle"),
        # environments and columns
        (r"\begin{IEEEeqnarray}{rCl} a &=& b \end{IEEEeqnarray}", r"\begin{align} a &=& b \end{align}"),
        (r"\begin{small} a \end{small}", "a"),
        (r"\begin{array}{D{.}{.}{2}c} a & b \end{array}", r"\begin{array}{cc} a & b \end{array}"),
        (r"\begin{array}{K{2cm}c} a & b \end{array}", r"\begin{array}{Kc} a & b \end{array}"),
        # operators and strokes
        (r"\mathop{\rm argmin}\limits_x", r"\operatorname*{argmin}_x"),
        (r"\operatornamewithlimits{max}_x", r"\max_x"),
        (r"a \centernot= b", r"a \neq b"),
        (r"\mbox{\boldmath $x$} y", r"\boldsymbol{x} y"),
    ],
)
def test_more_that_prints_the_same(text: str, plain: str) -> None:
    once = canonical(text, "strict")
    assert once == canonical(plain, "strict")
    assert canonical(once, "strict") == once
    assert canonical(canonical(text)) == canonical(text)


def test_boxes_of_a_size_keep_what_they_hold() -> None:
    assert canonical(r"\vbox to 3pt{a b} c") == r"\vbox { a b } c"
    assert canonical(r"\vtop spread 1em {a} b") == r"\vtop { a } b"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\penalty\numexpr 10*10\relax a \penalty-100\foo", r"a \foo"),
        (r"\hbox to\dimexpr 3cm-1pt\relax{$a$}", "a"),
        (r"\vrule height\dimexpr 3pt+1pt\relax width 0pt a", "a"),
        (r"\begin{matrix} a \\[\dimexpr 3pt+\jot] b \end{matrix}", r"\begin{matrix} a \\ b \end{matrix}"),
        (r"\advance\hsize by 3pt \dimen0=3pt \skip1=2pt plus 1fil \multiply\count0 by 2 a", "a"),
        (r"\raise\dp\strutbox\hbox{$a$}", "a"),
    ],
)
def test_lengths_that_are_computed(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")


def test_a_length_by_itself_is_a_value() -> None:
    assert canonical(r"\foo{\linewidth} x") == r"\foo { \linewidth } x"
    assert canonical(r"\includegraphics[width=.5\linewidth]{a}") == r"\includegraphics [ w i d t h = . 5 ] { a }"
    assert canonical(r"\rule{\dimexpr 1cm+2pt\relax}{1pt}") == r"\rule { \dimexpr 1 c m + 2 p t } { 1 p t }"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (
            r"\begin{tabular*}{5cm}{@{\extracolsep{\fill}}lr} $a$ & $b$ \end{tabular*}",
            r"\begin{array}{lr} a & b \end{array}",
        ),
        (r"\begin{tabular*}{\textwidth}[t]{lr} $a$ & $b$ \end{tabular*}", r"\begin{array}{lr} a & b \end{array}"),
        (
            r"\begin{tabularx}{.5\linewidth}{|>{\centering}X|r|} \hline a & $b$ \\ \hline \end{tabularx}",
            r"\begin{array}{|l|r|} \hline \text{a} & b \\ \hline \end{array}",
        ),
        (r"\begin{tabulary}{5cm}{LCR} 1 & 2 & 3 \end{tabulary}", r"\begin{array}{lcr} 1 & 2 & 3 \end{array}"),
        (
            r"\begin{tabular}{c} for $x_1$ \\ \cline{1-1} b \\ \end{tabular}",
            r"\begin{array}{c} \text{for} x_1 \\ \cline{1-1} \text{b} \end{array}",
        ),
        (r"\begin{minipage}[t][3cm][s]{.4\textwidth} \centering if $a^2$ \end{minipage}", r"\text{if $a^2$}"),
        (r"\begin{minipage}{5cm} $a$ \\ b \end{minipage}", r"\begin{array}{l} a \\ \text{b} \end{array}"),
        (r"\parbox{3cm}{$a$ \\ $b$} c", r"\begin{array}{l} a \\ b \end{array} c"),
        (
            r"\begin{matrix} \parbox{3cm}{$a$ \\ $b$} & c \end{matrix}",
            r"\begin{matrix} \begin{array}{l} a \\ b \end{array} & c \end{matrix}",
        ),
        (
            r"\begin{numcases}{f(x)=} 1 & if $x>0$ \\ 0 & else \end{numcases}",
            r"f(x)=\begin{cases} 1 & \text{if } x>0 \\ 0 & \text{else} \end{cases}",
        ),
        (
            r"\begin{subnumcases}{\label{w} w=} 0 & $l = 0$ \\ 1 \end{subnumcases}",
            r"w=\begin{cases} 0 & l = 0 \\ 1 \end{cases}",
        ),
        (r"\begin{numcases}{} 1 \\ 0 \end{numcases}^2", r"\begin{cases} 1 \\ 0 \end{cases}^2"),
        (r"\begin{dcases*} 1 & if $x$ \end{dcases*}", r"\begin{dcases} 1 & \text{if } x \end{dcases}"),
        (r"\begin{spreadlines}{1em} a \end{spreadlines}", "a"),
    ],
)  # fmt: skip
def test_environments_with_a_width_or_a_formula_before_them(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")
    assert canonical(text) == canonical(plain) == canonical(canonical(text))


@pytest.mark.parametrize(
    "text",
    [
        r"\begin{numcases}{a} 1 \end{cases}",
        r"\begin{tabular}{c} a \end{array}",
        r"\begin{tabular*} a \end{tabular*}",
        r"\begin{tabularx}{5cm} a \end{tabularx}",
        r"\begin{numcases}{a 1 \end{numcases}",
    ],
)
def test_environments_that_lack_something_are_refused(text: str) -> None:
    with pytest.raises(LatexSyntaxError):
        parse(text)
    record = canonical(text, repairs=[])
    assert canonical(record) == record


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\halign{#\hfil&\quad#\cr $a$&b\cr c&d\cr}",
         r"\begin{array}{ll} a & \text{b} \\ \text{c} & \text{d} \end{array}"),
        (r"\halign to 5cm{\hfil$#$&$#$\tabskip=1em plus1fil\cr x&=1\cr y&=2\cr}",
         r"\begin{array}{rl} x&=1 \\ y&=2 \end{array}"),
        (r"\vcenter{\openup1\jot\halign{$\hfil##\hfil$\cr a\cr b\crcr}}_2", r"\begin{array}{c} a \\ b \end{array}_2"),
        (r"\halign{$x_{#}$&${}=#$\cr 1&a\cr 2&\cr}", r"\begin{array}{ll} x_1 & =a \\ x_2 & = \end{array}"),
        (r"\halign{(#)&\bf#:\cr a&b\cr}", r"\begin{array}{ll} (\text{a}) & \textbf{b}: \end{array}"),
        (r"\halign{$#$&&\hfil$#$\cr a&b&c\cr}", r"\begin{array}{lrr} a & b & c \end{array}"),
        (r"\halign{&\hfil$#$\cr a&b\cr}", r"\begin{array}{rr} a & b \end{array}"),
        (
            r"\halign{$#$\cr a\cr\noalign{\hrule} \omit b\cr\noalign{\vskip 3pt} c}",
            r"\begin{array}{l} a \\ \hline \text{b} \\ c \end{array}",
        ),
        (
            r"\halign{$#$&$#$\cr \multispan2 a\cr b&c\cr}",
            r"\begin{array}{ll} \multicolumn{2}{l}{\text{a}} \\ b & c \end{array}",
        ),
        (
            r"\halign{$#$\cr \matrix{a & b\cr} & c \cr \halign{$#$\cr d\cr}\cr}",
            r"\begin{array}{ll} \begin{matrix} a & b \end{matrix} & \text{c}"
            r" \\ \begin{array}{l} d \end{array} \end{array}",
        ),
        (r"\halign{$#$\cr \begin{matrix} a & b \\ c \end{matrix} \cr}",
         r"\begin{array}{l} \begin{matrix} a & b \\ c \end{matrix} \end{array}"),
        (r"x \hidewidth y", "x y"),
    ],
)  # fmt: skip
def test_the_table_of_plain_tex(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    "text", [r"\halign{a & b}", r"\halign a", r"\halign{#}", r"\halign{\cr a}", r"\halign{#\cr a"]
)
def test_a_table_without_template_or_end_is_refused(text: str) -> None:
    with pytest.raises(LatexSyntaxError, match=r"\\halign.*template"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\newcommand{\R}{\mathbb{R}} x \in \R", r"x \in \mathbb{R}"),
        (r"\newcommand\abs[1]{\left|#1\right|} \abs{x} + \abs y", r"|x| + |y|"),
        (r"\newcommand*{\n}[2][2]{\| #2 \|_{#1}} \n{x} \n[1]{y}", r"\|x\|_2 \|y\|_1"),
        (r"\renewcommand{\vec}[1]{\mathbf{#1}} \vec{x}", r"\mathbf{x}"),
        (r"\def\f#1#2{\frac{#1}{#2}} \f12 \f{x+1}y", r"\frac12 \frac{x+1}{y}"),
        (r"\def\a{b} \a \global\def\a{c} \a", "b c"),
        (r"\let\a=\alpha \let\b\beta \a_1 \b", r"\alpha_1 \beta"),
        (r"\let\oldsum\sum \renewcommand{\sum}{\oldsum\limits} \sum_i", r"\sum_i"),
        (r"\DeclareMathOperator{\tr}{tr} \DeclareMathOperator*{\am}{arg\,max} \tr A \am_x",
         r"\mathrm{tr} A \operatorname*{arg max}_x"),
        (r"\DeclarePairedDelimiter{\abs}{\lvert}{\rvert} \abs{x} \abs*{y} \abs[\big]{z}", "|x| |y| |z|"),
        (r"\newcommand{\be}{\begin{align}}\newcommand{\ee}{\end{align}} \be x &= 1 \ee",
         r"\begin{align} x &= 1 \end{align}"),
        (r"\newcommand{\x}[1]{\def\y##1{#1 ##1}\y z} \x a", "a z"),
        (r"\def\a{\a x} \a", r"\a"),
        (r"\def\a{\b\b}\def\b{\c\c}\def\c{\a\a} \a", r"\a"),
        (r"\def\a(#1){x} \a(2)", r"\a(2)"),
        (r"\abs{a} \newcommand{\abs}[1]{|#1|} \abs{b} {\abs}", r"\abs{a} |b| \abs"),
        (r"\newlength{\foo} \settowidth{\foo}{abc} \newenvironment{bar}[1]{a}{b} \usepackage[x]{y} x", "x"),
    ],
)  # fmt: skip
def test_what_a_formula_defines_is_written_out(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize("text", [r"\newcommand{\a}", r"\def\a{b", r"\let", r"\DeclareMathOperator{\a}", r"\def"])
def test_definitions_without_end_are_refused(text: str) -> None:
    with pytest.raises(LatexSyntaxError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"a \begingroup b \over c \endgroup", r"a \frac{b}{c}"),
        (r"\bgroup \bf a \egroup b", r"\mathbf{a} b"),
        (r"x ^ \bgroup a + b \egroup", "x ^ {a + b}"),
        (r"{\sc a} {\scshape b}", r"\textsc{a} \textsc{b}"),
        (r"\begin{longtable}{l} $a$ \\ \endhead $b$ \end{longtable}", r"\begin{array}{l} a \\ b \end{array}"),
    ],
)
def test_groups_and_fonts_by_their_other_names(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")


@pytest.mark.parametrize("text", [r"\bgroup a", r"a \egroup", r"\begingroup a }"])
def test_groups_without_their_partner(text: str) -> None:
    record = canonical(text, repairs=[])
    assert canonical(record) == record and "a" in record


def test_rules_of_booktabs_stay() -> None:
    record = r"\begin {array} { l } \toprule a \\ \midrule b \\ \bottomrule \end {array}"
    assert canonical(r"\begin{array}{l} \toprule[1pt] a \\ \midrule b \\ \bottomrule \end{array}") == record


@pytest.mark.parametrize("box", [r"\fbox", r"\framebox[3em][l]", r"\fcolorbox{red}{blue}"])
def test_a_frame_around_text_is_one_around_upright_letters(box: str) -> None:
    assert canonical(rf"{box}{{$x$}}^2", "strict") == r"\boxed { x } ^ { 2 }"
    assert canonical(rf"{box}{{if $x$}}", "strict") == canonical(r"\boxed{\text{if $x$}}", "strict")
    assert canonical(rf"{box}{{if $x_1$}}") == r"\boxed { i f x _ { 1 } }"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\begin{minipage}{3cm} if \[ a = b \] c \end{minipage}", r"\text{if} a = b \text{c}"),
        (r"\parbox{3cm}{if $$a = b$$ c}", r"\text{if} a = b \text{c}"),
        (r"\text{$a$$b$ c}", r"a b \text{c}"),
        (
            r"\begin{minipage}{3cm} if \begin{align*} a &= b \end{align*} c \end{minipage}",
            r"\text{if} \begin{aligned} a &= b \end{aligned} \text{c}",
        ),
        (r"\text{a \begin{equation} b \end{equation} c}", r"\text{a} b \text{c}"),
        (r"\[ a \] \text{b} $$c$$", r"a \text{b} c"),
    ],
)
def test_displays_inside_text_are_mathematics(text: str, plain: str) -> None:
    assert canonical(text, "strict") == canonical(plain, "strict")


def test_no_font_changes_the_columns_of_multicolumn() -> None:
    strict = canonical(r"\begin{tabular}{cc} \multicolumn{2}{|l|}{a} \\ $b$ & $c$ \end{tabular}", "strict")
    assert r"\multicolumn { 2 } { | l | } { \mathrm { a } }" in strict
    assert canonical(strict, "strict") == strict
