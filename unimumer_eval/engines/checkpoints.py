"""Where a checkpoint is, and what its folder says: whether it is an adapter, and how its pictures were scaled."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from unimumer_data.errors import ConfigError, EngineError
from unimumer_data.support.files import read_text
from unimumer_data.support.plain_json import parse_json
from unimumer_data.support.tables import show
from unimumer_data.training.bounds import stored_bounds
from unimumer_data.training.hub import find_model, go_offline, hub_answers
from unimumer_eval.config import AskConfig

_CONFIG = "adapter_config.json"
_NOWHERE = {
    "refused": "the hub has no such model, or shows it only with a token: hf auth login",
    "unreachable": "not on this machine, and the hub cannot be reached; fetch it where there is a network "
    "(hf download {model} --local-dir FOLDER) and write model=FOLDER",
}
BOUNDS = ("image_max_pixels", "image_min_pixels")
C = TypeVar("C", bound=AskConfig)


def resolve(config: C) -> C:
    """The configuration with ``model`` and ``adapter`` apart, where ``model`` is the folder of a LoRA adapter.

    Raises:
        ConfigError: the adapter does not say which model it belongs to, or the engine takes no adapters.
    """
    folder = Path(config.model or "")
    if config.engine_name == "openai" or not (folder / _CONFIG).is_file() or (folder / "config.json").is_file():
        return config
    base = read_adapter(folder).get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise ConfigError(f"model={folder}: a LoRA adapter without its model; write model=... adapter={folder}")
    show(f"{folder} is a LoRA adapter, loaded onto its model: model={base} adapter={folder}", file=sys.stderr)
    try:
        return replace(config, model=base, adapter=folder)
    except ConfigError as error:
        raise ConfigError(f"model={folder} is a LoRA adapter of {base}; {error}") from error


def check_place(config: AskConfig) -> None:
    """Look for the model before an engine does, since the libraries ask a silent hub for minutes.

    Raises:
        EngineError: the model is neither on this machine nor on the hub, or the hub cannot be reached.
    """
    model = str(config.model)
    elsewhere = Path(model).is_dir() or os.environ.get("VLLM_USE_MODELSCOPE")
    if elsewhere or config.engine_name not in ("vllm", "transformers"):
        return
    place = find_model(model)
    if place in _NOWHERE:
        raise EngineError(f"model={model}: {_NOWHERE[place].format(model=model)}")
    if place == "cached" and not hub_answers(model):
        go_offline()


def read_adapter(folder: Path) -> dict[str, Any]:
    """The ``adapter_config.json`` of an adapter.

    Raises:
        EngineError: there is none, or it cannot be read.
    """
    try:
        content = parse_json(read_text(folder / _CONFIG))
    except (OSError, ValueError) as error:
        raise EngineError(f"adapter={folder}: {_CONFIG} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise EngineError(f"adapter={folder}: {_CONFIG} must be an object")
    return content


def adapts_vision(folder: Path) -> bool:
    """Whether an adapter holds weights for the vision tower or the projector."""
    weights = folder / "adapter_model.safetensors"
    if not weights.is_file():
        return True
    from safetensors import safe_open

    with safe_open(weights, framework="pt") as file:
        names: list[str] = file.keys()
    return any("visual" in name for name in names)


def trained_bounds(adapter: Path | str | None, model: Path | str | None) -> tuple[str, dict[str, int]]:
    """The folder that says how pictures were scaled in training, the adapter before the model, and what it says.

    Both are empty where none does.
    """
    for folder in (adapter, model):
        if folder and (stored := stored_bounds(folder)):
            return str(folder), {key: stored[key] for key in BOUNDS}
    return "", {}


def other_bounds(config: AskConfig) -> str | None:
    """A warning where pictures are scaled in another way than in the training of the checkpoint."""
    folder, stored = trained_bounds(config.adapter, config.model)
    wrong = [f"{key}={value}" for key, value in stored.items() if value != getattr(config, key)]
    if not wrong:
        return None
    cure = " ".join(wrong)
    return f"warning: {folder} was trained with {cure}; pictures scaled otherwise are read worse, so write {cure}"
