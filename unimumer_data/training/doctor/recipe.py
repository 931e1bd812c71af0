"""The recipe: its keys and values, the files it names, the packages it runs with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from unimumer_data.errors import suggestion
from unimumer_data.images import image_token_count

from ..recipe import Recipe
from .findings import Findings

NUMBERS = {
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
}
STAGES = ("pt", "sft", "rm", "ppo", "dpo", "kto")
# model_type of config.json, or a part of the hub's name -> the template it was trained with.
TEMPLATES = {
    "qwen2_5_vl": "qwen2_vl",
    "qwen2.5-vl": "qwen2_vl",
    "uni-mumer": "qwen2_vl",
    "qwen3_vl": "qwen3_vl_nothink",
    "qwen3-vl": "qwen3_vl_nothink",
    "qwen3_5": "qwen3_5_nothink",
    "qwen3.5": "qwen3_5_nothink",
}
OWN_KEYS = "exprate_"  # of unimumer train
MIN_IMAGE_TOKENS = 16  # fewer cannot hold a formula: 16 squares of 28 pixels
# Versions that are known to run together; see requirements/train.lock.
KNOWN_VERSIONS = {
    "llamafactory": ("0.9.5", "0.9.5"),
    "transformers": ("4.55", "5.6.0"),
    "datasets": ("2.16", "4.0.0"),
    "deepspeed": ("0.10", "0.18.4"),
}


def check_recipe(recipe: Recipe, findings: Findings) -> None:
    """Keys, values and files of the recipe itself."""
    _check_keys(recipe, findings)
    _check_values(recipe, findings)
    _check_model(recipe, findings)
    _check_deepspeed(recipe, findings)


def _check_keys(recipe: Recipe, findings: Findings) -> None:
    known = _llamafactory_keys()
    if known is None:
        findings.add(
            "note", "keys_unchecked", "LLaMA-Factory is not installed here, so keys are not checked",
            "pip install 'unimumer[train]'",
        )  # fmt: skip
        return
    for key in recipe.values:
        if key not in known and not key.startswith(OWN_KEYS):
            findings.add(
                "error", "unknown_key", f"{key!r} is no key of LLaMA-Factory{suggestion(key, known)}",
                f"Correct or delete the line {key}: ... in {recipe.path}",
            )  # fmt: skip


def _llamafactory_keys() -> frozenset[str] | None:
    try:
        from llamafactory.hparams.parser import _TRAIN_ARGS
    except ImportError:
        return None
    return frozenset(name for arguments in _TRAIN_ARGS for name in arguments.__dataclass_fields__)


def _check_values(recipe: Recipe, findings: Findings) -> None:
    values = recipe.values
    for key, kind in NUMBERS.items():
        value = values.get(key)
        if value is None:
            continue
        if not isinstance(value, int | float) or isinstance(value, bool):
            findings.add(
                "error", "not_a_number", f"{key} is the text {value!r}; quotes make text of a number",
                f"{key}: {_as_number(value)}",
            )  # fmt: skip
        elif kind is int and value != int(value):
            findings.add("error", "not_a_number", f"{key} must be an integer, got {value!r}", f"{key}: {round(value)}")
        elif value <= 0 and key not in ("warmup_ratio", "weight_decay", "warmup_steps", "max_steps"):
            findings.add("error", "not_positive", f"{key} is {value}", f"Write a {key} above 0")
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
    if not data_sets:
        findings.add("error", "no_data", "the recipe names no data set", "dataset: crohme_train, crohme_train_tree")


def _as_number(value: Any) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return "a number"
    return repr(int(number)) if number == int(number) else f"{number:.1e}" if number < 0.001 else repr(number)


def _check_model(recipe: Recipe, findings: Findings) -> None:
    name = str(recipe.values.get("model_name_or_path", ""))
    if not name:
        findings.add(
            "error", "no_model", "the recipe names no model", "model_name_or_path: Qwen/Qwen2.5-VL-3B-Instruct"
        )
        return
    config = model_config(recipe)
    local = Path(name)
    if config is None and (
        local.is_absolute() or name.startswith(".") or name.count("/") != 1 or local.parent.is_dir()
    ):
        findings.add(
            "error", "model_missing", f"{name}: no config.json there, and it is no name of the hub (owner/name)",
            "Correct model_name_or_path, or make the tiny model: unimumer tiny",
        )  # fmt: skip
    template = str(recipe.values.get("template", ""))
    kind = str((config or {}).get("model_type", name)).lower()
    expected = next((template for part, template in TEMPLATES.items() if part in kind), None)
    if not template or (expected is not None and template != expected):
        findings.add(
            "error", "template", f"template {template!r} does not fit {name}", f"template: {expected or 'qwen2_vl'}"
        )
    elif expected is None and (known := _llamafactory_templates()) is not None and template not in known:
        findings.add("error", "template", f"LLaMA-Factory has no template {template!r}{suggestion(template, known)}")


def model_config(recipe: Recipe) -> dict[str, Any] | None:
    """config.json of a model that lies on this machine; None for one of the hub."""
    path = Path(str(recipe.values.get("model_name_or_path", ""))) / "config.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _llamafactory_templates() -> frozenset[str] | None:
    try:
        from llamafactory.data.template import TEMPLATES as known
    except ImportError:
        return None
    return frozenset(known)


def _check_deepspeed(recipe: Recipe, findings: Findings) -> None:
    named = recipe.values.get("deepspeed")
    if not named or isinstance(named, Mapping):
        return
    path = Path(str(named))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
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


def check_versions(findings: Findings) -> None:
    """Installed packages against the versions that are known to run together."""
    for package, (low, high) in KNOWN_VERSIONS.items():
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            findings.add(
                "warning",
                "not_installed",
                f"{package} is not installed here",
                "pip install -r requirements/train.lock",
            )
            continue
        if not _parts(low) <= _parts(version) <= _parts(high):
            findings.add(
                "warning", "version", f"{package} {version}; known to work: {low} to {high}",
                f"pip install '{package}>={low},<={high}'",
            )  # fmt: skip


def _parts(version: str) -> tuple[int, ...]:
    numbers = []
    for part in version.split("+")[0].split("."):
        digits = "".join(char for char in part if char.isdigit())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers + [0] * (4 - len(numbers)))


def check_disk(recipe: Recipe, parameters: int, findings: Findings) -> None:
    """Free space for checkpoints: 2 bytes a trained parameter, and 12 of the optimizer unless only the model is saved;
    and for the weights that a full training writes at its end."""
    output = Path(str(recipe.values.get("output_dir", ".")))
    folder = next(parent for parent in (output, *output.absolute().parents) if parent.is_dir())
    kept = recipe.number("save_total_limit", 2) if recipe.values.get("save_strategy", "steps") != "no" else 0
    each = parameters * recipe.trained_share * (2 if recipe.values.get("save_only_model") else 14)
    needed = kept * each + parameters * recipe.trained_share * 2
    free = shutil.disk_usage(folder).free
    text = f"checkpoints need about {needed / 1e9:.1f} GB ({kept} kept); {free / 1e9:.1f} GB are free in {folder}"
    if needed > free:
        findings.add("error", "disk", text, "save_only_model: true, or a smaller save_total_limit")
    else:
        findings.add("note", "disk", text)
