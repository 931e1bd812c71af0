"""CDM: small cases by hand, its declared rules, and agreement with the official tool."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.latex import parse
from unimumer_eval.scores.cdm import cdm, cdm_many, cdm_summary
from unimumer_eval.scores.ransac import inliers


@pytest.mark.parametrize(
    ("gt", "pred", "matched", "tokens"),
    [
        ("f", "g", 0, (1, 1)),
        ("P ( x )", "p ( x )", 3, (4, 4)),
        (r"\sin x", "s i n x", 4, (4, 4)),
        (r"a \ldots b", "a . . . b", 5, (5, 5)),
        (r"\sqrt [ 3 ] { x }", r"\sqrt { x }", 2, (3, 2)),
        (r"\frac { a } { b }", r"\frac { b } { a }", 1, (3, 3)),
        (r"\begin{pmatrix} a \\ b \end{pmatrix}", r"( \begin{matrix} a \\ b \end{matrix} )", 4, (4, 4)),
        (r"\begin{cases} a \\ b \end{cases}", "a b", 2, (3, 2)),
        ("x ^ { 2 }", "x _ { 2 }", 2, (2, 2)),  # two tokens are never checked for place
    ],
)
def test_counts_made_by_hand(gt: str, pred: str, matched: int, tokens: tuple[int, int]) -> None:
    score = cdm(gt, pred)
    assert (score.matched, (score.label_tokens, score.answer_tokens)) == (matched, tokens)
    assert score.f1 == 2 * matched / sum(tokens)
    assert (score.recall, score.precision) == (matched / tokens[0], matched / tokens[1])


@pytest.mark.parametrize(
    ("gt", "pred"),
    [
        (r"a \ne b", r"a \neq b"),
        (r"a \cdot b", "a . b"),
        (r"\| a \|", r"\Vert a \Vert"),
        (r"\int \limits _ { 0 } ^ { 1 } x", r"\int _ { 0 } ^ { 1 } x"),
        (r"\lim \limits _ { x \to 0 } f ( x )", r"\lim _ { x \rightarrow 0 } f ( x )"),
        (r"\dfrac { a } { b + c }", r"\frac { a } { b + c }"),
        ("x^2+\\frac12", r"x ^ { 2 } + \frac { 1 } { 2 }"),
        (r"\varphi + 1 = a", r"\phi + 1 = a"),
        (r"\mathbf { x } + 1 = a", "x + 1 = a"),
    ],
)
def test_what_cdm_takes_for_equal(gt: str, pred: str) -> None:
    assert cdm(gt, pred).exact


@pytest.mark.parametrize("text", ["", " ", "x", "x ^ {", "}", "\\", r"\foo", "设", "x + " * 9000])
def test_equal_texts_score_exactly_one(text: str) -> None:
    assert cdm(text, text).f1 == 1


def test_nothing_is_right_about_an_empty_answer() -> None:
    for gt, pred in (("x", ""), ("", "x"), ("", r"\quad"), ("{ }", "")):
        score = cdm(gt, pred)
        assert (score.f1, score.precision, score.recall) == (0, 0, 0)


def test_what_is_no_latex_is_repaired_counted_and_scored() -> None:
    score = cdm("x ^ { 2 } + y", "x ^ { 2 + y")
    assert score.answer_repaired and not score.label_repaired
    assert 0 < score.f1 <= 1


def test_the_place_of_many_tokens_is_checked() -> None:
    assert cdm("a + b + c + d", "a + c + b + d").f1 == pytest.approx(5 / 7)


def test_reading_order_counts_from_the_start_of_both_formulas() -> None:
    # x of the label goes to the fourth token of the answer, not to the last: then d has moved too far
    score = cdm(r"k \int d x", r"k \int e ^ { x } d x")
    assert (score.matched, score.label_tokens, score.answer_tokens) == (3, 4, 6)


def test_a_runaway_answer_costs_no_memory_and_stays_finite() -> None:
    score = cdm("x + y", "3 " * 20_000)
    assert score.f1 == 0 and score.answer_tokens == 20_000
    longer = cdm("x + y " * 500, "x - z " * 500)
    assert 0 <= longer.f1 < 0.5


def test_many_pairs_come_in_order_from_processes_with_progress() -> None:
    pairs = [("x + y", "x + y" if i % 3 else "x + z") for i in range(300)]
    seen: list[None] = []
    alone = list(cdm_many(pairs))
    together = list(cdm_many(iter(pairs), workers=2, progress=lambda: seen.append(None)))
    assert together == alone and len(seen) == 300


def test_the_summary_counts_every_pair() -> None:
    total = cdm_summary([cdm("x", "x"), cdm("x", ""), cdm("x ^ {", "x"), cdm("x y", "x")])
    assert (total.n, total.repaired_labels, total.repaired_answers) == (4, 1, 0)
    assert total.exprate == 50 and total.recall == pytest.approx(100 * 2.5 / 4)
    assert cdm_summary([]).n == 0


def test_few_points_always_fit_and_outliers_do_not() -> None:
    points = np.array([[0.0, 0.0], [0.0, 50.0], [0.0, 100.0], [0.0, 150.0], [0.0, 200.0]])
    moved = points.copy()
    moved[2] += (90.0, 0.0)
    assert inliers(points[:2], points[:2] + 500).all()
    assert inliers(points, moved).tolist() == [True, True, False, True, True]
    assert inliers(points, points + 300).all()


# -- against the official tool, where its scores lie beside the checkout --------------------------------------------


@pytest.fixture
def official(shared_data: Path) -> list[dict]:
    pairs = json.loads((shared_data / "cdm" / "official_pairs.json").read_text(encoding="utf-8"))

    def balanced(text: str) -> bool:
        try:
            parse(text)
        except LatexSyntaxError as error:
            return "brace" not in error.reason
        return True

    return [
        x
        for x in pairs
        if x["f1"] is not None
        and x["id"][:4] != "syn_"
        and balanced(x["gt"])
        and balanced(x["pred"])
        # the published tool takes \not \in and \notin for different
        and not (r"\not \in" in x["gt"] and r"\notin" in x["pred"])
    ]


def test_agreement_with_the_official_tool(official: list[dict]) -> None:
    theirs = np.array([x["f1"] for x in official])
    ours = np.array([cdm(x["gt"], x["pred"]).f1 for x in official])
    assert len(official) > 600
    assert np.mean((theirs == 1) == (ours == 1)) >= 0.99
    assert np.corrcoef(theirs, ours)[0, 1] >= 0.99
    assert np.abs(theirs - ours).mean() <= 0.005


def test_figures_of_a_published_set(shared_data: Path) -> None:
    records = json.loads((shared_data / "predictions" / "crohme_2014_pred.json").read_text(encoding="utf-8"))
    total = cdm_summary(cdm_many((x["gt"], x["pred"]) for x in records))
    assert total.n == 986
    assert total.exprate == pytest.approx(85.70, abs=0.1)
    assert total.f1 == pytest.approx(96.73, abs=0.1)


@pytest.mark.slow
def test_no_pair_of_any_set_is_dropped_or_nan(shared_data: Path) -> None:
    for path in (shared_data / "predictions").rglob("*.json"):
        records = json.loads(path.read_text(encoding="utf-8"))
        scores = list(cdm_many((x["gt"], x["pred"]) for x in records))
        assert len(scores) == len(records) > 0
        for score in scores:
            assert all(0 <= value <= 1 and math.isfinite(value) for value in (score.f1, score.precision, score.recall))
