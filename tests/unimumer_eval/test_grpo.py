"""The front of TRL's GRPOTrainer before it trains; tests/slow/test_grpo.py trains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from unimumer_data.errors import ConfigError, RecordError
from unimumer_data.tasks import prompts
from unimumer_data.training.recipe import read_recipe

pytest.importorskip("datasets", reason="needs the training environment")
pytest.importorskip("trl", reason="needs the training environment")

import export_rl

from unimumer_eval import grpo

ROOT = Path(__file__).resolve().parents[2]


def record(image: str, prompt: str, answer: str) -> dict[str, Any]:
    turns = [{"from": "human", "value": f"<image>{prompt}"}, {"from": "gpt", "value": answer}]
    return {"images": [image], "messages": turns}


@pytest.fixture
def records(tmp_path: Path) -> Path:
    Image.new("RGB", (400, 100), "white").save(tmp_path / "wide.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    file = tmp_path / "few.json"
    rows = [
        record("wide.png", prompts.VANILLA, "x ^ { 2 }"),
        record("wide.png", prompts.COUNT, "x: 1\nx"),
        record("broken.png", prompts.VANILLA, "x"),
        record("missing.png", prompts.VANILLA, "x"),
        record("wide.png", prompts.VANILLA, ""),
    ]
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


def config_of(records: Path, **changes: Any) -> grpo.GrpoConfig:
    return grpo.GrpoConfig(model_name_or_path="m", dataset=(str(records),), dataset_dir=records.parent, **changes)


def test_rows_are_what_supervised_training_sees(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = grpo.load_rows(config_of(records, image_max_pixels=10_000))
    assert len(rows) == 2
    first, second = rows[0], rows[1]
    assert first["prompt"] == [{"role": "user", "content": prompts.VANILLA}]
    assert first["image"].size == (200, 50)
    assert (first["label"], first["task"]) == ("x ^ { 2 }", "vanilla")
    assert (second["label"], second["task"]) == ("x", "can")
    told = capsys.readouterr().err
    assert "2 of 5 records left out: image: missing or cannot be opened" in told
    assert "1 of 5 records left out: record: no answer" in told


def test_no_row_left_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "none.json"
    file.write_text(json.dumps([record("missing.png", prompts.VANILLA, "x")]), encoding="utf-8")
    with pytest.raises(RecordError, match="none of 1 records can be asked"):
        grpo.load_rows(config_of(file))


def recipe(folder: Path, **values: Any) -> Any:
    path = folder / "grpo.yaml"
    content = {"model_name_or_path": "m", "dataset": "few", "use_vllm": False, "bf16": False, **values}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return read_recipe(path)


def test_keys_go_to_their_owners(tmp_path: Path) -> None:
    read = recipe(tmp_path, num_generations=4, exprate_samples=7, finetuning_type="lora", eval_dataset="held_out")
    config, exprate, arguments = grpo.read_keys(read)
    assert (config.finetuning_type, config.dataset) == ("lora", ("few",))
    assert (exprate.samples, exprate.dataset) == (7, ("held_out",))
    assert arguments == {"num_generations": 4, "bf16": False, "use_vllm": False}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_generation": 4}, "unknown key 'num_generation' \\(did you mean 'num_generations'"),
        ({"reward": {"weights": {"cmd": 1}}}, "unknown component 'cmd'"),
        ({"finetuning_type": "freeze"}, "finetuning_type must be"),
        ({"exprate_sample": 4}, "unknown key 'sample'"),
    ],
)
def test_wrong_keys_are_told_before_anything_loads(tmp_path: Path, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        grpo.read_keys(recipe(tmp_path, **values))


def test_a_finished_model_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match="holds a trained model"):
        grpo.train(recipe(tmp_path, output_dir=str(tmp_path / "done")))


def test_the_recipe_is_understood_and_states_the_recommended_mix() -> None:
    config, _, _ = grpo.read_keys(read_recipe(ROOT / "recipes" / "grpo.yaml"))
    assert grpo.load_reward(config.reward) == grpo.load_reward(None)


@pytest.mark.parametrize("name", ["train.parquet", "train.jsonl"])
def test_export(records: Path, name: str) -> None:
    output = records.parent / "out" / name
    words = [f"dataset={records}", f"dataset_dir={records.parent}", f"output={output}", "image_max_pixels=10000"]
    assert export_rl.main(words) == 0
    if name.endswith("parquet"):
        from datasets import Dataset

        row = Dataset.from_parquet(str(output))[0]
        assert row["reward_model"] == {"style": "rule", "ground_truth": "x ^ { 2 }"}
        assert row["prompt"][0]["content"] == f"<image>{prompts.VANILLA}"
        assert row["images"][0]["bytes"][:4] == b"\x89PNG"
    else:
        row = json.loads(output.read_text(encoding="utf-8").splitlines()[1])
        assert (row["label"], row["task"]) == ("x", "can")
        assert Image.open(row["images"][0]).size == (200, 50)
    assert export_rl.main(words) == 2  # the file is there
