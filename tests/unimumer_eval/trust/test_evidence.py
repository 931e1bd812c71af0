"""What speaks for an answer, and the file that keeps it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from unimumer_data.errors import PredictionError
from unimumer_eval.engines.base import Output
from unimumer_eval.pair_files import read_pair_file, write_published
from unimumer_eval.scores import Pair
from unimumer_eval.trust.evidence import evidence_of, features_of

PAIR = Pair(
    id="a", gt="x", pred="x", confidence=0.5, extra={"evidence": {"logprob": -0.7, "lowest": -0.6, "tokens": 2}}
)


def test_evidence_of_an_answer_with_counts() -> None:
    answer = Output(text="x: 2\nx", tokens=5, logprob=-math.inf, logprobs=(-0.25, -3.0))
    assert evidence_of(answer, "can", votes=0.5) == {
        "logprob": -1e4,
        "lowest": -3.0,
        "tokens": 5,
        "votes": 0.5,
        "consistent": 0.0,
    }
    assert evidence_of(Output(text="x", tokens=5), "vanilla") == {}


def test_features_are_made_of_evidence_and_text() -> None:
    features = features_of({"logprob": -6.0, "tokens": 3}, "x ^ { 2")
    assert features == {"logprob": -6.0, "mean": -2.0, "length": pytest.approx(math.log(5)), "parses": 0.0}


def test_prediction_files_stay_as_published_and_evidence_is_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "toy_pred.json"
    write_published(path, [PAIR])
    assert json.loads(path.read_text()) == [{"gt": "x", "pred": "x", "image_path": "", "img_id": "a"}]
    (read,) = read_pair_file(path).pairs
    assert (read.confidence, read.extra["evidence"]) == (0.5, PAIR.extra["evidence"])


def test_evidence_of_an_earlier_run_does_not_stay(tmp_path: Path) -> None:
    path = tmp_path / "toy_pred.json"
    write_published(path, [PAIR])
    write_published(path, [Pair(id="a", gt="x", pred="y")])
    (read,) = read_pair_file(path).pairs
    assert (read.confidence, read.extra) == (None, {})


@pytest.mark.parametrize(
    "line",
    [
        '{"img_id": "b", "confidence": 0.5}',
        '{"img_id": "a", "confidence": 7}',
        '{"img_id": "a", "confidence": 0.5, "logprob": "x"}',
        '{"img_id": "a", "confidence": NaN}',
        '{"img_id": "a", "confidence": 0.5, "fame": 1}',
        '{"confidence": 0.5}',
        "[1]",
        "x",
        "",
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "toy_pred.json"
    write_published(path, [PAIR])
    (tmp_path / "toy_confidence.jsonl").write_text(line + "\n")
    with pytest.raises(PredictionError, match=r"toy_confidence.jsonl: cannot be read .*; remove it"):
        read_pair_file(path)
