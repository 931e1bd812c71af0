"""Labelled sets as reports read them: record files, prediction files, label lists, or names of dataset_info.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, RegistryError, SourceError, suggestion
from unimumer_data.sources.formats.tables import read_json_array
from unimumer_data.sources.published import label_of

REGISTRY = Path("dataset_info.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
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
    items: list[Item]


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


def read_set(word: str, *, root: Path = Path()) -> LabelledSet:
    """Read a set.

    Args:
        word: a JSON file, or a data set name of ``root / dataset_info.json``. A file is an array of ShareGPT records
            (``images``, ``messages``), of predictions (``gt``, ``img_id``, ``image_path``), or of label strings.
        root: folder that image paths and data set names count from.

    Raises:
        SourceError: no such file or name, or an item of no known shape; names the item.
    """
    path = Path(word)
    if not path.is_file():
        path = _registered(word, root)
    return LabelledSet(_short_name(path), list(_items(path, root)))


def _registered(name: str, root: Path) -> Path:
    registry = root / REGISTRY
    if not registry.is_file():
        raise SourceError(f"{name}: no such file, and there is no {registry} to look the name up in")
    try:
        entries = json.loads(registry.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RegistryError(f"{registry}: not JSON: {error}") from error
    if name not in entries:
        raise SourceError(f"{name}: neither a file nor a data set of {registry}{suggestion(name, entries)}")
    file = root / entries[name].get("file_name", "")
    if not file.is_file():
        raise SourceError(f"{name}: {file} is not there; build the set first, or give another")
    return file


def _short_name(path: Path) -> str:
    return path.stem.removesuffix("_captions")


def _items(path: Path, root: Path) -> Iterator[Item]:
    name = _short_name(path)
    for number, item in enumerate(read_json_array(path)):
        place = f"{path}, item {number}"
        try:
            yield _item(item, f"{name}_{number}", place, root)
        except (KeyError, IndexError, TypeError, AttributeError):
            shapes = "a label, a record (images, messages) or a prediction (gt, img_id)"
            raise SourceError(f"{place}: expected {shapes}, got {item!r:.80}") from None


def _item(item: Any, fallback_id: str, place: str, root: Path) -> Item:
    if isinstance(item, str):
        return Item(id=fallback_id, label=item, answer=item)
    if "gt" in item:
        image = item.get("image_path")
        sample_id = str(item.get("img_id", fallback_id))
        return Item(id=sample_id, label=item["gt"], image=root / image if image else None, answer=item["gt"])
    image, messages = item["images"][0], item.get("messages") or item["conversations"]
    label = label_of(messages, place)
    return Item(id=Path(image).stem, label=label, image=root / image, answer=messages[1]["value"])
