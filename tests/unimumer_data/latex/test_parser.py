"""LaTeX to tree: what is read, what is refused and where, what is repaired."""

from __future__ import annotations

import pytest

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.latex import Node, Repair, Row, parse, parse_tokens, tokenize, write_tokens


def spell(text: str) -> str:
    return " ".join(write_tokens(parse(text)))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (r"x^2_i", "x _ { i } ^ { 2 }"),
        (r"\frac12", r"\frac { 1 } { 2 }"),
        (r"\frac\sqrt2 3", r"\frac { \sqrt { 2 } } { 3 }"),
        (r"x^\frac12y", r"x ^ { \frac { 1 } { 2 } } y"),
        (r"\sqrt[3]{x}", r"\sqrt [ 3 ] { x }"),
        (r"\sqrt [ [ a ] ] x", r"\sqrt [ [ a ] ] { x }"),
        (r"[a]", "[ a ]"),
        (r"\left( \frac a b \right)^2", r"( \frac { a } { b } ) ^ { 2 }"),
        (r"\left. x \right|_0", "x | _ { 0 }"),
        (r"\left< x \right>", r"\langle x \rangle"),
        (r"\big( x \bigr)", "( x )"),
        (r"{a+1 \over b} c", r"{ \frac { a + 1 } { b } } c"),
        (r"{n \choose k}", r"{ \binom { n } { k } }"),
        (r"\left( a \over b \right)", r"( \frac { a } { b } )"),
        (r"{a \atop b}", r"{ \begin {matrix} a \\ b \end {matrix} }"),
        (r"a'", r"a ^ { \prime }"),
        (r"a''^2_i", r"a _ { i } ^ { \prime \prime 2 }"),
        (r"m^{'}", r"m ^ { \prime }"),
        (r"\sum\limits_{i}^n", r"\sum \limits _ { i } ^ { n }"),
        (r"_2 F", "{ } _ { 2 } F"),
        (r"{}^{23}U", "{ } ^ { 2 3 } U"),
        (r"\sqrt{x}^2", r"\sqrt { x } ^ { 2 }"),
        (r"\begin{array}{c|c} a & b \\[2pt] c \end{array}", r"\begin {array} { c | c } a & b \\ c \end {array}"),
        (r"\begin{cases} 1 & \begin{matrix} 2 \end{matrix} \end{cases}",
         r"\begin {cases} 1 & \begin {matrix} 2 \end {matrix} \end {cases}"),
        (r"$x \, y$ % a comment", "x y"),
        (r"\hspace{1em} a \label{eq} b \phantom{c}", "a b"),
        (r"{\rm sin} x", r"{ \mathrm { s i n } } x"),
        ("x≤y", r"x \leq y"),
        ("α×β²", r"\alpha \times \beta ^ { 2 }"),
        ("设 x", "设 x"),
        (r"x ^ { } y", "x y"),
    ],
)  # fmt: skip
def test_reads_what_people_write(text: str, tokens: str) -> None:
    assert spell(text) == tokens
    assert spell(tokens) == tokens


@pytest.mark.parametrize(
    ("text", "reason", "index"),
    [
        ("x ^ { 2", "unbalanced_brace", 4),
        ("x } y", "unbalanced_brace", 1),
        (r"\frac { a }", "missing_argument", 4),
        ("x ^", "missing_argument", 2),
        ("{ x ^ }", "missing_argument", 3),
        ("x ^ 2 ^ 3", "double_script", 3),
        (r"\begin {cases} a", "unbalanced_environment", 3),
        (r"a \end {cases}", "unbalanced_environment", 1),
        (r"\begin {cases} a \end {matrix}", "unbalanced_environment", 3),
        (r"\left ( a", "unbalanced_left", 3),
        (r"a \right )", "unbalanced_right", 1),
        (r"\sqrt [ 3 { x }", "unbalanced_bracket", 6),
        (r"{ a \over b \over c }", "double_infix", 4),
        (r"\begin a", "environment_name", 0),
        (r"a \begin{} b", "environment_name", 1),
        (r"\left { x", "delimiter", 1),
        (r"\left \frac a b \right )", "delimiter", 1),
        ("a \f rac", "control_character", 1),
        ("a \x00", "control_character", 1),
        ("a \\", "lone_backslash", 1),
    ],
)
def test_refuses_with_place_and_reason_and_mends(text: str, reason: str, index: int) -> None:
    with pytest.raises(LatexSyntaxError) as caught:
        parse(text)
    assert (caught.value.reason, caught.value.index) == (reason, index)
    assert ">>" in caught.value.context
    repairs: list[Repair] = []
    repaired = write_tokens(parse(text, repairs=repairs))
    assert repairs[0].reason == reason
    # what was repaired reads without a fault
    assert write_tokens(parse_tokens(repaired)) == repaired


def test_error_text_shows_the_culprit() -> None:
    with pytest.raises(LatexSyntaxError, match=r"token 6: .* in:  x _ \{ i \} \^ >>\^<< 2"):
        parse("x _ { i } ^ ^ 2")


def test_escape_damage_is_named() -> None:
    with pytest.raises(LatexSyntaxError, match=r"unescaped \\f was read as an escape, as in \\frac"):
        parse("\frac { 1 } { 2 }")


def test_nodes_know_their_tokens() -> None:
    tokens = r"a + \frac { x ^ 2 } { b } _ { c } \sqrt [ 3 ] y".split()
    row = parse_tokens(tokens)
    spans = {node.symbol: tokens[node.start : node.stop] for node in _walk(row)}
    assert spans["a"] == ["a"]
    assert spans["\\frac"] == r"\frac { x ^ 2 } { b } _ { c }".split()
    assert spans["x"] == ["x", "^", "2"]
    assert spans["\\sqrt"] == r"\sqrt [ 3 ] y".split()


def test_input_is_not_modified() -> None:
    tokens = "x ^ { 2 }".split()
    parse_tokens(tokens)
    assert tokens == "x ^ { 2 }".split()


@pytest.mark.parametrize(
    "text", [r"\sqrt { " * 6000 + "x" + " }" * 6000, "x ^ { " * 6000 + "2" + " }" * 6000, "a " * 20000]
)
def test_twenty_thousand_tokens_need_no_recursion(text: str) -> None:
    assert spell(text) == text.strip()


def test_environment_name_may_stand_apart() -> None:
    assert tokenize(r"\begin { c a s e s } \end{cases}") == ["\\begin", "{cases}", "\\end", "{cases}"]


def _walk(row: Row) -> list[Node]:
    nodes, work = [], [row]
    while work:
        for node in work.pop():
            nodes.append(node)
            work += [child for _, child in node.children or ()]
    return nodes
