from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.error_driven.corpus import main
from unimumer_data.records import registry
from unimumer_data.records.record import Record
from unimumer_data.tasks.prompts import VANILLA

LABELS = {"a": "x ^ { 2 }", "b": "a + b + c + d", "c": r"\frac { 1 } { 2 }", "d": "z"}
SAMPLES = {
    "a": ["x ^ { 3 }", "x ^ { 2 }", "y ^ { 3 }", "x ^ { 3 }", "x^2"],  # right twice, two wrong answers
    "b": ["a + b + c + e", "a + b", r"\sum " * 90, "a + b + c - d"],  # never right; one runaway
    "c": [r"\frac { 1 } { 2 }"] * 4,  # always right
    "d": ["", "  "],
}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    (tmp_path / "data/toy/images").mkdir(parents=True)
    for id in LABELS:
        Image.new("RGB", (40, 30), "white").save(tmp_path / f"data/toy/images/{id}.png")
    records = [Record.of(f"./data/toy/images/{id}.png", VANILLA, label).to_dict() for id, label in LABELS.items()]
    (tmp_path / "data/toy/toy.json").write_text(json.dumps(records))
    registry.update(tmp_path / "dataset_info.json", {"toy": registry.file_entry("data/toy/toy.json")})
    rows = [{"gt": LABELS[id], "pred": texts[0], "img_id": id, "samples": texts} for id, texts in SAMPLES.items()]
    (tmp_path / "toy_pred.json").write_text(json.dumps(rows))
    return tmp_path


def made(root: Path, form: str, *words: str) -> list[Any]:
    assert main(["data=toy", f"predictions={root}/toy_pred.json", f"format={form}", f"output={root}", *words]) == 0
    records: list[Any] = json.loads((root / f"data/toy/toy_{form}.json").read_text())
    return records


def test_near_misses_are_rejected_first_and_one_runaway(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = made(toy, "dpo")
    found = [(record["images"][0][-5], record["chosen"]["value"], record["rejected"]["value"]) for record in records]
    assert found[:2] == [("a", LABELS["a"], "x ^ { 3 }"), ("a", LABELS["a"], "y ^ { 3 }")]
    assert [text for image, _, text in found if image == "b"][1].startswith(r"\sum \sum")
    assert {image for image, *_ in found} == {"a", "b"}
    assert all(chosen != rejected for _, chosen, rejected in found)
    assert "empty: 2, never_wrong: 1, repeated: 1, surplus: 2" in capsys.readouterr().out
    assert len(made(toy, "dpo", "pairs=1")) == 2


def test_kto_has_as_many_right_as_wrong(toy: Path) -> None:
    records = made(toy, "kto")
    assert {record["right"] for record in records} == {True, False}
    for record in records:
        id = Path(record["images"][0]).stem
        assert (record["messages"][1]["value"] == LABELS[id]) is record["right"]
    assert abs(sum(1 if record["right"] else -1 for record in records)) <= 1


def test_rft_takes_what_is_right_sometimes_and_hard_ones_more_often(toy: Path) -> None:
    ids = [Path(record["images"][0]).stem for record in made(toy, "rft")]
    assert ids.count("a") == 2  # right in two of five: 4 * 3/5 copies
    assert "b" not in ids and ids.count("c") <= 1
    manifest = json.loads((toy / "data/toy/toy_rft_manifest.json").read_text())
    assert manifest["not_chosen"]["never_right"] == 1
    assert manifest["answers"] == {"toy": 15}


@pytest.mark.parametrize("form", ["dpo", "kto", "rft"])
def test_same_seed_same_bytes(toy: Path, form: str) -> None:
    assert made(toy, form, "seed=3") == made(toy, form, "seed=3")


@pytest.mark.parametrize(
    ("words", "message"),
    [(["format=dpo", "name=x"], "needs data="), (["data=toy", "format=dpoo"], "one of errors, dpo, kto, rft")],
)
def test_what_cannot_be_done_is_said(
    toy: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"predictions={toy}/toy_pred.json", f"output={toy}", *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("form", ["dpo", "kto", "rft"])
def test_llama_factory_reads_every_record_whole(toy: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llamafactory", reason="needs LLaMA-Factory: run with the Python of .venv/train")
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments

    records = made(toy, form)
    monkeypatch.chdir(toy)
    (attributes,) = get_dataset_list([f"toy_{form}"], str(toy))
    assert attributes.ranking is (form == "dpo")
    converter = get_dataset_converter("sharegpt", attributes, DataArguments(media_dir=str(toy)))
    for record in records:
        read = converter(record)
        assert [turn["role"] for turn in read["_prompt"]] == ["user"]
        texts = [turn["content"] for turn in read["_response"]]
        if form == "dpo":
            assert texts == [record["chosen"]["value"], record["rejected"]["value"]]
        else:
            assert record["messages"][1]["value"] in texts
            assert len(texts) == (2 if form == "kto" else 1)
        if form == "kto":
            assert bool(texts[0]) is record["right"]
        assert Path(read["_images"][0]).is_file()


@pytest.mark.parametrize("form", ["dpo", "kto", "rft"])
def test_llamafactory_returns_every_record_whole(toy: Path, form: str) -> None:
    pytest.importorskip("llamafactory", reason="needs the training environment: make train-env")
    from llamafactory.data.loader import _get_merged_dataset
    from llamafactory.hparams import DataArguments, ModelArguments
    from transformers import TrainingArguments

    records = made(toy, form)
    rows = _get_merged_dataset(
        [f"toy_{form}"],
        ModelArguments(model_name_or_path="unused"),
        DataArguments(dataset_dir=str(toy), media_dir=str(toy), overwrite_cache=True),
        TrainingArguments(output_dir=str(toy / "unused"), use_cpu=True),
        stage={"dpo": "rm", "kto": "kto", "rft": "sft"}[form],  # its own DPO loads the data of rm
    )
    assert len(rows) == len(records) > 1
    for row, record in zip(rows, records, strict=True):
        found = [turn["content"] for turn in (*row["_prompt"], *row["_response"])]
        texts = [turn["value"] for turn in record["messages"]]
        if form == "dpo":
            texts += [record["chosen"]["value"], record["rejected"]["value"]]
        if form == "kto":  # the slot of the other kind stays empty
            texts.insert(1 if not record["right"] else 2, "")
        assert found == texts
        assert [Path(path).is_file() for path in row["_images"]] == [True]
