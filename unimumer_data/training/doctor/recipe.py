"""The recipe: its keys and values, and the files it names."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unimumer_data.errors import suggestion
from unimumer_data.images import image_token_count
from unimumer_data.support.files import read_text
from unimumer_data.support.plain_json import parse_json

from ..hub import can_be_on_the_hub
from ..recipe import Recipe
from .findings import Findings, gigabytes
from .model import fitting_templates, known_templates, model_config, model_name
from .oracle import OWN_PREFIXES, Kind, key_types, named_keys, refusal

# Types of keys where LLaMA-Factory is not installed to be asked.
NUMBERS: Mapping[str, Kind] = {
    "learning_rate": float,
    "num_train_epochs": float,
    "warmup_ratio": float,
    "weight_decay": float,
    "max_grad_norm": float,
    "per_device_train_batch_size": int,
    "gradient_accumulation_steps": int,
    "cutoff_len": int,
    "max_steps": int,
    "warmup_steps": int,
    "save_steps": int,
    "logging_steps": int,
    "image_max_pixels": int,
    "image_min_pixels": int,
    "lora_rank": int,
    "preprocessing_num_workers": int,
    "max_samples": int,
}
POSITIVE = frozenset(NUMBERS) - {"warmup_ratio", "weight_decay", "warmup_steps", "max_steps"}
STAGES = ("pt", "sft", "rm", "ppo", "dpo", "kto")
# Keys of earlier versions of LLaMA-Factory and transformers, or of other trainers -> what to write; "" for nothing.
RENAMED: Mapping[str, str] = {
    "image_resolution": "image_max_pixels",
    "image_max_resolution": "image_max_pixels",
    "image_min_resolution": "image_min_pixels",
    "video_resolution": "video_max_pixels",
    "max_pixels": "image_max_pixels",
    "min_pixels": "image_min_pixels",
    "train_mm_proj_only": "freeze_vision_tower, freeze_language_model and freeze_multi_modal_projector",
    "visual_inputs": "",
    "evaluation_strategy": "eval_strategy",
    "no_cuda": "use_cpu",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "per_gpu_eval_batch_size": "per_device_eval_batch_size",
    "max_source_length": "cutoff_len",
    "max_target_length": "cutoff_len",
    "max_seq_length": "cutoff_len",
    "checkpoint_dir": "adapter_name_or_path",
    "cache_path": "tokenized_path",
    "sft_packing": "packing",
    "reserved_label_len": "",
    "dpo_beta": "pref_beta",
    "dpo_loss": "pref_loss",
    "dpo_ftx": "pref_ftx",
    "num_layer_trainable": "freeze_trainable_layers",
    "name_module_trainable": "freeze_trainable_modules",
    "resume_lora_training": "create_new_adapter",
    "group_by_length": "train_sampling_strategy",
    "save_safetensors": "",
}
MIN_IMAGE_TOKENS = 16  # fewer cannot hold a formula: 16 squares of 28 pixels


def check_recipe(recipe: Recipe, findings: Findings) -> None:
    """Keys, values and files of the recipe itself."""
    types = key_types()
    if types is None:
        findings.add(
            "note", "keys_unchecked", "LLaMA-Factory is not installed here, so keys and the values that it refuses are"
            " not checked", "pip install 'unimumer[train]'",
        )  # fmt: skip
    else:
        _check_keys(recipe, types, findings)
    _check_types(recipe, NUMBERS if types is None else types, findings)
    _check_values(recipe, findings)
    _check_model(recipe, findings)
    _check_deepspeed(recipe, findings)
    if types is not None and not findings.count("error"):
        _ask_llamafactory(recipe, types, findings)


def _check_keys(recipe: Recipe, known: Mapping[str, Kind], findings: Findings) -> None:
    for key in recipe.values:
        if key in known or key.startswith(OWN_PREFIXES):
            continue
        if key in RENAMED:
            hint, cure = ". Its new name", f"Write {RENAMED[key]} instead of {recipe.place(key)}"
            text = f"{key!r} is no key of LLaMA-Factory any more" + (f"{hint}: {RENAMED[key]}" if RENAMED[key] else "")
            findings.add("error", "unknown_key", text, cure if RENAMED[key] else f"Delete {recipe.place(key)}")
        else:
            text = f"{key!r} is no key of LLaMA-Factory{suggestion(key, known)}"
            findings.add("error", "unknown_key", text, f"Correct or delete {recipe.place(key)}")


def _check_types(recipe: Recipe, types: Mapping[str, Kind], findings: Findings) -> None:
    """LLaMA-Factory takes values of the wrong type: ``"false"`` in quotes is text, hence true."""
    for key, value in recipe.values.items():
        kind = types.get(key)
        if kind is None or value is None:
            continue
        if kind is bool:
            if not isinstance(value, bool) and value not in (0, 1):
                text = f"{key} must be true or false, got {value!r}"
                findings.add("error", "not_a_boolean", text, f"Correct {recipe.place(key)}")
        elif not isinstance(value, int | float) or isinstance(value, bool):
            text = f"{key} is the text {value!r}; quotes make text of a number" if isinstance(value, str) else (
                f"{key} must be a number, got {value!r}")  # fmt: skip
            findings.add("error", "not_a_number", text, f"{key}: {_as_number(value)}")
        elif kind is int and value != int(value):
            findings.add("error", "not_a_number", f"{key} must be an integer, got {value!r}", f"{key}: {round(value)}")
        elif key in POSITIVE and value <= 0:
            findings.add("error", "not_positive", f"{key} is {value}", f"Write a {key} above 0")


def _ask_llamafactory(recipe: Recipe, types: Mapping[str, Kind], findings: Findings) -> None:
    said = refusal(recipe.values, types)
    if said is not None:
        keys = named_keys(said, recipe.values)
        cure = f"Correct or delete {', '.join(recipe.place(key) for key in keys)}" if keys else ""
        findings.add("error", "refused", f"LLaMA-Factory refuses the recipe: {said}", cure)


def _check_values(recipe: Recipe, findings: Findings) -> None:
    values = recipe.values
    stage = str(values.get("stage"))
    if stage not in STAGES:
        findings.add("error", "unknown_stage", f"stage is {stage!r}{suggestion(stage, STAGES)}", "stage: sft")
    if isinstance(values.get("save_strategy"), bool):
        findings.add("error", "yaml_boolean", "save_strategy: no is the boolean false in YAML", 'save_strategy: "no"')
    side = int(recipe.max_pixels**0.5)
    tokens = image_token_count(max(1, side), max(1, side))
    if tokens < MIN_IMAGE_TOKENS:
        findings.add(
            "error", "tiny_images", f"image_max_pixels {recipe.max_pixels} leaves {tokens} image tokens for a square",
            "image_max_pixels: 262144",
        )  # fmt: skip
    full_precision = not (values.get("bf16") or values.get("fp16") or values.get("pure_bf16") or values.get("use_cpu"))
    if full_precision and values.get("do_train"):
        findings.add(
            "warning", "full_precision", "neither bf16 nor fp16: twice the memory, half the speed", "bf16: true"
        )
    tokenized = values.get("tokenized_path")
    if tokenized and Path(str(tokenized)).exists():
        findings.add(
            "warning", "old_tokens", f"tokenized_path {tokenized} exists: it is used, whatever dataset says",
            f"rm -r {tokenized}, if it was not made from this recipe",
        )  # fmt: skip
    data_sets = recipe.names("dataset")
    for name in sorted({name for name in data_sets if data_sets.count(name) > 1}):
        findings.add(
            "warning", "set_twice", f"data set {name!r} is listed twice; LLaMA-Factory loads it once",
            "Use mix_strategy and interleave_probs to weigh sets",
        )  # fmt: skip
    if not data_sets and not recipe.names("eval_dataset"):
        findings.add("error", "no_data", "the recipe names no data set", "dataset: crohme_train, crohme_train_tree")


def _as_number(value: Any) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return "a number"
    return repr(int(number)) if number == int(number) else f"{number:.1e}" if number < 0.001 else repr(number)


def _check_model(recipe: Recipe, findings: Findings) -> None:
    name = model_name(recipe)
    if not name:
        cure = "model_name_or_path: Qwen/Qwen2.5-VL-3B-Instruct"
        findings.add("error", "no_model", "the recipe names no model", cure)
        return
    if model_config(recipe) is None and not can_be_on_the_hub(name):
        findings.add(
            "error", "model_missing", f"{name}: no config.json there, and it is no name of the hub (owner/name)",
            "Correct model_name_or_path, or make the tiny model: unimumer tiny",
        )  # fmt: skip
    template = str(recipe.values.get("template") or "")
    fitting, known = fitting_templates(recipe), known_templates()
    if fitting and template not in fitting:
        findings.add("error", "template", f"template {template!r} does not fit {name}", f"template: {fitting[0]}")
    elif known is not None and template not in known:
        cure = "Write the template that the model was trained with"
        findings.add(
            "error", "template", f"LLaMA-Factory has no template {template!r}{suggestion(template, known)}", cure
        )
    elif not template:
        findings.add("error", "template", "the recipe names no template", "template: qwen2_vl")


def _check_deepspeed(recipe: Recipe, findings: Findings) -> None:
    named = recipe.values.get("deepspeed")
    if not named or isinstance(named, Mapping):
        return
    path = Path(str(named))
    try:
        content = parse_json(read_text(path))
    except FileNotFoundError:
        findings.add("error", "deepspeed_missing", f"{path}: no such file", "deepspeed: recipes/deepspeed/zero2.json")
        return
    except (OSError, ValueError) as error:
        findings.add("error", "deepspeed_broken", f"{path}: cannot be read as JSON: {error}")
        return
    stage = (content.get("zero_optimization") or {}).get("stage") if isinstance(content, dict) else None
    if stage not in (0, 1, 2, 3):
        findings.add("error", "deepspeed_stage", f"{path}: zero_optimization.stage is {stage!r}", '"stage": 2')
    if stage == 3 and recipe.values.get("use_cpu"):
        findings.add(
            "warning",
            "zero3_on_cpu",
            "ZeRO-3 on CPU runs with one process only",
            "deepspeed: recipes/deepspeed/zero2.json",
        )


def check_disk(recipe: Recipe, parameters: int, findings: Findings) -> None:
    """Check that the disk has room for the checkpoints and for the weights that training writes at its end.

    A checkpoint takes 2 bytes a trained parameter, and 12 for the optimizer unless only the model is saved.
    """
    output = Path(str(recipe.values.get("output_dir", ".")))
    folder = next(parent for parent in (output, *output.absolute().parents) if parent.is_dir())
    kept = recipe.number("save_total_limit", 2) if recipe.values.get("save_strategy", "steps") != "no" else 0
    each = parameters * recipe.trained_share * (2 if recipe.values.get("save_only_model") else 14)
    needed = kept * each + parameters * recipe.trained_share * 2
    free = shutil.disk_usage(folder).free
    text = f"checkpoints need about {gigabytes(needed)} ({kept} kept); {gigabytes(free)} are free in {folder}"
    if needed > free:
        findings.add("error", "disk", text, "save_only_model: true, or a smaller save_total_limit")
    else:
        findings.add("note", "disk", text)
