"""The packs for other harnesses: what is written for them, and that their scorer is ours."""

from __future__ import annotations

import csv
import json
import runpy
import sys
from pathlib import Path

import pytest
import yaml

import unimumer_data
from unimumer_eval.harness import FIGURES, figures
from unimumer_eval.scores import Pair, score_set

HARNESS = Path(__file__).resolve().parents[2] / "eval" / "harness"
SAMPLE = Path(unimumer_data.__file__).parent / "sample" / "test"


@pytest.fixture
def prepare(monkeypatch: pytest.MonkeyPatch):
    """Run prepare.py; its exit code."""

    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["prepare.py", *words])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(HARNESS / "prepare.py"), run_name="__main__")
        return int(end.value.code or 0)

    return run


def test_a_set_of_ones_own_is_written_for_both(prepare, tmp_path: Path) -> None:
    assert prepare(f"data={SAMPLE}", "limit=5", f"output={tmp_path}") == 0
    rows = [json.loads(line) for line in (tmp_path / "test.jsonl").read_text().splitlines()]
    task = yaml.safe_load((tmp_path / "unimumer_test.yaml").read_text())
    with (tmp_path / "unimumer_test.tsv").open(newline="") as file:
        table = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == len(table) == 5
    assert all(Path(row["image"]).suffix == ".png" and Path(row["image"]).is_file() for row in rows)
    assert [one["image_path"] for one in table] == [row["image"] for row in rows]
    assert task["task"] == "unimumer_test" and Path(task["include"]).is_file()
    assert {"unimumer", "canonical", "scores", "seen_in_training_by"} <= task["metadata"].keys()


def test_what_is_not_built_is_said(prepare, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dataset_info.json").write_text("{}")
    assert prepare() == 2
    assert "none of crohme_2014, " in capsys.readouterr().err


def test_the_ledger_goes_with_the_set(monkeypatch: pytest.MonkeyPatch) -> None:
    seen_by = runpy.run_path(str(HARNESS / "prepare.py"))["seen_by"]
    assert seen_by("crohme_2014") == ["TexTeller"] and seen_by("mne_n1") == []


def test_every_set_of_the_list_is_a_data_set() -> None:
    known = json.loads((HARNESS.parents[1] / "dataset_info.json").read_text())
    assert set(yaml.safe_load((HARNESS / "sets.yaml").read_text())) <= known.keys()


def test_the_task_reports_all_figures() -> None:
    text = (HARNESS / "lmms_task" / "default.yaml").read_text().replace("!function ", "")
    named = [one["metric"] for one in yaml.safe_load(text)["metric_list"]]
    assert named == list(FIGURES)
    functions = runpy.run_path(str(HARNESS / "lmms_task" / "task.py"))
    row = {"id": "a", "task": "vanilla", "answer": "x ^ { 2 }"}
    handed = [functions["process_results"](row, ["$x^2$"]), functions["process_results"](row | {"id": "b"}, ["y"])]
    assert functions["exprate_strict"]([one["exprate_strict"] for one in handed]) == 50


def test_the_scorer_is_that_of_eval() -> None:
    labels = ["x ^ { 2 }", r"\frac { a } { b }", "y", "z"]
    answers = ["x^2", "```latex\n\\frac{a}{c}\n```", None, "z"]
    rows = [{"id": str(i), "task": "vanilla", "answer": label} for i, label in enumerate(labels)]
    found = figures("toy", rows, answers)
    plain = ["x^2", r"\frac{a}{c}", "", "z"]
    pairs = [
        Pair(id=str(i), gt=label, pred=text, failure=None if answers[i] is not None else "no answer")
        for i, (label, text) in enumerate(zip(labels, plain, strict=True))
    ]
    scores = score_set("toy", pairs, text_metrics=True, resamples=0)
    assert found["exprate_strict"] == scores.forms["strict"]["exprate"].value == 50
    assert found["cdm_f1"] == scores.metrics["cdm_f1"].value
