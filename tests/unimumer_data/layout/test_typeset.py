r"""The layout against TeX's rules: who stands where, and that nothing is without a place."""

from __future__ import annotations

import math

import pytest

from unimumer_data.latex.grammar import COMMANDS, ENVIRONMENTS, SYMBOLS
from unimumer_data.layout import Layout, Mark, layout


def find(formula: Layout, char: str) -> Mark:
    return next(mark for mark in formula.marks if mark.char == char)


def middle(mark: Mark) -> tuple[float, float]:
    return (mark.left + mark.right) / 2, (mark.top + mark.bottom) / 2


def test_symbols_follow_each_other_with_the_spaces_of_their_classes() -> None:
    plain, relation, binary = (layout(text).width for text in ("ab", "a=b", "a+b"))
    sign = layout("=").width
    assert relation == pytest.approx(plain + sign + 2 * 5 / 18, abs=1e-6)
    assert binary == pytest.approx(plain + layout("+").width + 2 * 4 / 18, abs=1e-6)


def test_a_sign_is_not_binary_after_nothing() -> None:
    assert layout("-b").width == pytest.approx(layout("-").width + layout("b").width, abs=1e-6)


@pytest.mark.parametrize("text", ["x^2", "x_2"])
def test_scripts_are_two_thirds_of_the_size(text: str) -> None:
    formula = layout(text)
    base, script = find(formula, "x"), find(formula, "2")
    assert script.scale_y == pytest.approx(2 / 3)
    assert script.left > base.right - 0.05
    assert (script.bottom < base.bottom) == ("^" in text)


def test_scripts_of_scripts_are_half_the_size_and_no_smaller() -> None:
    assert [mark.scale_y for mark in layout("a^{b^{c^{d}}}").marks] == pytest.approx([1, 2 / 3, 1 / 2, 1 / 2])


def test_lower_and_upper_script_stand_over_each_other() -> None:
    formula = layout("X_i^2")
    assert middle(find(formula, "i"))[1] > middle(find(formula, "X"))[1] > middle(find(formula, "2"))[1]


def test_a_fraction_centres_both_on_its_bar() -> None:
    formula = layout(r"\frac{a}{b+c}")
    bar = next(mark for mark in formula.marks if mark.font == "rule")
    assert middle(bar)[1] == pytest.approx(-0.25)  # the axis
    assert bar.right - bar.left > find(formula, "+").right - find(formula, "+").left
    assert middle(find(formula, "a"))[0] == pytest.approx(middle(bar)[0], abs=0.1)
    assert find(formula, "a").bottom < bar.top < bar.bottom < find(formula, "b").top


@pytest.mark.parametrize(
    ("text", "stacked"),
    [
        (r"\sum_{i}^{n}", True),
        (r"\int_{i}^{n}", False),
        (r"\int\limits_{i}^{n}", True),
        (r"\sum\nolimits_{i}^{n}", False),
        (r"\frac{\sum_{i}^{n}}{x}", False),  # text style
    ],
)
def test_limits(text: str, stacked: bool) -> None:
    formula = layout(text)
    sign = next(mark for mark in formula.marks if mark.char in "∑∫")
    assert (find(formula, "n").bottom < sign.top + 0.05) == stacked
    assert (find(formula, "i").top > sign.bottom - 0.05) == stacked


def test_a_root_covers_what_it_holds_and_no_more() -> None:
    formula = layout(r"\sqrt{ab}c")
    rule = next(mark for mark in formula.marks if mark.font == "rule")
    assert rule.left < find(formula, "a").left and rule.right > find(formula, "b").right - 0.02
    assert rule.right < find(formula, "c").left + 0.02
    assert rule.bottom < find(formula, "b").top


def test_delimiters_grow_with_what_stands_between_them() -> None:
    def height(text: str) -> float:
        mark = find(layout(text), "(")
        return mark.bottom - mark.top

    plain, fraction, matrix = (
        r"(a)",
        r"\left(\frac ab\right)",
        r"\left(\begin{matrix}1\\2\\3\\4\\5\\6\end{matrix}\right)",
    )
    assert height(plain) == pytest.approx(1.0, abs=0.01)
    assert height(plain) == height(r"\left(a\right)") < height(fraction) < height(matrix)
    assert height(r"(\frac ab)") == height(plain)
    assert height(r"\big(a)") < height(r"\Bigg(a)")
    # one side alone
    assert height(r"\left(\frac ab\right.") == height(fraction)


def test_spaces_that_are_written_count() -> None:
    assert layout(r"a\quad b").width == pytest.approx(layout("ab").width + 1)


def test_cells_stand_in_columns() -> None:
    formula = layout(r"\begin{array}{lr}a&b\\ccc&ddd\end{array}")
    marks = {char: [mark for mark in formula.marks if mark.char == char] for char in "abcd"}
    assert marks["a"][0].left == pytest.approx(marks["c"][0].left, abs=0.05)
    assert marks["b"][0].right == pytest.approx(marks["d"][-1].right, abs=0.15)
    assert marks["a"][0].bottom < marks["c"][0].top


def test_an_accent_stands_over_its_letter() -> None:
    formula = layout(r"\hat{A}")
    assert find(formula, "^").bottom <= find(formula, "A").top + 0.01
    assert abs(middle(find(formula, "^"))[0] - middle(find(formula, "A"))[0]) < 0.15


def test_an_unknown_command_gets_a_box_and_a_note() -> None:
    formula = layout(r"x \foo y")
    assert find(formula, "foo").font == "text"
    assert formula.notes == ["'\\\\foo' is unknown; its name is drawn in a frame"]


def test_arguments_of_commands_that_the_grammar_lacks_are_set() -> None:
    formula = layout(r"\footnotemath{a}{b} c")
    assert {mark.char for mark in formula.marks} >= {"footnotemath", "a", "b", "c"}


def test_broken_text_is_mended_with_a_note() -> None:
    formula = layout("x ^ { 2")
    assert [mark.char for mark in formula.marks] == ["x", "2"] and formula.notes


def test_characters_of_other_scripts_have_a_place() -> None:
    (mark,) = layout("设").marks
    assert mark.right - mark.left == pytest.approx(0.9) and not layout("设").notes


@pytest.mark.parametrize(
    "pattern", ["{0}", "{0} {{ a }} {{ b }}", "x {0} y", "{0} _ {{ a }} ^ {{ b }}", r"\left {0} a \right {0}"]
)
def test_every_command_of_the_grammar_is_known(pattern: str) -> None:
    for token in [*COMMANDS, *SYMBOLS]:
        formula = layout(pattern.format(token))
        assert all(math.isfinite(edge) for mark in formula.marks for edge in mark[5:]), token
        assert not [note for note in formula.notes if "unknown" in note], token


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_environment_sets_its_cells(name: str) -> None:
    environment = ENVIRONMENTS[name]
    columns = "{3cm}" * environment.reads.split().count("{}") + "{cc}" * environment.columns
    formula = layout(rf"\begin{{{name}}}{columns} a & b \\ c & d \end{{{name}}}")
    assert {mark.char for mark in formula.marks} >= set("abcd")
    assert find(formula, "a").left < find(formula, "b").left
    assert find(formula, "a").bottom < find(formula, "c").top


@pytest.mark.parametrize(
    "text",
    [
        "x ^ { " * 10_000 + "}" * 10_000,
        r"\sqrt { " * 5_000 + "a" + "}" * 5_000,
        r"\frac { " * 3_000,
        r"\left ( " * 5_000 + "a",
        r"\begin{matrix} " * 2_000,
        "x + " * 5_000,
    ],
    ids=["scripts", "roots", "fractions", "fences", "matrices", "long"],
)
def test_depth_and_length_cost_no_recursion(text: str) -> None:
    formula = layout(text)
    assert math.isfinite(formula.width) and math.isfinite(formula.height)


@pytest.mark.parametrize("name", ["matrix", "pmatrix", "cases", "aligned", "gathered", "smallmatrix"])
def test_environments_carry_both_scripts(name: str) -> None:
    formula = layout(rf"\begin{{{name}}} a \\ b \end{{{name}}}_1^2")
    low, high = ([mark for mark in formula.marks if mark.node.symbol == digit] for digit in "12")
    assert len(low) == len(high) == 1 and high[0].bottom < low[0].top
