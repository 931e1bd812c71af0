"""A task is one file and one line: one added here is built, folded and evaluated, and its errors are collected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.build.command import main as build
from unimumer_data.error_driven.corpus import main as errors
from unimumer_data.error_driven.folds import main as folds
from unimumer_data.health.command import main as health
from unimumer_data.records import registry
from unimumer_data.tasks import TASKS, Expression, Task
from unimumer_data.tasks.answers import agrees
from unimumer_eval.engines.base import Answer, Output, Request, Sampling
from unimumer_eval.inference import predict
from unimumer_eval.run import main as evaluate

LABELS = [f"x _ {{ {number} }}" for number in range(10)]
SIZE = Task(
    name="size",
    suffix="_size",
    instruction="How many tokens has the formula in the image? Then write it.",
    answer=lambda expression: f"{len(expression.tokens)} tokens\n{expression.text}",
    agrees=lambda working, tokens: working == f"{len(tokens)} tokens",
)


class Counter:
    """An engine that answers the new task, once with a wrong count."""

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        for request in requests:
            text = SIZE.answer(Expression(LABELS[request.index]))
            if request.index == 3:
                text = text.replace("5", "7", 1)
            assert request.prompt == SIZE.instruction
            yield Answer(index=request.index, outputs=(Output(text=text, tokens=4, logprob=-0.1),), prompt_tokens=1)

    def close(self) -> None:
        pass


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(TASKS, SIZE.name, SIZE)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(len(LABELS)):
        Image.new("RGB", (60, 40), "white").save(corpus / f"{number}.png")
    table = "".join(f"{number}.png\t{label}\n" for number, label in enumerate(LABELS))
    (corpus / "labels.tsv").write_text(table)
    words = ["source=table", f"path={corpus}", "name=mine", "tasks=vanilla,size", "workers=1"]
    assert build([*words, f"output={tmp_path}"]) == 0
    return tmp_path


def test_it_is_built_and_its_label_is_read_back(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = json.loads((root / "data/mine/mine_size.json").read_text())
    assert [record["messages"][1]["value"] for record in records] == [f"5 tokens\n{label}" for label in LABELS]
    assert "mine_size" in registry.read_registry(root / "dataset_info.json")
    assert health(["overlap", "mine", "mine_size", f"root={root}", "pictures=false", f"output={root}/o.json"]) == 0
    assert [one["label_a"] for one in json.loads((root / "o.json").read_text())] == [0, 10, 0]


def test_it_is_dealt_into_folds(root: Path) -> None:
    assert folds(["data=mine", "tasks=size", "folds=2", "uneven=1", f"output={root}"]) == 0
    parts = [json.loads((root / f"data/mine/folds/mine_fold{fold}_size.json").read_text()) for fold in range(2)]
    assert sum(map(len, parts)) == 10 and all(parts)


def test_its_predictions_become_error_records(root: Path) -> None:
    wrong = [SIZE.answer(Expression(label.replace("x", "X"))) for label in LABELS]
    rows = [
        {"prompt": f"user\n{SIZE.instruction}\nassistant\n", "predict": text, "label": SIZE.answer(Expression(label))}
        for text, label in zip(wrong, LABELS, strict=True)
    ]
    file = root / "generated_predictions.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    assert errors(["data=mine", f"predictions={file}", f"output={root}"]) == 0
    corpus = json.loads((root / "data/mine/mine_errors.json").read_text())
    assert {(row["gt"], row["pred"]) for row in corpus} == {(label, label.replace("x", "X")) for label in LABELS}


@pytest.mark.parametrize("words", [["data=mine_size"], ["data=mine", "task=size", "plain=false"]])
def test_it_is_evaluated(
    root: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(predict, "open_engine", lambda config: Counter())
    common = ["engine=openai", "model=m", f"dataset_dir={root}", f"output={root}/results"]
    assert evaluate([*common, *words]) == 0
    rows = json.loads((root / "results/mine_size_pred.json").read_text())
    assert [(row["gt"], row["pred"]) for row in rows] == [(label, label) for label in LABELS]
    assert [agrees(text, "size") for text in ("5 tokens\nx _ { 3 }", "7 tokens\nx _ { 3 }")] == [True, False]
    assert "90.0" in capsys.readouterr().out  # percent of the answers whose working agrees with its expression


def test_an_unknown_task_is_answered_with_the_nearest(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(["data=mine", "model=m", "engine=openai", "task=sise", f"dataset_dir={root}"]) == 2
    assert "unknown task 'sise' (did you mean 'size'?)" in capsys.readouterr().err
    assert evaluate(["data=mine", "model=m", "engine=openai", "task=error_fix", f"dataset_dir={root}"]) == 2
    assert "asks about a wrong prediction" in capsys.readouterr().err
