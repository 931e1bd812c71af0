"""Similarity and loose structure F1: wrappers cost nothing, wrong symbols cost what they cost people."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unimumer_eval.scores.similarity import similarity
from unimumer_eval.scores.structure import structure_f1
from unimumer_eval.scores.structure_loose import loose_nodes, node_edits, structure_loose

WRAPPED = [
    (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a = b c = d"),
    (r"\mathrm{d} x", "d x"),
    (r"{ { x } } .", "x"),
    (r"\textstyle \frac{1}{2},", r"\dfrac12"),
    (r"\sum\limits_{i} x", r"\sum_{i} x"),
    (r"\operatorname{sin} x", r"\sin x"),
]


@pytest.mark.parametrize(("label", "answer"), WRAPPED)
def test_wrappers_cost_nothing(label: str, answer: str) -> None:
    assert structure_loose(label, answer) == 1
    assert similarity(label, answer) == 1


@pytest.mark.parametrize(
    ("label", "answer"),
    [
        ("x ^ { 2 }", "x _ { 2 }"),
        (r"\sqrt { a } b", r"\sqrt { a b }"),
        (r"\begin{pmatrix} a \\ b \end{pmatrix}", r"\begin{bmatrix} a \\ b \end{bmatrix}"),
        (r"\frac { 1 } { 2 }", "1 2"),
        ("x", "y"),
    ],
)
def test_what_people_see_is_seen(label: str, answer: str) -> None:
    assert structure_loose(label, answer) < 1
    assert similarity(label, answer) < 1


def test_each_further_error_costs() -> None:
    label = "a + b + c + d = e"
    scores = [similarity(label, answer) for answer in (label, "a + b + c + d = f", "a + b + c + x = f", "y")]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 4
    assert scores[0] == 1 and 0.5 < scores[1] < 0.8 and scores[3] < 0.2


def test_edits_count_a_moved_symbol_once() -> None:
    assert node_edits("x ^ { 2 } + y", "x _ { 2 } + y") == 1


@pytest.mark.parametrize(("label", "answer"), [("x", ""), ("", "x"), ("", ""), ("x", "{ }"), ("{ }", "x")])
def test_without_label_or_answer_there_is_nothing_alike(label: str, answer: str) -> None:
    assert similarity(label, answer) == 0


def test_depth_and_length_are_no_trouble() -> None:
    deep, flat = "x ^ { " * 5000 + "y" + " }" * 5000, "x + " * 5000
    assert len(loose_nodes(deep)) == 5001
    assert 0 < structure_loose(deep, flat) < 1


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="xy2+^_{}\\&. ", max_size=30), st.text(alphabet="xy2+^_{}\\&. ", max_size=30))
def test_any_two_texts_have_a_score(label: str, answer: str) -> None:
    assert 0 <= similarity(label, answer) <= 1
    assert 0 <= structure_loose(label, answer) <= 1
    if structure_f1(label, answer) == 1 and label.strip():
        assert similarity(label, answer) == 1


def test_it_agrees_with_people(shared_data: Path) -> None:
    rated = json.loads((shared_data / "human" / "formula_ratings.json").read_text(encoding="utf-8"))
    ratings = [np.mean(one["ratings"]) for one in rated]

    def agreement(metric) -> float:  # type: ignore[no-untyped-def]
        return float(np.corrcoef(ratings, [metric(one["label"], one["prediction"]) for one in rated])[0, 1])

    assert agreement(similarity) > 0.75
    assert agreement(structure_loose) > 0.6
