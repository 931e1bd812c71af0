"""The ways to use a model, driven with given answers instead of one."""

from pathlib import Path

import pytest

from unimumer_data.tasks import prompts
from unimumer_eval.engines.base import Answer, Output
from unimumer_eval.inference import methods
from unimumer_eval.inference.items import Item
from unimumer_eval.inference.methods import Method, Stage
from unimumer_eval.scores import Pair


def item(index: int, fault: str | None = None) -> Item:
    name = f"s{index}"
    image = f"{name}.png"
    return Item(
        index=index,
        id=name,
        image_path=image,
        image=Path(image),
        prompt=prompts.VANILLA,
        task="vanilla",
        gt="x",
        fault=fault,
    )


def said(index: int, *texts: str, logprobs: tuple[float | None, ...] = ()) -> Answer:
    probabilities = logprobs or (None,) * len(texts)
    outputs = (Output(text=text, logprob=p) for text, p in zip(texts, probabilities, strict=True))
    return Answer(index=index, outputs=tuple(outputs))


def drive(method: Method, *answers: list[Answer]) -> tuple[list[Stage], list[Pair]]:
    """Send the answers of each stage; the stages that were asked, and the predictions."""
    stages = []
    try:
        stages.append(next(method))
        for stage in answers:
            stages.append(method.send({answer.index: answer for answer in stage}))
    except StopIteration as end:
        return stages, end.value
    raise AssertionError(f"asks for more: {stages[-1].name}")


def test_every_sample_has_a_prediction_in_order() -> None:
    items = [item(0), item(1, fault="record: no image"), item(2), item(3)]
    answers = [said(2, "y"), said(0, "x"), Answer(index=3, failure="image: s3.png: no such file")]
    (stage,), pairs = drive(methods.ask(items, "record"), answers)
    assert [request.index for request in stage.requests] == [0, 2, 3]
    assert [(pair.id, pair.pred, pair.failure) for pair in pairs] == [
        ("s0", "x", None),
        ("s1", "", "record"),
        ("s2", "y", None),
        ("s3", "", "image"),
    ]
    assert pairs[3].extra["detail"] == "image: s3.png: no such file"


def test_a_task_asks_its_own_instruction_and_scores_its_working() -> None:
    (stage,), pairs = drive(methods.ask([item(0), item(1)], "can"), [said(0, "x: 1\nx"), said(1, "x: 2\nx")])
    assert stage.requests[0].prompt == prompts.COUNT
    assert [(pair.pred, pair.extra["agrees"]) for pair in pairs] == [("x", True), ("x", False)]


def test_a_vote_counts_meanings_not_spellings() -> None:
    answer = said(0, "y", "x^2", "x ^ { 2 }", "y", "x ^ {2}", logprobs=(-0.1, -3.0, -1.0, -0.1, -2.0))
    _, (pair,) = drive(methods.vote([item(0)], "record"), [answer])
    assert (pair.pred, pair.confidence) == ("x ^ { 2 }", 0.6)
    assert pair.extra["samples"] == ["y", "x^2", "x ^ { 2 }", "y", "x ^ {2}"]


@pytest.mark.parametrize(
    ("texts", "logprobs", "winner"),
    [
        (("a", "b"), (-2.0, -1.0), "b"),  # a tie goes to the more probable
        (("a", "b"), (None, None), "a"),  # or to the first
        (("", "", "b"), (-0.1, -0.1, -9.0), "b"),  # nothing is no expression
        (("", ""), (None, None), ""),
    ],
)
def test_a_vote_without_majority(texts: tuple[str, ...], logprobs: tuple[float, ...], winner: str) -> None:
    output, _ = methods.elect(said(0, *texts, logprobs=logprobs).outputs, "vanilla")
    assert output.text == winner


def plain(*preds: str) -> list[Pair]:
    return [Pair(id=f"s{i}", gt="x", pred=pred, failure=None if pred else "image") for i, pred in enumerate(preds)]


def wrong(token: str) -> str:
    return f"<error_start> {token} <error_end>"


def test_refinement_corrects_what_it_detects() -> None:
    items = [item(0), item(1), item(2)]
    stages, pairs = drive(
        methods.refine(items, plain("y", "z", ""), rounds=1),
        [said(0, wrong("y")), said(1, "z")],
        [said(0, "REPLACE:y -> x\nx")],
    )
    assert [(stage.name, [request.index for request in stage.requests]) for stage in stages] == [
        ("detect 1", [0, 1]),
        ("correct 1", [0]),
    ]
    assert stages[0].requests[0].prompt == prompts.ERROR_FIND.format(candidate="y")
    assert stages[1].requests[0].prompt == prompts.ERROR_FIX.format(marked=wrong("y"))
    assert [pair.pred for pair in pairs] == ["x", "z", ""]
    assert pairs[0].extra["first"] == "y"
    assert pairs[2].failure == "image"


def test_refinement_goes_on_until_nothing_changes() -> None:
    stages, pairs = drive(
        methods.refine([item(0)], plain("a"), rounds=5),
        [said(0, wrong("a"))],
        [said(0, "REPLACE:a -> b\nb")],
        [said(0, wrong("b"))],
        [said(0, "REPLACE:b -> b\nb")],  # no change: no further round
        [],
    )
    assert [stage.name for stage in stages] == ["detect 1", "correct 1", "detect 2", "correct 2", "detect 3"]
    assert stages[-1].requests == []
    assert (pairs[0].pred, pairs[0].extra["first"], len(pairs[0].extra["corrections"])) == ("b", "a", 1)


def test_a_correction_that_ends_with_its_log_is_applied() -> None:
    _, (pair,) = drive(
        methods.refine([item(0)], plain("a + b"), rounds=1),
        [said(0, f"{wrong('a')} + b")],
        [said(0, "REPLACE:a -> c")],
    )
    assert pair.pred == "c + b"


def test_a_failed_round_keeps_the_last_good_expression() -> None:
    _, pairs = drive(
        methods.refine([item(0), item(1)], plain("a", "b"), rounds=1),
        [said(0, wrong("a")), Answer(index=1, failure="refused: too long")],
        [Answer(index=0, failure="endpoint: HTTP 500")],
    )
    assert [(pair.pred, pair.failure) for pair in pairs] == [("a", None), ("b", None)]


def test_three_answers_and_what_most_of_them_mean() -> None:
    items = [item(0), item(1), item(2), item(3, fault="record: no image")]
    plain = [said(0, "y", logprobs=(-1.0,)), said(1, "a"), Answer(index=2, failure="refused: no")]
    tree = [said(0, "x\nx", logprobs=(-2.0,)), said(1, "b\nb"), said(2, "z\nz")]
    counts = [said(0, "x: 1\nx", logprobs=(-3.0,)), said(1, "c: 1\nc"), said(2, "w: 1\nw")]
    stages, pairs = drive(methods.three(items), plain, tree, counts)
    assert [stage.name for stage in stages] == ["recognise", "tree", "can"]
    assert [(pair.pred, pair.confidence) for pair in pairs[:3]] == [
        ("x", pytest.approx(2 / 3)),
        ("a", pytest.approx(1 / 3)),
        ("z", 0.5),
    ]
    assert pairs[0].extra["expressions"] == {"vanilla": "y", "tree": "x", "can": "x"}
    assert pairs[0].extra["evidence"]["agree"] == pytest.approx(2 / 3)
    assert (pairs[0].extra["evidence"]["logprob"], pairs[0].extra["evidence"]["consistent"]) == (-2.0, 1.0)
    assert pairs[3].failure == "record"
