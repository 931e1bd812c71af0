"""Trainers read what `unimumer export` writes for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from workshop import ROOT, Workshop

SFT = """
import json, sys
from datasets import Image, List, load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("json", data_files="sample_tree.jsonl", split="train", cache_dir=sys.argv[1])
data = data.cast_column("images", List(Image()))
config = SFTConfig(
    sys.argv[1] + "/out", max_steps=2, per_device_train_batch_size=4, max_length=None, use_cpu=True, bf16=False,
    report_to="none", logging_steps=1, save_strategy="no",
)
trainer = SFTTrainer(model=sys.argv[2], args=config, train_dataset=data)
batch = next(iter(trainer.get_train_dataloader()))
trainer.train()
losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
texts = trainer.processing_class.batch_decode(batch["input_ids"])
print("found", json.dumps({"losses": losses, "texts": texts, "pixels": list(batch["pixel_values"].shape)}))
"""

SWIFT = """
import json, sys
from swift.dataset import load_dataset
from swift.model import get_model_processor
from swift.template import get_template

data, _ = load_dataset([sys.argv[1]])
_, processor = get_model_processor(sys.argv[2], load_model=False, model_type="qwen2_5_vl")
template = get_template(processor, template_type="qwen2_5_vl")
template.set_mode("train")
template.is_binary_loss_scale = False
read = []
for row in data:
    encoded = template.encode(row)
    answer = processor.tokenizer.decode([token for token in encoded["labels"] if token >= 0])
    grid = encoded["image_grid_thw"].tolist()
    weighed = zip(encoded["labels"], encoded["loss_scale"])
    light = processor.tokenizer.decode([token for token, weight in weighed if token >= 0 and weight < 1])
    read.append({"answer": answer, "patches": len(encoded["pixel_values"]), "grid": grid, "light": light,
                 "labels": encoded["labels"]})
print("found", json.dumps(read))
"""

SWIFT_SFT = """
import json, sys
from swift.pipelines import sft_main

model, output, *files = sys.argv[1:]
losses = []
for file in files:
    words = f"--model {model} --model_type qwen2_5_vl --template qwen2_5_vl --torch_dtype float32 --tuner_type full"
    words += f" --dataset {file} --is_binary_loss_scale false --dataset_shuffle false --train_dataloader_shuffle false"
    words += " --max_steps 1 --per_device_train_batch_size 4 --gradient_accumulation_steps 1 --save_strategy no"
    words += f" --check_model false --report_to none --output_dir {output}"
    losses.append(sft_main(words.split())["log_history"][0]["loss"])
print("found", json.dumps(losses))
"""


def test_trl_takes_two_steps_on_messages(workshop: Workshop, rl_python: Path, tmp_path: Path) -> None:
    output = tmp_path / "messages"
    workshop.python("-m", "unimumer_data", "export", "set=sample_tree", "format=messages", f"output={output}")
    said = workshop.run(rl_python, "-c", SFT, tmp_path / "cache", workshop.folder / "outputs/tiny", cwd=output)
    found = json.loads(said.partition("\nfound ")[2].splitlines()[0])
    assert len(found["losses"]) == 2 and all(0 < loss < 20 for loss in found["losses"])
    answers = [record["messages"][1]["value"] for record in workshop.read("data/sample/sample_tree.json")]
    for text in found["texts"]:
        assert any(f"{answer}<|im_end|>" in text for answer in answers)
        assert text.count("<|vision_start|>") == 1
    assert found["pixels"][0] > 0


Swift = Callable[..., list[Any]]


@pytest.fixture
def swift(workshop: Workshop, swift_python: Path, tmp_path: Path) -> Swift:
    """Run a script in the folder of an export; what it found."""
    caches = {"HF_DATASETS_CACHE": str(tmp_path / "datasets"), "MODELSCOPE_CACHE": str(tmp_path / "modelscope")}

    def run(script: str, folder: Path, *words: str | Path) -> list[Any]:
        said = workshop.run(swift_python, "-c", script, *words, cwd=folder, ROOT_IMAGE_DIR=str(folder), **caches)
        return list(json.loads(said.partition("\nfound ")[2].splitlines()[0]))

    return run


def for_swift(workshop: Workshop, output: Path, *words: str) -> Path:
    workshop.python("-m", "unimumer_data", "export", "set=sample_tree", "format=swift", f"output={output}", *words)
    return output / "sample_tree.jsonl"


def test_swift_encodes_every_record(workshop: Workshop, swift: Swift, tmp_path: Path) -> None:
    model = workshop.folder / "outputs/tiny"
    plain = for_swift(workshop, tmp_path / "plain")
    found = swift(SWIFT, plain.parent, plain, model)
    records = workshop.read("data/sample/sample_tree.json")
    answers = [record["messages"][1]["value"] for record in records]
    assert [one["answer"].removesuffix("\n").removesuffix("<|im_end|>") for one in found] == answers
    for one, record in zip(found, records, strict=True):
        ((_, height, width),) = one["grid"]
        picture = Image.open(workshop.folder / record["images"][0])
        assert (width > height) == (picture.width > picture.height) or width == height
        assert one["patches"] == height * width

    weighed = for_swift(workshop, tmp_path / "weighed", "reasoning_weight=0.25")
    again = swift(SWIFT, weighed.parent, weighed, model)
    assert [one["labels"] for one in again] == [one["labels"] for one in found]
    assert not any(one["light"] for one in found)
    assert [one["light"] for one in again] == ["".join(answer.splitlines(keepends=True)[:-1]) for answer in answers]


def test_swift_trains_with_the_weight_of_the_tree(workshop: Workshop, swift: Swift, tmp_path: Path) -> None:
    """The loss is linear in it: half of it takes half of what the trees add."""
    exports = [for_swift(workshop, tmp_path / f"w{weight}", f"reasoning_weight={weight}") for weight in (1, 0.5, 0.25)]
    model = workshop.folder / "outputs/tiny"
    whole, half, quarter = swift(SWIFT_SFT, exports[0].parent, model, tmp_path / "out", *exports)
    assert whole > half > quarter > 0
    assert (whole - half) / (whole - quarter) == pytest.approx(2 / 3, rel=1e-3)


def test_swift_registers_the_reward(workshop: Workshop, swift_python: Path) -> None:
    name = "tests/unimumer_eval/rewards/test_adapters.py::test_ms_swift_by_its_own_registry"
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", name)
    assert "1 passed" in workshop.run(swift_python, *words, cwd=ROOT)
