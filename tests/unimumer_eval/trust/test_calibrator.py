"""A calibration is a file of plain numbers; applying it needs no library."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from unimumer_data.errors import ConfigError
from unimumer_eval.scores import Pair
from unimumer_eval.trust.calibrator import Calibrator, Curve, Promise, Weight, read_calibrator

CURVE = Curve(
    weights=(Weight(name="logprob", weight=2.0, mean=-1.0, scale=0.5, low=-4.0, high=0.0),),
    intercept=0.5,
)
PROMISE = Promise(target=0.99, confidence=0.9, threshold=0.9, bound="b", n=100, accepted=50, right=50, at_least=0.99)
CALIBRATOR = Calibrator(
    set="val",
    form="strict",
    method="platt",
    curve=CURVE,
    promise=PROMISE,
    measured={"brier": 0.1},
    settings={"task": "tree", "model_sha256": "abc", "n": 1},
)


def pair(logprob: float | None, pred: str = "x", failure: str | None = None) -> Pair:
    evidence = {} if logprob is None else {"logprob": logprob}
    return Pair(id="a", gt="x", pred=pred, failure=failure, extra={"evidence": evidence})


def test_a_file_gives_the_same_calibration(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    isotonic = replace(CALIBRATOR, curve=replace(CURVE, steps=((0.1, 0.0), (0.9, 1.0))))
    path.write_text(isotonic.to_json())
    assert read_calibrator(path) == isotonic


def test_probability_by_hand_without_extrapolation() -> None:
    assert CALIBRATOR.probability({"logprob": -0.5}, "x") == pytest.approx(1 / (1 + math.exp(-2.5)))
    assert CALIBRATOR.probability({"logprob": -99.0}, "x") == CALIBRATOR.probability({"logprob": -4.0}, "x")
    steps = replace(CURVE, steps=((0.2, 0.0), (0.6, 1.0)))
    assert steps({"logprob": -1.25}) == pytest.approx((1 / (1 + math.exp(0.5)) - 0.2) / 0.4)


def test_who_is_accepted() -> None:
    judged = CALIBRATOR.judge(
        [pair(-0.25), pair(-3.0), pair(-0.25, pred=""), pair(-0.25, failure="image"), pair(None)]
    )
    assert [one.extra["accept"] for one in judged] == [True, False, False, False, False]
    assert [one.confidence is None for one in judged] == [False, False, False, True, True]
    nothing = replace(CALIBRATOR, promise=replace(PROMISE, threshold=None))
    assert not nothing.judge([pair(0.0)])[0].extra["accept"]


def test_answers_without_what_it_is_made_of_are_an_error() -> None:
    with pytest.raises(
        ConfigError, match=r"logprob \(log-probability of the whole answer\). Ask as for val: task=tree"
    ):
        CALIBRATOR.judge([pair(None), pair(None, failure="image")])


def test_another_way_of_asking_is_an_error_and_another_model_a_warning() -> None:
    with pytest.raises(ConfigError, match=r"made for another way of asking than plain recognition\. Ask as for val"):
        CALIBRATOR.check({"task": "record", "n": 1})
    assert CALIBRATOR.check({"task": "tree", "model_sha256": "abc"}) == []
    (warning,) = CALIBRATOR.check({"task": "tree", "model_sha256": "abd"})
    assert "model_sha256 was 'abc' and is 'abd'; its promise does not hold" in warning


@pytest.mark.parametrize(
    "damage", ['{"version": 2}', '{"schema": "x"}', '{"curve": {}}', '{"promise": 1}', '{"a": 1}']
)
def test_a_damaged_file_is_named_with_the_cure(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({**json.loads(CALIBRATOR.to_json()), **json.loads(damage)}))
    with pytest.raises(ConfigError, match=r"calibration.json: not a calibration .*; write it with unimumer calibrate"):
        read_calibrator(path)
    with pytest.raises(ConfigError, match="no such file"):
        read_calibrator(tmp_path / "other.json")


def test_applying_needs_no_scikit_learn() -> None:
    code = "import sys, unimumer_eval.trust.calibrator, unimumer_eval.run; assert 'sklearn' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
