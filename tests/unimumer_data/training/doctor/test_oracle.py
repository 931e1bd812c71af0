"""What LLaMA-Factory refuses in its first seconds is found; what it takes is not held against the recipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("llamafactory", reason="needs the training environment")

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer

from unimumer_data.records.registry import file_entry
from unimumer_data.training.doctor.command import DoctorConfig, examine
from unimumer_data.training.doctor.data import check_data, check_loading
from unimumer_data.training.doctor.findings import Findings
from unimumer_data.training.doctor.oracle import key_types, loading_failure, refusal
from unimumer_data.training.doctor.recipe import RENAMED, check_recipe
from unimumer_data.training.recipe import Recipe, read_recipe
from unimumer_data.training.tiny import TinyConfig, make_tiny

ROOT = Path(__file__).resolve().parents[4]
TYPES = key_types() or {}


@pytest.fixture
def smoke(tmp_path: Path) -> dict[str, Any]:
    return {**read_recipe(ROOT / "recipes" / "smoke.yaml").values, "output_dir": str(tmp_path)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        ({"use_cpu": False, "bf16": True}, None),
        ({"deepspeed": "recipes/deepspeed/zero3.json", "tf32": True}, None),  # speak of the machine that trains
        ({"eval_dataset": "sample_test", "val_size": 0.1}, "val_size"),
        ({"do_eval": True}, "eval_dataset"),
        ({"eval_strategy": "epoch"}, "eval_dataset"),
        ({"streaming": True, "max_steps": -1}, "max_steps"),
        ({"streaming": True, "max_samples": 3}, "max_samples"),
        ({"interleave_probs": "0.5,0.5"}, "interleave_probs"),
        ({"mix_strategy": "interleave_under", "interleave_probs": "0.5,0.5"}, "interleave probs"),
        ({"quantization_bit": 4}, "Quantization"),
        ({"adapter_name_or_path": "outputs/x"}, "Adapter"),
        ({"lr_scheduler_type": "cosin"}, "cosin"),
        ({"optim": "adamww"}, "adamww"),
        ({"finetuning_type": "lroa"}, "fine-tuning"),
        ({"do_predict": True}, "predict_with_generate"),
        ({"train_on_prompt": True, "mask_history": True}, "mask_history"),
        ({"fp16": True}, None),  # speaks of the machine that trains
        ({"bf16": True, "fp16": True}, "At most one"),
    ],
)
def test_refused_in_the_first_second(smoke: dict[str, Any], changes: dict[str, Any], said: str | None) -> None:
    found = refusal({**smoke, **changes}, TYPES)
    assert found is None if said is None else said in (found or ""), found


def test_the_recipe_is_named_where_llamafactory_names_a_key(smoke: dict[str, Any]) -> None:
    values = {
        **smoke,
        "eval_dataset": "sample_test",
        "val_size": 0.1,
        "model_name_or_path": "Qwen/Qwen2.5-VL-3B-Instruct",
    }
    findings = Findings()
    check_recipe(Recipe(path=Path("r.yaml"), values=values, typed=frozenset({"val_size"})), findings)
    (error,) = [finding for finding in findings if finding.level == "error"]
    assert error.kind == "refused"
    assert "val_size=... on the command line" in error.cure and "eval_dataset: ... in r.yaml" in error.cure


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("false", "not_a_boolean"),
        ("no", "not_a_boolean"),
        (2, "not_a_boolean"),
        (1, None),
        (False, None),
        (None, None),
    ],
)
def test_text_is_no_boolean(smoke: dict[str, Any], value: Any, kind: str | None) -> None:
    findings = Findings()
    check_recipe(Recipe(path=Path("r"), values={**smoke, "freeze_vision_tower": value}), findings)
    assert (kind in {finding.kind for finding in findings}) == (kind is not None)


def test_renamed_keys_have_names_that_llamafactory_knows(smoke: dict[str, Any]) -> None:
    words = {word for name in RENAMED.values() for word in name.replace(",", " ").split()} - {"and"}
    assert words <= set(TYPES)
    assert not set(RENAMED) & set(TYPES)
    findings = Findings()
    check_recipe(Recipe(path=Path("r"), values={**smoke, "image_resolution": 512}), findings)
    assert any("Its new name: image_max_pixels" in finding.message for finding in findings)


def record(image: Any = None, **changes: Any) -> dict[str, Any]:
    turns = [{"from": "human", "value": "Write x."}, {"from": "gpt", "value": "x"}]
    return {"messages": turns, "images": image if image is not None else [], **changes}


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([record(), record()], None),
        ([record(), record(image="a.png")], "ArrowInvalid|DatasetGenerationError|cannot"),
    ],
)
def test_records_are_loaded_on_trial(
    smoke: dict[str, Any], tmp_path: Path, records: list[Any], said: str | None
) -> None:
    (tmp_path / "dataset_info.json").write_text(json.dumps({"mine": file_entry("mine.json")}))
    recipe = Recipe(path=Path("r"), values={**smoke, "dataset_dir": str(tmp_path), "dataset": "mine"})
    found = loading_failure(recipe, TYPES, {"mine": (file_entry("mine.json"), records)}, with_model=False)
    assert (found is None) == (said is None), found


@pytest.mark.parametrize(("column", "kind"), [("p", None), ("nope", "not_loaded")])
def test_tables_that_only_llamafactory_reads_are_loaded_on_trial(
    smoke: dict[str, Any], tmp_path: Path, column: str, kind: str | None
) -> None:
    (tmp_path / "t.csv").write_text("p,r\nWrite x.,x\nWrite y.,y\n")
    entry = {"file_name": "t.csv", "columns": {"prompt": column, "response": "r"}}
    (tmp_path / "dataset_info.json").write_text(json.dumps({"mine": entry}))
    recipe = Recipe(path=Path("r"), values={**smoke, "dataset_dir": str(tmp_path), "dataset": "mine"})
    findings = Findings()
    check_loading(check_data(recipe, findings), recipe, findings, with_model=False)
    assert [finding.kind for finding in findings if finding.level == "error"] == ([kind] if kind else [])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, two sets of three records with pictures, and a set of pairs to rank."""
    folder = tmp_path_factory.mktemp("lab")
    make_tiny(TinyConfig(output=folder / "tiny"))
    Image.new("RGB", (64, 32), "white").save(folder / "a.png")
    asked = [{"from": "human", "value": "<image>Read."}]
    records = [{"messages": [*asked, {"from": "gpt", "value": f"x {n}"}], "images": ["a.png"]} for n in range(6)]
    answers = {name: {"from": "gpt", "value": name} for name in ("chosen", "rejected")}
    entries: dict[str, Any] = {name: file_entry(f"{name}.json") for name in ("mine", "other", "pairs")}
    entries["pairs"] |= {
        "ranking": True,
        "columns": {**entries["pairs"]["columns"], **{name: name for name in answers}},
    }
    pairs = [{"messages": asked, **answers, "images": ["a.png"]}]
    for name, content in {"mine": records[:3], "other": records[3:], "pairs": pairs, "dataset_info": entries}.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


STREAM = {"streaming": True, "max_steps": 3, "dataloader_num_workers": 2}
EVERY_10 = {"eval_strategy": "steps", "eval_steps": 10, "save_strategy": "steps", "save_steps": 10}
INTERLEAVED = {"dataset": "mine, other", "mix_strategy": "interleave_under"}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, None),
        ({"val_size": 1}, None),
        ({"val_size": 3}, "val_size"),
        ({"val_size": 1.0}, "val_size"),
        ({"val_size": 0.99}, "val_size"),
        ({"val_size": 3, "dataset": "mine, other"}, None),
        ({"val_size": 0.5, "load_best_model_at_end": True, **EVERY_10}, None),
        ({**INTERLEAVED, "interleave_probs": "0.5,0.5"}, None),
        ({**INTERLEAVED, "interleave_probs": "0.9,0.9"}, "not_loaded"),
        ({"mix_strategy": "concatt", "dataset": "mine, other"}, "not_loaded"),
        (STREAM, None),
        ({**STREAM, "dataloader_num_workers": 0}, "streaming_nothing"),
        ({**STREAM, "buffer_size": 0}, "not_loaded"),
        ({**STREAM, "tokenized_path": "never"}, "not_loaded"),
        ({"tokenized_path": "tokens"}, None),
        ({"stage": "dpo", "dataset": "pairs"}, None),
        ({"stage": "dpo"}, "not_loaded"),
        ({"dataset": "pairs"}, "not_loaded"),
        ({"stage": "kto"}, "not_loaded"),
        ({"max_samples": 0}, "not_positive"),
        ({"max_samples": 2}, None),
        ({"per_device_train_batch_size": 0}, "not_positive"),
        ({"preprocessing_batch_size": 0}, None),
        ({"dataset": "mine,"}, "unknown_set"),
        ({"group_by_length": True}, "unknown_key"),
        ({"compute_dtype": "float16"}, "unknown_key"),
    ],
)
def test_the_verdict_is_that_of_llamafactory(
    smoke: dict[str, Any], lab: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], kind: str | None
) -> None:
    monkeypatch.chdir(lab)
    values = {**smoke, "model_name_or_path": "tiny", "dataset": "mine", "preprocessing_num_workers": 1, **changes}
    findings = Findings()
    examine(Recipe(path=Path("r"), values=values), DoctorConfig(), findings)
    assert {finding.kind for finding in findings if finding.level == "error"} == ({kind} if kind else set())
    dies_later = changes.get("per_device_train_batch_size") == 0
    assert loads(values) == (kind is None or dies_later)


def loads(values: dict[str, Any]) -> bool:
    """Whether LLaMA-Factory's trainer gets its records."""
    try:
        model, data, training, finetuning, _ = get_train_args(values)
        tools = load_tokenizer(model)
        template = get_template_and_fix_tokenizer(tools["tokenizer"], data)
        stage = "rm" if finetuning.stage == "dpo" else finetuning.stage  # as its workflow of each stage does
        get_dataset(template, model, data, training, stage=stage, **tools)
    except (ValueError, RuntimeError, StopIteration):
        return False
    return True
