"""Components of the reward: what each says of a pair, and that nothing breaks them."""

from __future__ import annotations

import math
import random
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from unimumer_eval.rewards import (
    COMPONENTS,
    cdm,
    consistency,
    default_reward,
    exact,
    format,
    image_match,
    length,
    structure,
)
from unimumer_eval.rewards.pictures import flatten, image_agreement, profile

POWER, INDEX = "x ^ { 2 }", "x _ { 2 }"


@pytest.mark.parametrize("label", [POWER, r"\sum \limits _ { i } ^ { n } i", r"\mathrm { P a }", "x ^ { 2"])
@pytest.mark.parametrize("name", COMPONENTS)
def test_the_label_itself_scores_1(name: str, label: str) -> None:
    assert COMPONENTS[name]([label], [label]) == [1.0]


@pytest.mark.parametrize("name", COMPONENTS)
def test_no_answer_scores_0(name: str) -> None:
    for nothing in ("", "  \n", None, "x " * 100_000):
        assert COMPONENTS[name]([nothing], [POWER]) == [0.0]  # type: ignore[list-item]


def test_exact_forgives_spelling_and_nothing_else() -> None:
    assert exact(["x^2", r"{x}^{2}", "x ^ { 3 }", "X ^ { 2 }", r"x ^ { 2 } \ldots"], [POWER] * 5) == [1, 1, 0, 0, 0]


def test_cdm_takes_a_moved_script_for_right_and_structure_does_not() -> None:
    label, moved = "a ^ { 2 } + b ^ { 2 } = c ^ { 2 }", "a _ { 2 } + b _ { 2 } = c _ { 2 }"
    assert cdm([moved], [label]) == [1.0]
    assert structure([moved], [label]) == [0.625]
    assert 0.3 < image_match([moved], [label])[0] < 0.9


@pytest.mark.parametrize(
    ("label", "near", "far"),
    [
        ("a + b = c", "a - b = c", "a"),
        (r"\frac { a } { b }", r"\frac { a } { c }", "a b"),
        ("x ^ { 2 }", "x ^ { 3 }", "x _ { 2 }"),
        ("o", "c", r"\int"),
    ],
)
def test_image_match_orders_what_looks_alike(label: str, near: str, far: str) -> None:
    assert 1 > image_agreement(label, near) > image_agreement(label, far) >= 0


def test_image_match_sees_the_print_and_not_the_text() -> None:
    assert image_agreement(r"\sin x", r"\sin{x}") == 1
    assert image_agreement("x", r"\quad") == 0
    assert profile("a b") == profile("ab")


def test_flatten_follows_curves_and_their_smooth_successors() -> None:
    (curve,) = flatten("m0 0q10 0 10 10t10 10z")
    assert curve[4] == (10.0, 10.0)
    assert curve[-1] == (20.0, 20.0)
    assert curve[6] == (12.5, 17.5)  # leaves as steeply as the first curve came in


def test_consistency_holds_the_working_against_its_own_expression() -> None:
    right, wrong = "x: 1, ^: 1, 2: 1\nx ^ { 2 }", "x: 1, 2: 1\nx ^ { 2 }"
    assert consistency([right, wrong, "x: 1, ^: 1, 2: 1"], ["y"] * 3, ["can"] * 3) == [1, 0, 0]
    tree = "x\n\t2 (sup)\nx ^ { 2 }"
    assert consistency([tree, tree.replace("sup", "sub"), POWER], [POWER] * 3, ["tree", "tree", "vanilla"]) == [
        1,
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("x^2", 1.0),
        (r"$ x ^ { 2 } $", 1.0),
        (r"\left( x \right)", 1.0),
        ("{ } ^ { 2 } x", 1.0),
        (r"x \quad \quad \quad", 0.25),
        (r"x \phantom { x }", 0.2),
        (r"x % nothing", 0.1),
        ("{ { { { x } } } }", 1 / 9),
        (r"\color { white } x", 1 / 9),
        ("x ^ { 2", 0.0),
        ("x ^ { 2 }\nx", 0.0),
        (r"\quad", 0.0),
    ],
)
def test_format_is_the_share_that_prints(answer: str, value: float) -> None:
    assert format([answer], ["y"]) == [pytest.approx(value)]


def test_length_falls_from_a_quarter_more_than_the_label_on() -> None:
    label = "a + b + c + d ="
    answers = [label[:3], label + " e e", label + " e e e", label * 2, label * 60]
    assert length(answers, [label] * 5) == [1, 1, pytest.approx(10 / 11), pytest.approx(0.625), 0]


WORDS = (
    r"\frac \sqrt \sum \limits \begin \end {matrix} {cases} {nonsense} \left \right \big \foo \phantom \text \not "
    r"\over "
    "{ } [ ] ( ) ^ _ & \\\\ % $ ' , | a b x 1 2 + = ≤ 数 \n \t \x00 \ud800 \u202e <|im_end|> (right) (sup) : REPLACE:"
).split(" ")


def scribble(source: random.Random, longest: int = 60) -> str:
    return " ".join(source.choices(WORDS, k=source.randrange(longest)))


def test_fuzz() -> None:
    source = random.Random(0)
    tasks = [source.choice(["vanilla", "tree", "can", "error_find", "error_fix"]) for _ in range(300)]
    answers, labels = [scribble(source) for _ in tasks], [scribble(source) for _ in tasks]
    for name, component in COMPONENTS.items():
        values = component(answers, labels, tasks)
        assert all(0 <= value <= 1 and not math.isnan(value) for value in values), name
    assert default_reward(answers, labels, tasks) == default_reward(answers, labels, tasks)


LONG: dict[str, Callable[[int], str]] = {
    "symbols": lambda n: "x " * n,
    "groups": lambda n: "{ " * n,
    "scripts": lambda n: "x ^ { " * (n // 3),
    "fractions": lambda n: r"\frac { 1 } { " * (n // 5),
    "cells": lambda n: r"\begin {matrix} " + "a & " * (n // 2) + r"\end {matrix}",
    "rows": lambda n: r"\begin {matrix} " + r"a \\ " * (n // 2) + r"\end {matrix}",
    "unknown": lambda n: r"\foo " * n,
    "delimiters": lambda n: r"\left ( " * (n // 2),
    "one word": lambda n: "x" * n,
    "comments": lambda n: "%" * n,
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("tokens", [300, 1_000, 100_000])
def test_no_answer_takes_long(kind: str, tokens: int) -> None:
    answer, label = LONG[kind](tokens), LONG[kind](min(tokens, 250) + 1)
    default_reward(["x"], ["y"])
    start = time.thread_time()
    (value,) = default_reward([answer], [label])
    assert time.thread_time() - start < 0.2
    assert 0 <= value < 1


def test_needs_no_torch() -> None:
    code = "import sys, unimumer_eval.rewards; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
