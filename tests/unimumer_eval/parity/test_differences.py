"""Two traces compared: each planted difference is found at its place, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unimumer_data.errors import PredictionError
from unimumer_eval.parity.differences import Parity, Tolerance, compare_traces
from unimumer_eval.parity.page import screen, write_report
from unimumer_eval.parity.trace import Look, Question, Trace, read_trace, write_trace

TOKENS = ("<s>", "<image>", "<image>", "Read", ".", "x", "+", "1", "<end>")


def look(id: str = "a", label: str = "x + 1") -> Look:
    return Look(
        question=Question(id=id, image=Path(f"{id}.png"), label=label),
        text=label,
        ids=np.arange(9),
        tokens=TOKENS,
        start=5,
        grid=np.array([1, 4, 2]),
        pixels=np.zeros((8, 6), dtype=np.float32),
        positions=np.tile(np.arange(9), (3, 1)),
        logprobs=np.array([-0.1, -0.2, -0.3, -0.4]),
    )


def trace(*looks: Look, name: str = "one") -> Trace:
    return Trace(name=name, looks=looks, settings={"model": "m"})


def against(changed: Look) -> Parity:
    return compare_traces(trace(look("a"), look("b")), trace(look("a"), replace(changed, question=look("b").question)))


def changed(name: str, place: tuple[int, ...], value: float) -> Look:
    array = getattr(look(), name).copy()
    array[place] = value
    return replace(look(), **{name: array})


@pytest.mark.parametrize(
    ("other", "stage", "place"),
    [
        (changed("pixels", (3, 2), 0.5), "picture", "patch 3, value 2: 0.0000 and 0.5000; largest difference 0.5000"),
        (
            replace(look(), grid=np.array([1, 2, 2]), pixels=np.zeros((4, 6), dtype=np.float32)),
            "picture",
            "cut into 1 x 4 x 2 patches and 1 x 2 x 2",
        ),
        (changed("ids", (3,), 77), "prompt", "token 3: '<s><image><image>Read.x+' and '<s>"),
        (changed("positions", (0, 1), 4), "positions", "time of token 1 ('<image>'): 1 and 4"),
        (
            changed("logprobs", (2,), -2.3),
            "label",
            "log-probability of token 2 of the label ('1'): -0.3000 and -2.3000",
        ),
        (changed("ids", (6,), 77), "label", "token 1 of the label: '+', '+'"),
        (replace(look(), text="x + 7"), "text", "character 4: '1' and '7'"),
        (replace(look(), text=None, failure="refused: too long"), "text", "no answer on one side: refused: too long"),
    ],
)
def test_a_difference_is_named_with_its_place(other: Look, stage: str, place: str) -> None:
    found = against(other)
    assert found.first is not None
    assert (found.first.stage, found.first.id) == (stage, "b")
    assert place in found.first.place
    assert {one.stage: len(one.findings) for one in found.stages if one.findings} == {stage: 1}


def test_equal_traces_have_no_difference_and_small_ones_are_forgiven() -> None:
    assert against(look()).first is None
    assert against(changed("pixels", (0, 0), 0.0005)).first is None
    close = changed("logprobs", (0,), -0.105)
    assert against(close).first is None
    strict = compare_traces(trace(look("a")), trace(close), Tolerance(logprobs=0.001))
    assert strict.first is not None and strict.first.stage == "label"


def test_the_cost_is_that_of_strict_exprate_with_its_interval() -> None:
    wrong = replace(look(), text="x - 1")
    cost = against(wrong).exprate
    assert cost is not None
    assert (cost.first, cost.second, cost.difference.value) == (100, 50, -50)
    assert cost.difference.low <= -50 <= cost.difference.high
    spaced = replace(look(), text="x+1")  # the same expression
    assert against(spaced).exprate.difference.value == 0  # type: ignore[union-attr]
    assert against(spaced).first is not None


def test_what_a_side_does_not_show_is_not_compared() -> None:
    blind = Look(question=look("a").question, text="x + 1")
    found = compare_traces(trace(look("a")), trace(blind))
    assert [stage.compared for stage in found.stages] == [0, 0, 0, 0, 1]
    assert "not shown" in screen(found)
    assert "no difference (text)" in screen(found)


def test_the_line_feed_before_a_label_belongs_to_either_side() -> None:
    """LLaMA-Factory's glm_ocr counts it to the answer, the chat template to the prompt: the sequence is the same."""
    early = replace(look(), start=4, logprobs=np.array([-0.01, -0.1, -0.2, -0.3, -0.4]))
    assert against(early).first is None


def test_traces_of_other_pictures_or_labels_are_refused() -> None:
    with pytest.raises(PredictionError, match="no sample in common"):
        compare_traces(trace(look("a")), trace(look("b")))
    with pytest.raises(PredictionError, match="a: one and two have different labels"):
        compare_traces(trace(look("a")), trace(look("a", label="y"), name="two"))


def test_a_trace_comes_back_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "one.npz"
    failed = Look(question=Question(id="b", image=Path("b.png"), label=None), failure="image: gone")
    write_trace(trace(look("a"), failed), path)
    back = read_trace(path)
    assert compare_traces(trace(look("a")), back).first is None
    assert back.looks[1].failure == "image: gone" and back.looks[1].ids is None
    assert back.looks[1].question.label is None
    assert [file.name for file in path.parent.iterdir()] == ["one.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"text"])
def test_a_damaged_trace_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "one.npz"
    with pytest.raises(PredictionError, match=r"one\.npz: no such trace; unimumer parity engine"):
        read_trace(path)
    path.write_bytes(content)
    with pytest.raises(PredictionError, match=r"one\.npz: no trace of unimumer parity, or damaged"):
        read_trace(path)


def test_the_page_shows_verdict_and_escapes_what_others_wrote(tmp_path: Path) -> None:
    evil = replace(look(), text="<script>alert(1)</script>")
    first, second = trace(look("a")), trace(replace(evil, question=look("a").question), name="two")
    parity = compare_traces(first, second)
    files = write_report(parity, (first, second), tmp_path)
    assert [file.name for file in files] == ["parity.json", "parity.html"]
    page = files[1].read_text(encoding="utf-8")
    assert "first difference: text of a: character 0" in page
    assert "strict ExpRate: 100.00 and 0.00, difference -100.00" in page
    assert "<script>" not in page and "&lt;script&gt;" in page
