"""From the results of a validation set to accepted answers: calibrate, eval, recognise."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unimumer_eval import Recognizer
from unimumer_eval.calibrate import main
from unimumer_eval.pair_files import write_published
from unimumer_eval.run import main as evaluate
from unimumer_eval.scores import Pair
from unimumer_eval.trust.calibrator import read_calibrator

pytest.importorskip("sklearn", reason="needs the extra [calibrate]")

RECOGNISER = '''
import math
from unimumer_eval.engines import Output

def read(picture):
    """Sure of wide pictures."""
    p = 0.98 if picture.width > 50 else 0.3
    return Output(text="x", tokens=2, logprob=2 * math.log(p), logprobs=(math.log(p),) * 2)
'''


def answers(n: int, seed: int = 0) -> list[Pair]:
    """Predictions that are right as often as their probability says, more or less."""
    random = np.random.default_rng(seed)
    pairs = []
    for number, sure in enumerate(random.beta(3, 0.4, n)):
        pred = "x" if random.random() < sure else "y"
        logprob = float(np.log(sure) - 0.3 * random.random())
        evidence = {"logprob": logprob, "lowest": logprob * 0.7, "tokens": 3}
        pairs.append(Pair(id=f"s{number}", gt="x", pred=pred, extra={"evidence": evidence}))
    return pairs


@pytest.fixture
def validation(tmp_path: Path) -> Path:
    write_published(tmp_path / "val" / "val_pred.json", answers(2000))
    return tmp_path / "val"


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_from_validation_to_accepted_answers(validation: Path, tmp_path: Path, capsys, method: str) -> None:
    assert main([str(validation), "target=0.95", f"method={method}"]) == 0
    said = capsys.readouterr().out
    assert said.count("\n") >= 4  # a line for each thing that it says
    assert "1000 to fit the probability, 1000 to set the threshold" in said
    assert "Clopper-Pearson" in said and f"calibration={validation}/calibration.json" in said
    calibrator = read_calibrator(validation / "calibration.json")
    assert calibrator.promise.at_least >= 0.95
    assert calibrator.measured["ece"] < 0.1

    write_published(
        tmp_path / "new_pred.json", [*answers(1000, seed=1), Pair(id="lost", gt="x", pred="", failure="image")]
    )
    words = ["engine=replay", f"predictions={tmp_path}/new_pred.json", f"output={tmp_path}/out", "cdm=false"]
    assert evaluate([*words, f"calibration={validation}/calibration.json"]) == 0
    rows = json.loads((tmp_path / "out/new_pred.json").read_text())
    assert {row["accept"] for row in rows} == {True, False} and rows[-1]["accept"] is False
    scores = json.loads((tmp_path / "out/scores.json").read_text())["sets"][0]["calibration"]
    assert scores["accepted"]["n"] == sum(row["accept"] for row in rows)
    assert scores["accepted"]["precision"]["value"] > 93
    assert scores["aurc"] < 0.1 and scores["curve"][-1]["coverage"] == 1
    assert "new: accepted: " in capsys.readouterr().out


def test_too_few_samples_are_said_to_be_too_few(tmp_path: Path, capsys) -> None:
    write_published(tmp_path / "val_pred.json", answers(100))
    assert main([str(tmp_path), "target=0.99"]) == 0
    assert "no threshold keeps the promise" in capsys.readouterr().out
    assert read_calibrator(tmp_path / "calibration.json").promise.threshold is None


def test_what_cannot_be_calibrated(tmp_path: Path, validation: Path, capsys) -> None:
    write_published(tmp_path / "mute_pred.json", [Pair(id=f"{i}", gt="x", pred="xy"[i % 2]) for i in range(40)])
    right = [Pair(id=pair.id, gt=pair.pred, pred=pair.pred, extra=pair.extra) for pair in answers(50)]
    write_published(tmp_path / "right_pred.json", right)
    assert main([f"{tmp_path}/mute_pred.json"]) == 1
    assert main([f"{tmp_path}/right_pred.json"]) == 1
    assert main([str(tmp_path)]) == 2
    assert main([str(validation), "target=1"]) == 2
    mute, all_right, several, target = capsys.readouterr().err.splitlines()
    assert "mute: the answers carry no probabilities; predict again" in mute
    assert "right: 25 of 25 answers to fit on are right" in all_right
    assert "set= must name one of the sets: mute, right" in several
    assert "target must be between 0 and 1" in target


def test_eval_and_recognise_with_a_model(tmp_path: Path, validation: Path, monkeypatch, capsys) -> None:
    (tmp_path / "sure.py").write_text(RECOGNISER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "sure", raising=False)
    main([str(validation), "target=0.9"])
    (tmp_path / "pictures").mkdir()
    for name, width in (("wide", 90), ("narrow", 30)):
        Image.new("RGB", (width, 30), "white").save(f"pictures/{name}.png")
    (tmp_path / "pictures" / "broken.png").write_bytes(b"no picture")
    calibration = validation / "calibration.json"
    engine = "python:sure:read"
    words = [f"engine={engine}", "data=pictures", f"output={tmp_path}/out", f"calibration={calibration}"]
    assert evaluate([*words, "max_failures=1"]) == 0
    rows = json.loads((tmp_path / "out/pictures_pred.json").read_text())
    assert {row["img_id"]: row["accept"] for row in rows} == {"broken": False, "narrow": False, "wide": True}
    answer = json.loads((tmp_path / "out/pictures_answers.jsonl").read_text().splitlines()[-1])
    assert answer["outputs"][0]["logprobs"] == [pytest.approx(np.log(0.98), abs=1e-4)] * 2

    with Recognizer(engine=engine, calibration=calibration) as recognize:
        results = list(recognize([f"pictures/{name}.png" for name in ("wide", "narrow", "broken")]))
    assert [result.accept for result in results] == [True, False, False]
    assert results[0].to_dict()["accept"] is True and results[0].confidence > 0.9 > results[1].confidence

    capsys.readouterr()
    assert evaluate([*words[:2], f"output={tmp_path}/other", words[3], "task=tree", "plain=false"]) == 2
    assert "made for another way of asking than task=tree" in capsys.readouterr().err
    assert not (tmp_path / "other/pictures_tree_pred.json").exists()
