"""Whatever comes in, out comes a result or a located error, in bounded time."""

from __future__ import annotations

import random
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unimumer_data.errors import LatexSyntaxError, TreeTextError
from unimumer_data.latex import (
    FORMS,
    Repair,
    canonical,
    count_symbols,
    parse,
    parse_tokens,
    read_counts,
    read_tree,
    write_counts,
    write_tokens,
    write_tree,
)

PIECES = [
    *r"{ } { } ^ _ ' & [ ] $ % ~ a 1 + \\ \ \frac \sqrt \sum \limits \hat \left ( \right ) . \middle |".split(),
    *r"\over \choose \atop \begin{cases} \end{cases} \begin{array}{c} \end{array} \begin \end \not = \prime".split(),
    *r"\hspace \color \textcolor \operatorname \begin{pmatrix} \end{pmatrix} \, \quad \foo \footnote . .".split(),
    *r"\mathrm \mathbf \rm \text \cdot \cdot \cdot".split(),
    *r"\kern 3pt \hskip \rule{1cm}{1pt} \rule \text{ \matrix{ \cases{ \cr \pmatrix{ \brack \brace \above".split(),
    *r"\atopwithdelims \root \of \buildrel \substack{ \mathop{ \mathop \lim \tag* \tag \begin{pmatrix*} [r]".split(),
    *r"\end{pmatrix*} \begin{aligned} [t] \end{aligned} \begin{foo} \end{foo} \norm {a} {b} \braket{ \!".split(),
    *r"\sp \sb \min \| \R \parallel * \\* \color[x]{y} \phantom{x} \begin{array}{*{3}{c}|@{=}l} \end{array}".split(),
    *r"\genfrac \genfrac[]{0pt}{} \vrule width 0pt \hbox to 1pt \noalign{ \mathchoice".split(),
    *r"\fcolorbox \skew \displaylimits \tabularnewline \\[2pt]".split(),
    *r"\dimexpr \relax \hsize \numexpr 2\jot = \begin{numcases}{ \end{numcases} \begin{tabular*}{1cm}{c}".split(),
    *r"\end{tabular*} \begin{minipage}[t]{ \end{minipage} \parbox{1cm}{ \ht \advance \hline".split(),
    *r"\fbox{ \framebox[x] \boxed".split(),
    *r"\[ \] $$ \multicolumn \begin{equation} \end{equation} \text{".split(),
    *r"\bgroup \egroup \begingroup \sc \toprule \halign{ # \hfil$#$ \cr \noalign{ \omit \multispan2 \halign".split(),
    *r"\def \newcommand \let \mine \mine \newcommand{\mine}[1]{ \def\mine #1 \DeclareMathOperator{\mine}{".split(),
    *r"\ensuremath \cfrac[l] \LARGE \hfill \overline \leqslant".split(),
    *("设", "😀", "\x00", "\f", "≤", "²", "\u200b", " ", "\n", "\ud800"),
]  # fmt: skip


@settings(max_examples=2500)
@given(st.lists(st.sampled_from(PIECES), max_size=40), st.sampled_from(["", " "]))
def test_pieces_in_any_order(pieces: list[str], joint: str) -> None:
    check(joint.join(pieces))


@settings(max_examples=500)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "{^'}^\\textcolor",
        "\\sqrt [ [",
        "{ \\sqrt [ [ [ a ] }",
        "\\begin{array}{... a & b",
        "\\toprule\\genfrac[]",
        "\\begin{array}{l}\\toprule{}[2pt] a\\end{array}",
        "\\rm \\begin{array}{c} \\multicolumn \\end{array} {b}",
        "\\begin{pmatrix*} [ \x0c",
    ],
)
def test_what_fuzzing_has_found(text: str) -> None:
    check(text)


def check(text: str) -> None:
    fault = None
    try:
        canonical(text)
        # what strict joins, loose joins too
        assert canonical(canonical(text, "strict"), "loose") == canonical(text, "loose")
    except LatexSyntaxError as error:
        fault = error
    assert fault is None or (fault.index is not None and fault.reason != "latex" and fault.context)
    for form in FORMS:
        repairs: list[Repair] = []
        repaired = canonical(text, form, repairs=repairs)
        # what is repaired is well formed, and a form is its own form
        assert canonical(repaired, form) == repaired
        row = parse_tokens(repaired.split())
        assert write_tokens(read_tree(write_tree(row))) == repaired.split()
        counts = count_symbols(repaired.split())
        assert read_counts(write_counts(counts)) == counts


@pytest.mark.parametrize(
    "text",
    [
        "{" * 50_000 + "}" * 50_000,
        "{" * 100_000,
        "}" * 100_000,
        "x^" * 50_000,
        "x^{" * 33_000,
        "a'" * 50_000,
        r"\frac" * 20_000,
        r"\left(" * 16_000,
        r"\begin{cases}" * 7_000,
        r"{\rm " * 20_000,
        r"\mathbf{" * 12_000 + "x",
        r"a \over " * 12_000,
        r"a & b \\ " * 11_000,
        r"\not" * 25_000,
        "." * 100_000,
        "设" * 100_000,
        r"\sqrt[" * 16_000,
        "_" * 100_000,
        r"x \prime " * 10_000,
        r"\cfrac[" * 14_000,
        r"\kern-" * 15_000,
        r"\root" * 15_000 + r"\of" * 15_000,
        r"\matrix{" * 12_000,
        r"\text{$" * 12_000,
        r"\norm{" * 15_000,
        r"\foo{x}" * 14_000,
        r"\begin{array}{" + "*{9}{" * 15_000,
        r"\begin{array}{" + "*{99}{c}" * 10_000 + r"} a \end{array}",
        r"\begin{array}{@{" * 5_000,
        r"\kern" + r"\dimexpr(" * 11_000,
        r"\kern\dimexpr" + "1pt+" * 25_000,
        r"\hsize" * 16_000,
        r"\def\a{\b\b}\def\b{\a\a}\a" * 3_000,
        r"\def\a{" * 15_000,
        r"\def\a[#1" * 12_000,
        r"\newcommand{\a}[1][x]{#1}" + r"\a[" * 30_000,
        r"\halign{#\cr " * 8_000 + "}" * 8_000,
        r"\halign{a#b&\cr " + "x&" * 50_000 + "}",
        r"\begin{numcases}{" * 5_000,
        r"\begin{minipage}{1cm}" * 4_000,
    ],
)
def test_hundred_thousand_characters(text: str) -> None:
    start = time.perf_counter()
    for form in FORMS:
        canonical(text, form, repairs=[])
    with suppress(TreeTextError):
        write_tree(parse(text, repairs=[]))
    # linear work takes about a second; quadratic work would take minutes
    assert time.perf_counter() - start < 60


def test_mutated_formulas() -> None:
    seeds = [
        r"\frac { - b \pm \sqrt { b ^ { 2 } - 4 a c } } { 2 a }",
        r"\sum \limits _ { i = 1 } ^ { n } \begin {cases} 1 & x < 0 \\ 2 & x \geq 0 \end {cases}",
        r"\left( \begin{array}{c|c} a & b \\ c & d \end{array} \right)^{-1}",
        r"\lim_{x \to 0} f'(x) = {a \over b} + \mathrm{sin} \, x_1^2",
    ]
    source = random.Random(7)
    for _ in range(3000):
        tokens = list(source.choice(seeds)) if source.random() < 0.3 else source.choice(seeds).split()
        for _ in range(source.randint(1, 6)):
            place = source.randrange(len(tokens))
            action = source.randrange(4)
            if action == 0:
                del tokens[place]
            elif action == 1:
                tokens.insert(place, source.choice(PIECES))
            elif action == 2:
                other = source.randrange(len(tokens))
                tokens[place], tokens[other] = tokens[other], tokens[place]
            else:
                del tokens[place:]
            if not tokens:
                break
        check(" ".join(tokens))
