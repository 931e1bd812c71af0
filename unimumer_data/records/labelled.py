"""Labelled sets as reports read them: record files, prediction files, label lists, or names of dataset_info.json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, RecordError

from .reading import image_root, label_of, parts_of, read_records
from .registry import find_record_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One labelled expression of a set.

    Args:
        id: of the sample.
        label: LaTeX, as the set has it.
        image: its picture; None where the set holds labels only.
        answer: what a model is trained to write, the label included; equal to the label outside record files.
    """

    id: str
    label: str
    image: Path | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A set under the name that reports call it by."""

    name: str
    items: list[Labelled]


SETS = "SET | key=value"
"""How commands about sets are written."""


def split_sets(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Sets, and ``key=value`` words; a file whose name holds ``=`` is a set.

    Raises:
        ConfigError: no set is named.
    """
    names = [word for word in words if "=" not in word or Path(word).exists()]
    if not names:
        raise ConfigError("name at least one set (a JSON file, or a name of dataset_info.json)")
    return names, [word for word in words if word not in names]


def read_labelled(word: str, *, root: Path = Path()) -> LabelledSet:
    """Read a set.

    Args:
        word: a JSON file, or a data set name of ``root / dataset_info.json``. A file is an array (or JSON lines) of
            ShareGPT records (``images``, ``messages``), of predictions (``gt``, ``img_id``, ``image_path``), or of
            label strings.
        root: folder that data set names count from, and image paths; those of a file that are not there count from
            the working directory or a folder above the file, see `image_root`.

    Raises:
        ConfigError: no such file or name.
        RecordError: an item of no known shape; names the item.
    """
    _, path = find_record_file(word, root)
    name = path.stem.removesuffix("_captions")
    items = [_item(item, f"{name}_{number}", place) for number, (item, place) in enumerate(read_records(path))]
    base = image_root(path, (str(item.image) for item in items if item.image), dataset_dir=root)
    return LabelledSet(name, [replace(item, image=item.image and base / item.image) for item in items])


def _item(item: Any, fallback_id: str, place: str) -> Labelled:
    """One item, its picture as the file has it."""
    if isinstance(item, str):
        return Labelled(id=fallback_id, label=item, answer=item)
    if isinstance(item, dict) and isinstance(item.get("gt"), str):
        image = item.get("image_path")
        sample_id = str(item.get("img_id", fallback_id))
        return Labelled(id=sample_id, label=item["gt"], image=Path(image) if image else None, answer=item["gt"])
    parts = parts_of(item)
    if parts.fault or parts.answer is None:
        shapes = "a label, a record (images, messages) or a prediction (gt, img_id)"
        raise RecordError(f"{place}: expected {shapes}, got {item!r:.80}")
    return Labelled(id=parts.id, label=label_of(item, place), image=Path(parts.image), answer=parts.answer)
