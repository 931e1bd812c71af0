"""Entries of the table of known damage, reproduced with the versions that do it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from workshop import ROOT, Workshop

POSITIONS = """
import inspect, sys, torch
from transformers import Qwen2_5_VLForConditionalGeneration
model = Qwen2_5_VLForConditionalGeneration.from_pretrained(sys.argv[1])
config = model.config
ids = torch.tensor([[5, config.vision_start_token_id, *[config.image_token_id] * 6, 7]])
more = {}
if "mm_token_type_ids" in inspect.signature(model.model.get_rope_index).parameters:
    more["mm_token_type_ids"] = (ids == config.image_token_id).int()
positions, _ = model.model.get_rope_index(ids, image_grid_thw=torch.tensor([[1, 4, 6]]),
                                          attention_mask=torch.ones_like(ids), **more)
print(positions[0, 0].tolist())
"""
SAVE = """
import sys
from transformers import AutoModelForImageTextToText
AutoModelForImageTextToText.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[2])
"""
LOAD = """
import sys
from transformers import AutoModelForImageTextToText
_, found = AutoModelForImageTextToText.from_pretrained(sys.argv[1], output_loading_info=True)
print("random:", any("visual" in name for name in found["missing_keys"]))
"""
RIGHT = "[0, 1, 2, 2, 2, 2, 2, 2, 5]"


def test_still_pictures_get_a_wrong_position_in_time(workshop: Workshop, old_transformers: Path) -> None:
    model = workshop.folder / "outputs" / "tiny"
    assert RIGHT in workshop.run(sys.executable, "-c", POSITIONS, model)
    said = workshop.run(sys.executable, "-c", POSITIONS, model, PYTHONPATH=str(old_transformers))
    assert "[0, 1, 4, 4, 4, 4, 4, 4, 5]" in said


def test_the_doctor_stops_there_and_names_the_cure(workshop: Workshop, old_transformers: Path) -> None:
    words = [sys.executable, "-m", "unimumer_data", "doctor", str(ROOT / "recipes" / "smoke.yaml"), "images=2"]
    environment = {**os.environ, "PYTHONPATH": f"{old_transformers}{os.pathsep}{ROOT}", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(words, cwd=workshop.folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "transformers 5.5.0: get_rope_index" in done.stdout
    assert "pip install 'transformers>=5.5.4,<=5.6.0'" in done.stdout


def test_qwen35_is_saved_with_a_vision_tower_that_is_lost(workshop: Workshop, transformers_5_5_4: Path) -> None:
    workshop.python("-m", "unimumer_data", "tiny", "family=qwen3.5", "output=outputs/qwen3.5")
    path = f"{transformers_5_5_4}{os.pathsep}{ROOT}"
    workshop.run(sys.executable, "-c", SAVE, "outputs/qwen3.5", "outputs/lost", PYTHONPATH=path)
    workshop.run(sys.executable, "-c", SAVE, "outputs/qwen3.5", "outputs/kept")
    assert "random: True" in workshop.run(sys.executable, "-c", LOAD, "outputs/lost")
    assert "random: False" in workshop.run(sys.executable, "-c", LOAD, "outputs/kept")
