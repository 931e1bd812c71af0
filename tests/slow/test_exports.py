"""Trainers read what `unimumer export` writes for them."""

from __future__ import annotations

import json
from pathlib import Path

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
read = []
for row in data:
    encoded = template.encode(row)
    answer = processor.tokenizer.decode([token for token in encoded["labels"] if token >= 0])
    grid = encoded["image_grid_thw"].tolist()
    read.append({"answer": answer, "patches": len(encoded["pixel_values"]), "grid": grid})
print("found", json.dumps(read))
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


def test_swift_encodes_every_record(workshop: Workshop, swift_python: Path, tmp_path: Path) -> None:
    output = tmp_path / "swift"
    workshop.python("-m", "unimumer_data", "export", "set=sample_tree", "format=swift", f"output={output}")
    caches = {"HF_DATASETS_CACHE": str(tmp_path / "datasets"), "MODELSCOPE_CACHE": str(tmp_path / "modelscope")}
    words = ("-c", SWIFT, output / "sample_tree.jsonl", workshop.folder / "outputs/tiny")
    said = workshop.run(swift_python, *words, cwd=output, ROOT_IMAGE_DIR=str(output), **caches)
    found = json.loads(said.partition("\nfound ")[2].splitlines()[0])
    records = workshop.read("data/sample/sample_tree.json")
    answers = [record["messages"][1]["value"] for record in records]
    assert [one["answer"].removesuffix("\n").removesuffix("<|im_end|>") for one in found] == answers
    for one, record in zip(found, records, strict=True):
        ((_, height, width),) = one["grid"]
        picture = Image.open(workshop.folder / record["images"][0])
        assert (width > height) == (picture.width > picture.height) or width == height
        assert one["patches"] == height * width


def test_swift_registers_the_reward(workshop: Workshop, swift_python: Path) -> None:
    name = "tests/unimumer_eval/rewards/test_adapters.py::test_ms_swift_by_its_own_registry"
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", name)
    assert "1 passed" in workshop.run(swift_python, *words, cwd=ROOT)
