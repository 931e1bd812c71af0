r"""Only what is around an answer goes; formulas that look like a wrapper stay."""

from __future__ import annotations

import pytest

from unimumer_data.tasks.answers import final_expression, is_boxed, label_expression, split_answer
from unimumer_data.tasks.wrapping import unwrap

FORMULA = r"\frac { a } { b } < x ^ { 2 }"
WRAPPERS = [
    "$${}$$",
    "$ {} $",
    "$$\n{}\n$$",
    r"\[ {} \]",
    r"\({}\)",
    "```latex\n{}\n```",
    "```tex\r\n{}\r\n```",
    "```\n{}\n```",
    "```{}```",
    "~~~latex\n{}\n~~~",
    "```latex\n{}",
    "`{}`",
    "**$${}$$**",
    r"\begin{{align*}} {} \end{{align*}}",
    "```latex\n\\begin{{gather}}\n{}\n\\end{{gather}}\n```",
    "<think>\n\n</think>\n\n{}",
    "<think>It is $y$, or `z`.</think>{}",
    "<thinking>\nmaybe\n</thinking>\n{}",
    "reasoning without its opening tag\n</think>\n{}",
    "<answer>{}</answer>",
    "<think>a</think><answer>{}</answer>",
    "{}<|im_end|>",
    "<|im_start|>{}<|im_end|>\n<|endoftext|>",
    "<|begin_of_box|>{}<|end_of_box|>",
    "<s> {} </s>",
    "{}<end_of_turn>",
    r"\boxed{{{}}}",
    r"$\boxed{{{}}}$",
    r"The answer is $\boxed{{{}}}$.",
    "Here is the formula:\n```latex\n{}\n```",
    "```latex\n{}\n```\nThis is a fraction.",
    "<think>a</think>\n```latex\n$$\\boxed{{{}}}$$\n```<|im_end|>",
    "[THINK]a[/THINK]{}",
    "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
    "<|im_start|>assistant\n{}<|im_end|>",
    "assistant\n{}",
    "LaTeX: {}",
    "LaTeX code: ${}$",
    "latex\n{}",
    "Final answer: {}",
    "The expression is {}",
    "The answer is ${}$.",
    "Here is the LaTeX:\n\n$$\n{}\n$$",
    "The LaTeX code for the formula in the image is:\n\n{}",
    "**Answer:** {}",
    "### LaTeX\n$${}$$",
    "**{}**",
    "LaTeX：{}",
    "公式为：${}$",
    "答案：{}",
    "${}$\n\nThis is a fraction.",
    "Sure!\n```latex\n{}\n```\nLet me know.",
]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_wrapper_goes(wrapper: str) -> None:
    text = wrapper.format(FORMULA)
    assert unwrap(text) == FORMULA
    assert final_expression(text, "vanilla") == FORMULA


@pytest.mark.parametrize(
    "formula",
    [
        r"\boxed { x }",
        r"x = \boxed{3}",
        r"\boxed{3} + 1",
        r"\left[ a \right]",
        r"\left( a \right)",
        r"\begin{array}{c} a \\ [ 2 ] \end{array}",
        "a < s > b",
        "[ A ]",
        "f : A \\to B",
        "P ( A : B )",
        "Area : x",
        "a n s w e r : x",
        "L a T e X : x",
        "答 案 : x",
        "LaTeX:",
        '" 5 1 . 3 "',
        "a * * b * * c",
        "a $ b",
        r"\text { $ x $ and $ y $ }",
        "f ` x",
        "$ x $ + $ y $",
        "x",
        "",
    ],
)
def test_a_formula_stays(formula: str) -> None:
    assert unwrap(formula) == formula


@pytest.mark.parametrize(
    "text",
    [
        r'{"latex": "\\frac{a}{b}"}',
        r'{"latex": "\frac{a}{b}", "confidence": 0.9}',
        r"[{'formula': '$\frac{a}{b}$'}]",
        '```json\n{\n  "think": "a fraction",\n  "answer": "\\\\frac{a}{b}"\n}\n```',
        "Sure! Here is the LaTeX:\n\\[\\frac{a}{b}\\]",
        "Step 1: look.\nStep 2: write.\n\nFinal Answer: \\boxed{\\frac{a}{b}}",
        "Thought: a fraction.\n**Answer:** $\\frac{a}{b}$",
        "公式是 $\\frac{a}{b}$",
        "“\\frac{a}{b}”",
        "\\frac{a}{b}\n<|im_end|>\n<|im_start|>user\nNext",
        "<|begin_of_thought|>a<|end_of_thought|><|begin_of_solution|>\\frac{a}{b}<|end_of_solution|>",
        "\\frac{a}{b}</answer>",
        "<code>\\frac{a}{b}</code>",
        "[/INST] \\frac{a}{b}",
    ],
)
def test_more_that_models_put_around_an_answer_goes(text: str) -> None:
    assert unwrap(text) == r"\frac{a}{b}"


@pytest.mark.parametrize("formula", [r'{ " x " : " y " }', r"{ ' a ' }", "{ a }", "x <| y |> z", "a n s w e r : x"])
def test_what_only_looks_like_it_stays(formula: str) -> None:
    assert unwrap(formula) == formula


def test_reasoning_that_was_cut_is_no_answer() -> None:
    assert unwrap("<think>first I look at the fraction") == ""


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n{}",
        "<think>\n\n</think>\n\na: 1\n{}<|im_end|>",
        "```\na: 1\n{}\n```",
        "a: 1\n```latex\n{}\n```",
        "a: 1\n$${}$$",
        "a: 1\n\\boxed{{{}}}",
    ],
)
def test_the_working_stays(text: str) -> None:
    assert split_answer(text.format("a"), "can") == ("a: 1", "a")


def test_a_box_that_the_label_has_is_ink() -> None:
    label = r"\boxed{x}"
    assert label_expression(label, "vanilla") == label
    assert final_expression(label, "vanilla", boxed=is_boxed(label)) == label
    assert final_expression(label, "vanilla", boxed=is_boxed("x")) == "x"


def test_long_texts_take_little_time() -> None:
    for text in ("`" * 50_000, "<think>" * 20_000, "$" * 50_000, "\\boxed{" * 20_000, "x <" * 50_000, "\\[" * 50_000):
        unwrap(text)
