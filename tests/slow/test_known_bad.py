"""Entries of the table of known damage, reproduced with the versions that do it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from workshop import ROOT, Workshop

from unimumer_eval.parity.trace import read_trace

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
BATCH = """
import torch
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
torch.manual_seed(0)
PAD, START, PICTURE = 297, 250, 251
rope = {"type": "mrope", "mrope_section": [4, 6, 6]}
text = {"vocab_size": 300, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 2, "initializer_range": 0.3, "rope_scaling": rope,
        "eos_token_id": None}
vision = {"depth": 1, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 64}
config = Qwen2_5_VLConfig(text_config=text, vision_config=vision, image_token_id=PICTURE, vision_start_token_id=START)
model = Qwen2_5_VLForConditionalGeneration(config).eval()
def answers(*samples):
    longest = max(rows * columns // 4 for rows, columns, _ in samples) + 4
    ids = [[5, START, *[PICTURE] * (rows * columns // 4), 7, 8] for rows, columns, _ in samples]
    ids = torch.tensor([[PAD] * (longest - len(one)) + one for one in ids])
    out = model.generate(input_ids=ids, attention_mask=(ids != PAD).long(), max_new_tokens=8, do_sample=False,
                         pixel_values=torch.cat([patches for *_, patches in samples]),
                         image_grid_thw=torch.tensor([[1, rows, columns] for rows, columns, _ in samples]))
    return out[:, longest:].tolist()
few, many = ((rows, columns, torch.randn(rows * columns, 1176)) for rows, columns in ((4, 6), (8, 12)))
print("the same:", answers(few, many) == answers(few) + answers(many))
"""
LIGER = """
import sys
from types import SimpleNamespace
from llamafactory.model.model_utils.liger_kernel import apply_liger_kernel
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor
for kind in ("qwen3_vl", "glm_ocr", "qwen2_5_vl"):
    apply_liger_kernel(SimpleNamespace(model_type=kind), SimpleNamespace(enable_liger_kernel=True), True, False)
model, processor = (kind.from_pretrained(sys.argv[1]) for kind in (AutoModelForImageTextToText, AutoProcessor))
question = [{"role": "user", "content": [{"type": "image"}]}]
text = processor.apply_chat_template(question, add_generation_prompt=True)
inputs = processor(images=[Image.new("RGB", (56, 56))], text=[text], return_tensors="pt")
try:
    model.generate(**inputs, max_new_tokens=1)
except ValueError as error:
    print("stopped:", error)
"""
LEAK = """
import sys, torch
from llamafactory.data import SFTDataCollatorWith4DAttentionMask, get_template_and_fix_tokenizer
from llamafactory.data.processor import PackedSupervisedDatasetProcessor
from llamafactory.hparams import get_train_args
from llamafactory.model import load_model, load_tokenizer
from llamafactory.model.patcher import patch_qwen3_5_forward
def change_of_second(folder, template):  # the largest change of its logits when the first record has another label
    recipe = {"stage": "sft", "do_train": True, "finetuning_type": "full", "model_name_or_path": folder,
              "dataset": "-", "template": template, "neat_packing": True, "cutoff_len": 256, "flash_attn": "sdpa",
              "use_cpu": True, "image_max_pixels": 16384, "enable_thinking": False, "output_dir": "-",
              "report_to": "none"}
    model_args, data_args, _, finetuning_args, _ = get_train_args(recipe)
    tools = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(tools["tokenizer"], data_args)
    processor = PackedSupervisedDatasetProcessor(template=template, data_args=data_args, **tools)
    model = load_model(tools["tokenizer"], model_args, finetuning_args).eval()
    collate = SFTDataCollatorWith4DAttentionMask(template=template, model=model, block_diag_attn=True,
                                                 attn_implementation="sdpa", neat_packing=True, **tools)
    def logits(label):
        pair = {"_prompt": [[{"role": "user", "content": "<image>"}]] * 2, "_images": [["white.png"]] * 2,
                "_response": [[{"role": "assistant", "content": words}] for words in (label, "z")],
                **{f"_{key}": [None] * 2 for key in ("system", "tools", "videos", "audios")}}
        packed = {key: value[0] for key, value in processor.preprocess_dataset(pair).items()}
        _, start, end, _ = packed["packing_params"]["sequence_boundaries"]
        batch = collate([packed])
        del batch["labels"]
        with torch.no_grad():
            return model(**batch).logits[0, start:end]
    return (logits("x " * 9) - logits("y " * 9)).abs().max().item()
for folder, template in zip(sys.argv[1::2], sys.argv[2::2]):
    print(folder, "leaks:", change_of_second(folder, template) > 0)
try:
    patch_qwen3_5_forward(None)  # what flash_attn: fa2 calls
except ImportError as error:
    print(error)
"""
PREDICT = """
stage: sft
do_train: false
do_predict: true
predict_with_generate: true
do_sample: false
finetuning_type: full
model_name_or_path: outputs/tiny
template: qwen2_vl
image_max_pixels: 16384
max_new_tokens: 16
dataset_dir: .
media_dir: .
eval_dataset: sample
max_samples: 4
per_device_eval_batch_size: 1
output_dir: predicted
report_to: none
use_cpu: true
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


def test_qwen35_is_saved_with_a_vision_tower_that_is_lost(workshop: Workshop, fetch: Callable[..., Path]) -> None:
    workshop.python("-m", "unimumer_data", "tiny", "family=qwen3.5", "output=outputs/qwen3.5")
    path = f"{fetch('transformers==5.5.4')}{os.pathsep}{ROOT}"
    workshop.run(sys.executable, "-c", SAVE, "outputs/qwen3.5", "outputs/lost", PYTHONPATH=path)
    workshop.run(sys.executable, "-c", SAVE, "outputs/qwen3.5", "outputs/kept")
    assert "random: True" in workshop.run(sys.executable, "-c", LOAD, "outputs/lost")
    assert "random: False" in workshop.run(sys.executable, "-c", LOAD, "outputs/kept")


def test_the_shorter_samples_of_a_batch_got_other_answers(workshop: Workshop, fetch: Callable[..., Path]) -> None:
    versions = {"4.54.0": "0.21.4", "4.56.2": "0.22.1", "4.57.1": "0.22.1"}
    said = {}
    for version, tokenizers in versions.items():
        path = fetch(f"transformers=={version}", f"tokenizers=={tokenizers}", "huggingface_hub==0.36.0")
        said[version] = workshop.run(sys.executable, "-c", BATCH, PYTHONPATH=str(path)).splitlines()[-1]
    assert said == {"4.54.0": "the same: False", "4.56.2": "the same: False", "4.57.1": "the same: True"}


def test_liger_before_0_8_stops_generation(workshop: Workshop, fetch: Callable[..., Path]) -> None:
    path = fetch("liger-kernel==0.7.0")
    said = workshop.run(sys.executable, "-c", LIGER, "outputs/tiny", PYTHONPATH=str(path)).splitlines()
    assert sum("Current model does not support liger kernel" in line for line in said) == 2  # qwen3_vl and glm_ocr
    assert any(line.startswith("stopped:") and "['mm_token_type_ids']" in line for line in said)


def test_packed_records_of_qwen35_leak_into_the_next(workshop: Workshop) -> None:
    templates = {"qwen2.5-vl": "qwen2_vl", "qwen3-vl": "qwen3_vl_nothink", "qwen3.5": "qwen3_5"}
    words = []
    for family, template in templates.items():
        workshop.python("-m", "unimumer_data", "tiny", f"family={family}", f"output=packed/{family}")
        words += [f"packed/{family}", template]
    Image.new("RGB", (96, 64), "white").save(workshop.folder / "white.png")
    said = workshop.python("-c", LEAK, *words)
    assert [f"packed/{family} leaks: {family == 'qwen3.5'}" in said for family in templates] == [True] * 3
    assert "The fast path is not available" in said
    assert "requires `flash-linear-attention>=0.4.1`" in said


def test_llamafactory_generates_other_answers_than_it_trains(workshop: Workshop, fetch: Callable[..., Path]) -> None:
    recipe = workshop.folder / "predict.yaml"
    recipe.write_text(PREDICT, encoding="utf-8")
    metrics = fetch("jieba", "rouge-chinese", "six")
    workshop.run("llamafactory-cli", "train", recipe, PYTHONPATH=f"{metrics}{os.pathsep}{ROOT}")
    lines = (workshop.folder / "predicted/generated_predictions.jsonl").read_text(encoding="utf-8").splitlines()
    words = ["engines=llamafactory", "model=outputs/tiny", "data=sample", "train_args={template: qwen2_vl}"]
    bounds = ["limit=4", "max_tokens=16", "image_max_pixels=16384"]
    workshop.python("-m", "unimumer_data", "parity", *words, *bounds, "output=trained.npz")
    trained = [look.text for look in read_trace(workshop.folder / "trained.npz").looks]
    assert len(lines) == len(trained) == 4
    assert all(json.loads(line)["predict"] != text for line, text in zip(lines, trained, strict=True))
