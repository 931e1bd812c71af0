"""The whole loop of error-driven learning: folds, training, sampling, corpus, records, training on all tasks."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from workshop import ROOT, Workshop

from unimumer_data.tasks.corrections import apply, strip

ENVIRONMENTS = Path(os.environ.get("UNIMUMER_ENVS") or ROOT / ".venv")
TASKS = ("", "_tree", "_can", "_error_find", "_error_fix")


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    if not (ENVIRONMENTS / "train").is_dir():
        pytest.skip("needs the training environment: make train-env")
    shop = Workshop(tmp_path_factory.mktemp("loop"))
    shop.run(ROOT / "examples" / "error_driven.sh", shop.folder)
    return shop


def test_the_last_training_loads_every_record_of_every_task(loop: Workshop) -> None:
    records = [len(loop.read(f"data/sample/sample{suffix}.json")) for suffix in TASKS]
    assert all(records)
    log = (loop.folder / "outputs/error_driven.log").read_text(encoding="utf-8")
    assert int(re.findall(r"Num examples = ([\d,]+)", log)[-1].replace(",", "")) == sum(records)
    assert "Dropped" not in log
    assert (loop.folder / "outputs/sample_all_tasks/model.safetensors").is_file()


def test_each_fold_was_predicted_by_a_model_that_had_not_seen_it(loop: Workshop) -> None:
    labels = []
    for fold in (0, 1):
        rows = loop.read(f"results/error_driven/fold{fold}/sample_fold{fold}_pred.json")
        assert all(len(row["samples"]) == row["sampling"]["n"] == 4 for row in rows)
        assert {row["sampling"]["seed"] for row in rows} == {fold}
        recipe = (loop.folder / f"data/sample/folds/train_without_fold{fold}.yaml").read_text(encoding="utf-8")
        assert f"dataset: sample_fold{1 - fold}\n" in recipe
        labels.append({row["gt"] for row in rows})
    assert not labels[0] & labels[1]


def test_the_corpus_leads_back_to_labels_and_predictions(loop: Workshop) -> None:
    rows = loop.read("data/sample/sample_errors.json")
    assert rows
    for row in rows:
        assert (strip(row["marked"]), apply(row["marked"], row["log"])) == (row["pred"], row["gt"])
    fix = json.dumps(loop.read("data/sample/sample_error_fix.json"), ensure_ascii=False)
    assert all(json.dumps(row["log"], ensure_ascii=False)[1:-1] in fix for row in rows)


def test_the_same_command_runs_again_with_other_models(loop: Workshop) -> None:
    """Last in this file: it replaces what the loop has made."""
    before = loop.read("results/error_driven/fold0/sample_fold0_run.json")["settings"]["model_sha256"]
    loop.run(ROOT / "examples" / "error_driven.sh", loop.folder, STEPS="2", LAST_STEPS="1")
    assert loop.read("results/error_driven/fold0/sample_fold0_run.json")["settings"]["model_sha256"] != before
