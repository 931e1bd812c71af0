"""The model of a recipe: which family it is of, and which templates fit it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from unimumer_data.support.files import read_text
from unimumer_data.support.plain_json import parse_json

from ..hub import cached_config
from ..recipe import Recipe

Family = Literal["qwen2-vl", "qwen2.5-vl", "qwen3-vl", "qwen3.5", "glm-ocr"]

# Parts of model_type in config.json, or of a name on the hub.
FAMILIES: Mapping[str, Family] = {
    "qwen2_5_vl": "qwen2.5-vl",
    "qwen2.5-vl": "qwen2.5-vl",
    "uni-mumer": "qwen2.5-vl",
    "qwen2_vl": "qwen2-vl",
    "qwen2-vl": "qwen2-vl",
    "qwen3_vl": "qwen3-vl",
    "qwen3-vl": "qwen3-vl",
    "qwen3_5": "qwen3.5",
    "qwen3.5": "qwen3.5",
    "glm_ocr": "glm-ocr",
    "glm-ocr": "glm-ocr",
}
# Templates of LLaMA-Factory 0.9.5 that fit a family; the first is the one to write.
TEMPLATES: Mapping[Family, tuple[str, ...]] = {
    "qwen2-vl": ("qwen2_vl",),
    "qwen2.5-vl": ("qwen2_vl",),
    "qwen3-vl": ("qwen3_vl_nothink", "qwen3_vl"),
    "qwen3.5": ("qwen3_5", "qwen3_5_nothink"),
    "glm-ocr": ("glm_ocr",),
}


def model_name(recipe: Recipe) -> str:
    """The recipe's model_name_or_path; empty without one."""
    return str(recipe.values.get("model_name_or_path") or "")


def family_of(recipe: Recipe) -> Family | None:
    """The family by config.json where it is on this machine, else by the name; None for a model of another one."""
    config = model_config(recipe)
    kind = str((config or {}).get("model_type") or model_name(recipe)).lower()
    return next((family for part, family in FAMILIES.items() if part in kind), None)


def fitting_templates(recipe: Recipe) -> tuple[str, ...]:
    """Templates that fit the model, the one to write first; empty where nobody knows.

    LLaMA-Factory's own registry knows most models of the hub, and copies of them by the last part of their name. A
    model that can think or not, such as Qwen3.5, takes both templates; one that always or never thinks, only its own.
    """
    name = model_name(recipe)
    family = family_of(recipe)
    registered = _registered_template(name)
    if registered is None:
        fitting = TEMPLATES.get(family, ()) if family else ()
        if family == "qwen3-vl" and fitting:
            words = name.lower()
            fitting = fitting[1:] if "thinking" in words else fitting[:1] if "instruct" in words else fitting
        return fitting
    if family == "qwen3.5":
        return (registered, *(one for one in TEMPLATES["qwen3.5"] if one != registered))
    return (registered,)


def _registered_template(name: str) -> str | None:
    """What LLaMA-Factory registers for a model, by its name on any hub or the last part of it."""
    try:
        from llamafactory.extras.constants import DEFAULT_TEMPLATE, SUPPORTED_MODELS
    except ImportError:
        return None
    wanted = name.rstrip("/").lower()
    by_last_part = None
    for title, sources in SUPPORTED_MODELS.items():
        if title not in DEFAULT_TEMPLATE:
            continue
        for source in sources.values():
            if source.lower() == wanted:
                return str(DEFAULT_TEMPLATE[title])
            if source.lower().rpartition("/")[2] == wanted.rpartition("/")[2]:
                by_last_part = str(DEFAULT_TEMPLATE[title])
    return by_last_part


def known_templates() -> frozenset[str] | None:
    """Names of LLaMA-Factory's templates; None where it is not installed."""
    try:
        from llamafactory.data.template import TEMPLATES as known
    except ImportError:
        return None
    return frozenset(known)


def model_config(recipe: Recipe) -> dict[str, Any] | None:
    """config.json of a model whose files are on this machine; None for one that is on the hub only."""
    name = model_name(recipe)
    for path in (Path(name) / "config.json", cached_config(name)):
        try:
            content = parse_json(read_text(path)) if path else None
        except (OSError, ValueError):
            continue
        if isinstance(content, dict):
            return content
    return None
