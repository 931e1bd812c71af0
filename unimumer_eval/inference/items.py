"""What is to be answered: the samples of record files and of registered data sets."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, RecordError, RegistryError, suggestion
from unimumer_data.records.record import IMAGE_TOKEN
from unimumer_data.records.registry import build_command
from unimumer_data.tasks import TASKS
from unimumer_data.tasks.answers import final_expression, task_of

REGISTRY = "dataset_info.json"
_COLUMNS = {"messages": ("messages", "conversations"), "images": ("images", "image")}
_TAGS = {"role": ("from", "role"), "content": ("value", "content")}
_HUMAN, _MODEL = ("human", "user"), ("gpt", "assistant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One sample to answer.

    Args:
        index: its place in the set, from 0.
        id: the picture's file stem, as in published prediction files; unique within the set.
        image_path: of the picture, as the record has it.
        image: where it is.
        prompt: the record's own instruction, without ``<image>``.
        task: which task that is: ``vanilla``, ``tree``, ``can``, ``error_find``, ``error_fix``.
        gt: the expression to be found, taken from the record's answer; None where the record has none.
        fault: why this record cannot be asked; it counts as wrong.
    """

    index: int
    id: str
    image_path: str
    image: Path
    prompt: str
    task: str
    gt: str | None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """The samples of one record file.

    Args:
        sha256: of the file's bytes; tells whether a resumed run is about the same samples.
        image_root: where relative image paths start.
    """

    name: str
    path: Path
    sha256: str
    image_root: Path
    items: tuple[Item, ...]


def load_sets(
    names: Sequence[str], *, dataset_dir: Path, media_dir: Path | None = None, limit: int | None = None
) -> list[RecordSet]:
    """Read record files and registered data sets.

    Args:
        names: paths of record files, or names in dataset_info.json.
        dataset_dir: folder of dataset_info.json.
        media_dir: where relative image paths start; None tries dataset_dir, then the working directory, then the
            folders above the record file.
        limit: only the first so many records.

    Raises:
        ConfigError: neither a file nor a registered name; two sets of one name.
        RecordError: a file that holds no records.
        RegistryError: dataset_info.json cannot be read.
    """
    sets = [_load_set(name, dataset_dir, media_dir, limit) for name in names]
    twice = [name for name, count in Counter(one.name for one in sets).items() if count > 1]
    if twice:
        raise ConfigError(f"data= has two sets called {twice[0]!r}; their results would overwrite each other")
    return sets


def picture_items(images: Sequence[Path]) -> list[Item]:
    """Pictures without labels as items, in their order; they are asked for plain recognition."""
    items = [
        Item(
            index=index,
            id=path.stem,
            image_path=path.as_posix(),
            image=path,
            prompt=TASKS["vanilla"].instruction,
            task="vanilla",
            gt=None,
        )
        for index, path in enumerate(images)
    ]
    return _with_unique_ids(items)


def _load_set(name: str, dataset_dir: Path, media_dir: Path | None, limit: int | None) -> RecordSet:
    title, path = _find(name, dataset_dir)
    records, digest = _read(path)
    bases = [media_dir] if media_dir else [dataset_dir, Path(), *path.resolve().parents]
    items = [_item(index, record) for index, record in enumerate(records[:limit])]
    base = next((base for base in bases if any((base / item.image_path).is_file() for item in items[:20])), bases[0])
    items = [replace(item, image=base / item.image_path) for item in _with_unique_ids(items)]
    return RecordSet(name=title, path=path, sha256=digest, image_root=base, items=tuple(items))


def _find(name: str, dataset_dir: Path) -> tuple[str, Path]:
    path = Path(name)
    if path.is_file():
        return path.name.removesuffix(path.suffix), path
    if path.suffix in (".json", ".jsonl") or path.is_dir():
        raise ConfigError(f"data={name}: no such record file; build one with: unimumer build")
    registry = _registry(dataset_dir / REGISTRY)
    if name not in registry:
        raise ConfigError(
            f"data={name}: neither a file nor a data set of {dataset_dir / REGISTRY}{suggestion(name, registry)}"
        )
    file_name = registry[name].get("file_name") if isinstance(registry[name], dict) else None
    if not file_name:
        raise RegistryError(f"{dataset_dir / REGISTRY}: {name!r} has no file_name; only local files can be evaluated")
    path = dataset_dir / file_name
    if not path.is_file():
        raise ConfigError(f"data={name}: {path} does not exist yet; build it with: {build_command(path)}")
    return name, path


def _registry(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RegistryError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise RegistryError(f"{path}: must map data set names to their files, found a {type(content).__name__}")
    return content


def _read(path: Path) -> tuple[list[Any], str]:
    """Records of a JSON array or of JSON lines."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
        if path.suffix == ".jsonl":
            records = [json.loads(line) for line in text.split("\n") if line.strip()]
        else:
            records = json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RecordError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(records, list) or not records:
        raise RecordError(f"{path}: must be an array of records with 'messages' and 'images'")
    if not any(isinstance(record, dict) and _first(record, _COLUMNS["messages"]) for record in records):
        raise RecordError(f"{path}: no record in it has 'messages'; is it a prediction file? Then engine=replay")
    return records, hashlib.sha256(data).hexdigest()


def _item(index: int, record: Any) -> Item:
    """One record; one that cannot be asked keeps its place, with the reason."""
    turns = _turns(record)
    image_path = _image_path(record)
    prompt = next((text for role, text in turns if role in _HUMAN), None)
    answer = next((text for role, text in turns if role in _MODEL), None)
    if prompt is None:
        fault = "record: no human turn"
    elif not image_path:
        fault = "record: no image"
    else:
        fault = None
    instruction = (prompt or "").replace(IMAGE_TOKEN, "", 1)
    task = task_of(instruction)
    return Item(
        index=index,
        id=Path(image_path).stem or f"record_{index}",
        image_path=image_path,
        image=Path(image_path),
        prompt=instruction,
        task=task,
        gt=None if answer is None else final_expression(answer, task),
        fault=fault,
    )


def _turns(record: Any) -> list[tuple[str, str]]:
    messages = _first(record, _COLUMNS["messages"]) if isinstance(record, dict) else None
    turns = [message for message in messages or () if isinstance(message, dict)]
    pairs = [(_first(turn, _TAGS["role"]), _first(turn, _TAGS["content"])) for turn in turns]
    return [(str(role), text) for role, text in pairs if isinstance(text, str)]


def _image_path(record: Any) -> str:
    images = _first(record, _COLUMNS["images"]) if isinstance(record, dict) else None
    path = images[0] if isinstance(images, list) and images else images
    return path if isinstance(path, str) else ""


def _first(mapping: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((mapping[key] for key in keys if key in mapping), None)


def _with_unique_ids(items: Sequence[Item]) -> list[Item]:
    """Pictures of one name in several folders take their folder's name into the id, else their place."""
    for name in (lambda item: item.id, lambda item: Path(item.image_path).with_suffix("").as_posix()):
        ids = Counter(map(name, items))
        if len(ids) == len(items):
            return [replace(item, id=name(item)) for item in items]
    return [replace(item, id=f"{item.id}#{item.index}") if ids[name(item)] > 1 else item for item in items]
