"""Structure F1: counts made by hand, probes, and what it must equal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.latex import canonical
from unimumer_eval.scores.structure import structure_f1, structure_score


@pytest.mark.parametrize(
    ("gt", "pred", "matched", "nodes"),
    [
        ("x ^ { 2 }", "x ^ { 2 }", 2, (2, 2)),
        ("x ^ { 2 }", "x _ { 2 }", 1, (2, 2)),
        ("x ^ { 2 }", "x 2", 1, (2, 2)),
        (r"\frac { a } { b }", r"\frac { b } { a }", 1, (3, 3)),
        (r"\sqrt { a b }", r"\sqrt { a } b", 2, (3, 3)),
        ("a + b", "b + a", 1, (3, 3)),  # in order, not as a bag
        ("2 ^ { x + 1 }", "2 ^ { x } + 1", 2, (4, 4)),
        ("x", "", 0, (1, 0)),
    ],
)
def test_counts_made_by_hand(gt: str, pred: str, matched: int, nodes: tuple[int, int]) -> None:
    score = structure_score(gt, pred)
    assert (score.matched, (score.label_nodes, score.answer_nodes)) == (matched, nodes)
    assert score.f1 == 2 * matched / sum(nodes)


@pytest.mark.parametrize(
    ("gt", "pred"),
    [
        (r"a \ne b", r"a \neq b"),
        (r"\left( a \right)", "( a )"),
        ("x ^ 2 _ i", "x _ { i } ^ { 2 }"),
        (r"{a \over b}", r"\frac{a}{b}"),
        ("", ""),
        ("x ^ {", "x ^ {"),
    ],
)
def test_the_same_formula_scores_exactly_one(gt: str, pred: str) -> None:
    assert structure_f1(gt, pred) == 1


def test_nothing_is_right_about_an_empty_answer() -> None:
    assert structure_f1("", "x") == structure_f1("x", "") == structure_f1("{ }", "") == 0


def test_what_is_repaired_is_marked() -> None:
    score = structure_score("x ^ { 2", "x ^ { 2 }")
    assert score.label_repaired and not score.answer_repaired and score.f1 == 1


def test_length_and_depth_are_no_trouble() -> None:
    assert structure_f1("x + y " * 7000, "x - y " * 7000) == pytest.approx(2 / 3)
    assert 0 < structure_f1("x ^ { " * 5000 + "}" * 5000, "x ^ { " * 4000 + "}" * 4000) < 1


def test_every_probe_is_told_right(shared_data: Path) -> None:
    pairs = json.loads((shared_data / "cdm" / "official_pairs.json").read_text(encoding="utf-8"))
    probes = [pair for pair in pairs if "same_formula" in pair]
    assert len(probes) > 50
    wrong = [x["id"] for x in probes if (structure_f1(x["gt"], x["pred"]) == 1) != x["same_formula"]]
    assert wrong == []


def test_one_means_equal_strict_forms(shared_data: Path) -> None:
    pairs = json.loads((shared_data / "cdm" / "official_pairs.json").read_text(encoding="utf-8"))
    for x in pairs:
        equal = canonical(x["gt"], "strict", repairs=[]) == canonical(x["pred"], "strict", repairs=[])
        assert (structure_f1(x["gt"], x["pred"]) == 1) == equal, x["id"]
