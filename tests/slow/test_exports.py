"""Trainers take steps on what `unimumer export` writes for them."""

from __future__ import annotations

import json
from pathlib import Path

from workshop import Workshop

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
