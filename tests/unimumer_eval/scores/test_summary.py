"""Nothing leaves n, nothing wrong counts as right."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unimumer_data.errors import MissingPredictionError, PredictionError
from unimumer_eval.scores import FORMS, RIGHT, Pair, against_labels, score_set


def pair(id: str, gt: str, pred: str, **rest) -> Pair:
    return Pair(id=id, gt=gt, pred=pred, **rest)


def outcomes(scores) -> list[str]:
    return [sample.outcome for sample in scores.samples]


def test_every_outcome_by_hand():
    long = "x + " * 80 + "x"
    scores = score_set(
        "all",
        [
            pair("right", "x ^ { 2 }", "x ^ { 2 }"),
            pair("notation", "x ^ { 2 }", "x^2"),
            pair("look-alike", r"\epsilon", r"\varepsilon"),
            pair("failed", "x", "x", failure="image"),
            pair("missing", "x", "", failure="missing"),
            pair("right", "x ^ { 2 }", "x ^ { 2 }"),
            pair("empty", "x", "  "),
            pair("runaway", "x", long),
            pair("label", r"\frac { 1 } {", "1"),
            pair("unparsable", "x", r"\frac { 1 } {"),
            pair("symbol", "x ^ { 2 }", "y ^ { 2 }"),
            pair("structure", "x ^ { 2 }", "x _ { 2 }"),
            pair("both", "x ^ { 2 }", "y _ { 2 }"),
        ],
    )
    assert outcomes(scores) == [
        "right", "notation", "look-alike", "failed", "missing", "duplicate", "empty", "runaway", "label",
        "unparsable", "symbol", "structure", "both",
    ]  # fmt: skip
    assert scores.n == sum(scores.outcomes.values()) == 13
    assert scores.forms["raw"]["exprate"].value == pytest.approx(100 / 13)
    assert scores.forms["strict"]["exprate"].value == pytest.approx(200 / 13)
    assert scores.forms["loose"]["exprate"].value == pytest.approx(300 / 13)
    assert dict(scores.counts.failures) == {"image": 1, "missing": 1, "duplicate": 1}
    counts = scores.counts
    assert (counts.empty, counts.runaway, counts.unparsable, counts.unparsable_labels) == (1, 1, 1, 1)


def test_no_answer_is_within_no_number_of_errors():
    scores = score_set("short", [pair("a", "x", ""), pair("b", "x", "x", failure="endpoint"), pair("c", "", "")])
    for form in FORMS:
        assert scores.forms[form]["exprate_le3"].value == 0


def test_empty_label_stays_in_n_and_is_counted():
    scores = score_set("labels", [pair("a", "", "x"), pair("b", "x", "x")])
    assert (scores.n, scores.counts.empty_labels) == (2, 1)
    assert scores.forms["strict"]["exprate"].value == 50


def test_an_unreadable_answer_that_repeats_an_unreadable_label_is_right():
    scores = score_set("broken", [pair("a", r"\frac { 1 } {", r"\frac { 1 } {")])
    assert scores.forms["strict"]["exprate"].value == 100


def test_spaces_do_not_matter_in_the_strict_form():
    scores = score_set("spaces", [pair("a", r"\frac { 2 - p } { \sqrt { 1 - p } }", r"\frac{2-p}{\sqrt{1-p}}")])
    assert (scores.forms["raw"]["exprate"].value, scores.forms["strict"]["exprate"].value) == (0, 100)
    assert scores.forms["strict"]["token_error_rate"].value == 0


def test_error_rates_have_one_unit_above_and_below():
    scores = score_set("rates", [pair("a", "x + y z", "x + y"), pair("b", r"\alpha", r"\beta")])
    assert scores.forms["raw"]["token_error_rate"].value == pytest.approx(100 * 2 / 5)
    assert scores.forms["raw"]["char_error_rate"].value == pytest.approx(100 * (1 + 4) / (4 + 6))  # alph -> bet: 4


def test_no_predictions_is_an_error_that_names_the_set():
    with pytest.raises(PredictionError, match="toy: no predictions"):
        score_set("toy", [])


def test_same_seed_same_intervals():
    pairs = [pair(str(i), "x + y", "x" + " y" * (i % 7)) for i in range(60)]
    first, again, other = (score_set("s", pairs, seed=seed).forms["raw"]["edit_score"] for seed in (1, 1, 2))
    assert first == again and first != other
    assert first.low < first.value < first.high


def test_missing_predictions_raise_or_count_as_wrong():
    labels = {"a": "x", "b": "y", "c": "z"}
    given = [pair("a", "ignored", "x")]
    with pytest.raises(MissingPredictionError, match=r"2 of 3 toy predictions missing, first: b\. Or pass"):
        against_labels("toy", given, labels)
    scores = score_set("toy", against_labels("toy", given, labels, missing="wrong"))
    assert (scores.n, scores.counts.missing) == (3, 2)
    assert scores.forms["raw"]["exprate"].value == pytest.approx(100 / 3)


def test_predictions_of_another_set_are_refused():
    with pytest.raises(PredictionError, match="'z'"):
        against_labels("toy", [pair("z", "x", "x")], {"a": "x"})


texts = st.sampled_from(["x", "x^2", "x ^ { 2 }", r"\frac{1}", "", " ", r"\varphi", r"\phi", "}", "a b c d e"])


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts, st.sampled_from([None, None, "image"]), st.sampled_from("abcd")), min_size=1))
def test_outcomes_and_rates_agree_whatever_comes(rows):
    scores = score_set("any", [pair(id, gt, pred, failure=f) for gt, pred, f, id in rows], resamples=0)
    assert sum(scores.outcomes.values()) == scores.n == len(rows)
    right = sum(outcome in RIGHT for outcome in outcomes(scores))
    assert scores.forms["strict"]["exprate"].value == pytest.approx(100 * right / scores.n)
    raw, strict, loose = (scores.forms[form]["exprate"].value for form in FORMS)
    assert raw <= strict <= loose
    for groups in scores.groups.values():
        assert sum(group.n for group in groups) == scores.n


def test_texteller_predictions_need_parsing(shared_data, read_pairs):
    scores = score_set("crohme_2014", read_pairs(shared_data / "predictions" / "texteller" / "crohme_2014.json"))
    assert scores.forms["raw"]["exprate"].value < 10
    assert scores.forms["strict"]["exprate"].value > 90


# (label, answer, right): a label without ink is right where the answer is there and prints nothing either
WITHOUT_INK = [
    ("{ }", "{ }", True), ("%", "%", True), (r"\;", r"\,", True), ("", "", False), ("", "{ }", False),
    ("{ }", "", False), ("{ }", "x", False), ("x", "{ }", False), (r"\quad", "{ { } }", True),
]  # fmt: skip


@pytest.mark.parametrize(("label", "answer", "right"), WITHOUT_INK)
def test_labels_without_ink_are_scored_by_one_rule(label, answer, right):
    scores = score_set("blank", [pair("a", label, answer)], text_metrics=True)
    wanted = 100 if right else 0
    strict = scores.forms["strict"]
    assert strict["exprate"].value == strict["edit_score"].value == wanted
    assert scores.forms["loose"]["exprate"].value == wanted
    assert {name: figure.value for name, figure in scores.metrics.items() if "exprate" in name or "f1" in name} == {
        name: wanted for name in scores.metrics if "exprate" in name or "f1" in name
    }
    assert (scores.samples[0].outcome in RIGHT) == right


def test_an_endless_answer_costs_little_and_is_wrong():
    start = time.process_time()
    scores = score_set(
        "long", [pair("a", "x", "x + " * 100_000), pair("b", "y", r"\frac{" * 100_000)], text_metrics=True
    )
    assert time.process_time() - start < 10
    assert outcomes(scores) == ["runaway", "runaway"]
    assert scores.metrics["cdm_f1"].value == scores.metrics["structure_f1"].value == 0
    assert scores.forms["raw"]["token_error_rate"].value > 1_000_000


def test_intervals_at_the_ends_say_something():
    good = score_set("good", [pair(str(i), "x + y", "x + y") for i in range(48)], text_metrics=True)
    bad = score_set("bad", [pair(str(i), "x", "y") for i in range(12)], text_metrics=True)
    for figures in (good.forms["strict"], good.metrics):
        for name in figures.keys() & {"exprate", "edit_score", "cdm_exprate", "cdm_f1", "structure_f1"}:
            assert figures[name].high == 100 and figures[name].low == pytest.approx(92.59, abs=0.01)
    assert bad.forms["strict"]["exprate"].high == pytest.approx(24.25, abs=0.01)
