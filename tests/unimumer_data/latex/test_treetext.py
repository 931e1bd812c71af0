"""Tree-CoT text: the published notation, both ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.errors import LatexSyntaxError, TreeTextError
from unimumer_data.latex import canonical, parse, parse_tokens, read_tree, write_tokens, write_tree

# The two published sample records, and the one of the format description.
PUBLISHED = [
    (
        r"\frac { a ^ { 2 } + 1 } { b }",
        ["\\frac", "\ta (above)", "\t\t2 (sup)", "\t+ (right)", "\t1 (right)", "\tb (below)"],
    ),
    (
        r"y = \begin {cases} 1 & x < 0 \\ 2 & x \geq 0 \\ 1 & 0 \end {cases} > 0",
        [
            "y", "= (right)", "\\begin (right)", "\t1 (begin_cases)", "\t& (right)", "\tx (right)", "\t< (right)",
            "\t0 (right)", "\t\t2 (nextline)", "\t\t& (right)", "\t\tx (right)", "\t\t\\geq (right)", "\t\t0 (right)",
            "\t\t\t1 (nextline)", "\t\t\t& (right)", "\t\t\t0 (right)", "\t\\end (end_cases)", "> (right)",
            "0 (right)",
        ],
    ),
    (r"\sum _ { i } ^ { n }", ["\\sum", "\ti (below)", "\tn (above)"]),
    (r"\sqrt [ 3 ] { x }", ["\\sqrt", "\t3 (below)", "\tx (above)"]),
    (r"\sum \limits _ { i } a", ["\\sum", "\\limits (right)", "\ti (sub)", "a (right)"]),
    (r"a \\ b \\ \\ c", ["a", "\tb (nextline)", "\t\t\\\\ (nextline)", "\t\tc (right)"]),
]  # fmt: skip


@pytest.mark.parametrize(("label", "lines"), PUBLISHED)
def test_published_notation(label: str, lines: list[str]) -> None:
    assert write_tree(parse(label)) == "\n".join(lines)


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("x ^ { 2 } _ { 1 }", ["x", "\t1 (sub)", "\t2 (sup)"]),
        (r"\hat { y } _ { d }", ["\\hat", "\ty (above)", "\td (sub)"]),
        (r"\sqrt { x } ^ { 2 }", ["\\sqrt", "\tx (above)", "\t2 (sup)"]),
        (r"\textcircled { 4 }", ["\\textcircled", "\t4 (above)"]),
        ("{ } ^ { 2 } U", ["{}", "\t2 (sup)", "U (right)"]),
        ("{ a _ { 1 } } ^ { 2 }", ["{}", "\ta (above)", "\t\t1 (sub)", "\t2 (sup)"]),
        (r"\begin {array} { c } a \end {array} _ { 2 }",
         ["\\begin", "\tc (above)", "\ta (begin_array)", "\t\\end (end_array)", "\t2 (sub)"]),
        (r"\begin {matrix} \\ a \end {matrix}",
         ["\\begin", "\t\\\\ (begin_matrix)", "\ta (right)", "\t\\end (end_matrix)"]),
    ],
)  # fmt: skip
def test_same_notation_where_the_published_converter_fails(label: str, lines: list[str]) -> None:
    assert write_tree(parse(label)) == "\n".join(lines)


@pytest.mark.parametrize("label", [label for label, _ in PUBLISHED] + [r"\frac { } { b }", r"\sqrt { }", "a \\\\", ""])
def test_round_trip(label: str) -> None:
    tokens = label.split()
    text = write_tree(parse_tokens(tokens))
    assert write_tokens(read_tree(text)) == tokens
    assert write_tree(read_tree(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\nb", "line 2: expected 'SYMBOL .relation.', found 'b'"),
        ("\ta", "line 1: the first node stands 1 tabs deep"),
        ("a\n\t\tb (sup)", "line 2: .* stands 2 tabs deep, where nothing carries it"),
        ("a\n\tb (right)", "line 2: .* stands 1 tabs deep"),
        ("a\n\tb (sup)\n\tc (sup)", "line 3: 'a' has a second 'sup'"),
        ("a\n{ (right)", "line 2: expected"),
        ("a\nb (beside)", "line 2: expected"),
        ("a\nb c (right)", "line 2: expected"),
        ("a\n\n", "line 2: expected"),
        ("a\n\\begin (right)\n\tx (begin_cases)", r"line 2: '.begin' needs one child 'end_NAME'"),
        ("\\begin\n\tx (begin_cases)\n\t\\end (end_matrix)", "line 1: 'begin_cases' ends as 'matrix'"),
    ],
)
def test_broken_text_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(TreeTextError, match=message):
        read_tree(text)


def test_depth_is_bounded() -> None:
    deep = parse("{ _ " * 10_001 + "x" + " }" * 10_001)
    with pytest.raises(TreeTextError, match="deeper than 10000"):
        write_tree(deep)


def test_real_labels_survive_and_leave_no_marks_as_nodes(shared_data: Path) -> None:
    read = 0
    for file in sorted((shared_data / "labels").glob("*.json")):
        for label in json.loads(file.read_text())[::7]:
            try:
                tokens = canonical(label).split()
            except LatexSyntaxError:
                continue
            row = parse_tokens(tokens)
            assert write_tokens(row) == tokens
            text = write_tree(row)
            assert write_tokens(read_tree(text)) == tokens
            symbols = {line.strip("\t").split(" ")[0] for line in text.split("\n")}
            assert symbols.isdisjoint("{}^_")
            read += 1
    assert read > 16_000
