"""How pictures were scaled in training, stored beside a checkpoint, so that prediction can scale them in the same way.

A model that was trained with ``image_max_pixels: 16384`` and is read with LLaMA-Factory's default gives other
answers, without a word: neither LLaMA-Factory nor transformers keeps the bound. ``unimumer train`` writes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from unimumer_data.support.files import read_text, write_whole
from unimumer_data.support.plain_json import parse_json

from .recipe import Recipe

FILE_NAME = "unimumer.json"
KEYS = ("image_max_pixels", "image_min_pixels", "template")


def write_bounds(folder: Path, recipe: Recipe) -> None:
    """Write ``unimumer.json`` into the folder of a checkpoint or an adapter.

    Raises:
        OutputError: it cannot be written.
    """
    content = {
        "image_max_pixels": recipe.max_pixels,
        "image_min_pixels": recipe.min_pixels,
        "template": recipe.values.get("template"),
    }
    write_whole(folder / FILE_NAME, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def stored_bounds(model_folder: Path | str) -> dict[str, Any] | None:
    """How pictures were scaled in the training of a checkpoint.

    Args:
        model_folder: of the checkpoint or adapter; any other name, such as one of the hub, has none stored.

    Returns:
        ``image_max_pixels`` and ``image_min_pixels`` (pixels), and ``template`` (text or None); None where the
        folder holds no such file, or a broken one.
    """
    try:
        content = parse_json(read_text(Path(model_folder) / FILE_NAME))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or not all(isinstance(content.get(key), int) for key in KEYS[:2]):
        return None
    return {key: content.get(key) for key in KEYS}
