"""After supervised training: LLaMA-Factory loads and learns what `unimumer errors format=dpo|kto|rft` makes."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from workshop import Workshop

from unimumer_data.error_driven.corpus import main as make_preferences
from unimumer_data.records import registry
from unimumer_data.records.predictions import read_prediction_file
from unimumer_data.records.record import Record
from unimumer_data.tasks.prompts import VANILLA

SMALL = (
    "image_max_pixels=16384", "preprocessing_num_workers=1", "dataloader_num_workers=0", "use_cpu=true", "bf16=false",
    "gradient_accumulation_steps=1", "per_device_train_batch_size=8", "plot_loss=false", "logging_steps=1",
    "learning_rate=1.0e-3", "lr_scheduler_type=constant", "warmup_ratio=0", "overwrite_cache=true",
)  # fmt: skip
STEPS = {"dpo": 12, "kto": 6, "rft": 4}
STAGES = {"dpo": "rm", "kto": "kto", "rft": "sft"}  # under which LLaMA-Factory's workflows load their data

LOAD = """
import json, sys
from llamafactory.data.loader import _get_merged_dataset
from llamafactory.hparams import DataArguments, ModelArguments
from transformers import TrainingArguments
root, found = sys.argv[1], {}
for name, stage in json.loads(sys.argv[2]).items():
    rows = _get_merged_dataset(
        [name], ModelArguments(model_name_or_path="unused"),
        DataArguments(dataset_dir=root, media_dir=root, overwrite_cache=True),
        TrainingArguments(output_dir="outputs/unused", use_cpu=True), stage=stage,
    )
    found[name] = [
        [[turn["content"] for turn in row["_prompt"] + row["_response"]], row["_images"]] for row in rows.to_list()
    ]
json.dump(found, open("loaded.json", "w"))
"""


def load(workshop: Workshop, folder: Path, stages: dict[str, str]) -> dict[str, list[Any]]:
    """Data set -> [texts, pictures] of each record, as LLaMA-Factory's loader returns them."""
    workshop.python("-c", LOAD, folder, json.dumps(stages))
    found: dict[str, list[Any]] = workshop.read("loaded.json")
    return found


def texts(record: dict[str, Any]) -> list[str]:
    """What a record holds; LLaMA-Factory leaves the place of the other kind of answer empty in those of KTO."""
    found = [turn["value"] for turn in record["messages"]]
    if "right" in record:
        found.insert(2 if record["right"] else 1, "")
    return found + [record[key]["value"] for key in ("chosen", "rejected") if key in record]


@pytest.fixture(scope="module")
def half_trained(workshop: Workshop) -> str:
    workshop.train(
        "recipes/smoke.yaml", "dataset=sample", "max_steps=40", "output_dir=outputs/half", "plot_loss=false"
    )
    return "outputs/half"


@pytest.fixture(scope="module")
def made(workshop: Workshop) -> Workshop:
    """The three formats, of answers of which some are right, some near misses and some runaways."""
    rows = []
    for number, record in enumerate(workshop.read("data/sample/sample.json")):
        label = record["messages"][1]["value"]
        samples = [label, f"{label} + 1", f"{label} - x", "y " * 200][number % 2 : 3 + number % 2]
        rows.append({"gt": label, "pred": samples[0], "img_id": Path(record["images"][0]).stem, "samples": samples})
    (workshop.folder / "answers_pred.json").write_text(json.dumps(rows), encoding="utf-8")
    for form in STAGES:
        workshop.python(
            "-m", "unimumer_data", "errors", "data=sample", "predictions=answers_pred.json", f"format={form}"
        )
    return workshop


def train(workshop: Workshop, form: str, model: str, *words: str) -> list[dict[str, Any]]:
    """Train with the recipe of a format; the history of LLaMA-Factory's trainer."""
    output = f"outputs/after_{form}"
    workshop.train(
        f"recipes/{form}.yaml",
        *(f"model_name_or_path={model}", f"dataset=sample_{form}", f"output_dir={output}", f"max_steps={STEPS[form]}"),
        *SMALL,
        *(("deepspeed=null",) if form == "rft" else ()),
        *words,
    )
    history: list[dict[str, Any]] = workshop.read(f"{output}/trainer_state.json")["log_history"]
    return [entry for entry in history if "loss" in entry]


@pytest.mark.parametrize("form", STAGES)
def test_every_record_is_loaded_whole(made: Workshop, form: str) -> None:
    records = made.read(f"data/sample/sample_{form}.json")
    assert records
    loaded = load(made, made.folder, {f"sample_{form}": STAGES[form]})[f"sample_{form}"]
    assert [entry[0] for entry in loaded] == [texts(record) for record in records]
    assert all(len(pictures) == 1 for _, pictures in loaded)


def test_dpo_raises_the_chosen_answers_and_lowers_the_rejected_ones(made: Workshop, half_trained: str) -> None:
    """Eight pairs, all in every step, with the recipe's own loss."""
    made.register("eight_pairs", made.read("data/sample/sample_dpo.json")[::12], like="sample_dpo")
    history = train(made, "dpo", half_trained, "dataset=eight_pairs")
    assert len(history) == STEPS["dpo"]
    assert history[-1]["logps/chosen"] > history[0]["logps/chosen"] + 1
    assert history[-1]["logps/rejected"] < history[0]["logps/rejected"] - 1


def test_kto_runs(made: Workshop, half_trained: str) -> None:
    history = train(made, "kto", half_trained)
    assert len(history) == STEPS["kto"]
    assert (made.folder / "outputs/after_kto/adapter_model.safetensors").is_file()


def test_rejection_sampling_runs(made: Workshop, half_trained: str) -> None:
    history = train(made, "rft", half_trained)
    assert len(history) == STEPS["rft"]
    assert (made.folder / "outputs/after_rft/model.safetensors").is_file()


@pytest.fixture(scope="module")
def published(
    workshop: Workshop, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """Sets with the labels of all published prediction files, and the three formats of each: (folder, set -> file).

    The pictures are not published with the predictions; an empty one stands in for each.
    """
    root = tmp_path_factory.mktemp("published")
    picture = root / "picture.png"
    Image.new("RGB", (40, 30), "white").save(picture)
    files = {}
    for file in sorted((shared_data / "predictions").rglob("*.json")):
        name = f"{file.parent.name}_{file.stem}".lower()
        labels = {one.id: one.label for one in read_prediction_file(file)}
        (root / "data" / name / "images").mkdir(parents=True)
        for id in labels:
            os.link(picture, root / f"data/{name}/images/{id}.png")
        records = [
            Record.of(f"./data/{name}/images/{id}.png", VANILLA, label or "").to_dict() for id, label in labels.items()
        ]
        (root / f"data/{name}/{name}.json").write_text(json.dumps(records), encoding="utf-8")
        registry.update(root / "dataset_info.json", {name: registry.file_entry(f"data/{name}/{name}.json")})
        for form in STAGES:
            assert make_preferences([f"data={name}", f"predictions={file}", f"format={form}", f"output={root}"]) == 0
        files[name] = str(file)
    assert len(files) > 5
    return root, files


@pytest.mark.parametrize("form", STAGES)
def test_every_answer_of_the_published_files_becomes_a_record_or_is_counted(
    published: tuple[Path, dict[str, str]], form: str
) -> None:
    root, files = published
    for name, file in files.items():
        manifest = json.loads((root / f"data/{name}/{name}_{form}_manifest.json").read_text(encoding="utf-8"))
        records = json.loads((root / f"data/{name}/{name}_{form}.json").read_text(encoding="utf-8"))
        answers = sum(manifest["answers"].values())
        assert answers == len(read_prediction_file(Path(file)))
        # One answer a picture: in kto its picture gives a right record beside it, or is counted as surplus.
        taken = sum(record.get("right", True) for record in records)
        left_out = sum(Counter(manifest["left_out"][title]).total() for title in manifest["left_out"])
        assert taken + left_out + sum(manifest["not_chosen"].values()) == answers, name


def test_llamafactory_loads_every_record_of_the_published_files(
    workshop: Workshop, published: tuple[Path, dict[str, str]]
) -> None:
    root, files = published
    loaded = load(workshop, root, {f"{name}_{form}": stage for name in files for form, stage in STAGES.items()})
    for name, rows in loaded.items():
        folder = name.rpartition("_")[0]
        records = json.loads((root / f"data/{folder}/{name}.json").read_text(encoding="utf-8"))
        assert [row[0] for row in rows] == [texts(record) for record in records]
        assert all(len(pictures) == 1 for _, pictures in rows)
