"""What is to be answered: the samples of record files, of registered data sets, and of folders of pictures."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, InkError, RecordError, RegistryError, suggestion
from unimumer_data.ink import read_inkml
from unimumer_data.records.record import IMAGE_TOKEN
from unimumer_data.records.registry import build_command
from unimumer_data.tasks import TASKS
from unimumer_data.tasks.answers import label_expression, task_of
from unimumer_eval.engines.base import INK_SUFFIX

REGISTRY = "dataset_info.json"
PICTURES = frozenset(
    {".bmp", ".gif", ".heic", ".heif", ".inkml", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp", ".avif"}
)
"""Suffixes of the files of a folder that are asked about; those that cannot be read fail with the reason."""
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
        names: paths of record files, names in dataset_info.json, pictures, or folders of pictures.
        dataset_dir: folder of dataset_info.json.
        media_dir: where relative image paths start, and which none may leave; None tries dataset_dir, then the
            working directory, then the folders above the record file.
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


def picture_items(images: Sequence[Path], root: Path = Path()) -> list[Item]:
    """Pictures, and InkML files, as items in their order; they are asked for plain recognition.

    Pictures have no labels; an InkML file has the one that stands in it, if any.

    Args:
        images: where they are.
        root: a folder that they are all in; ids and paths start there.
    """
    items = [_picture_item(index, path, root) for index, path in enumerate(images)]
    return _with_unique_ids(items)


def pictures_of(folder: Path) -> list[Path]:
    """The pictures and InkML files of a folder and the folders in it, in the order of their paths.

    Raises:
        ConfigError: there are none, or the folder is a data set's.
    """
    if (folder / "manifest.json").is_file():
        raise ConfigError(f"data={folder}: the folder of a data set; name the set itself: data={folder.name}")
    found = [path for path in folder.rglob("*") if path.suffix.lower() in PICTURES and path.is_file()]
    if not found:
        raise ConfigError(f"data={folder}: no pictures in this folder ({', '.join(sorted(PICTURES))})")
    return sorted(found)


def _picture_item(index: int, path: Path, root: Path) -> Item:
    label, fault = None, None
    if path.suffix.lower() == INK_SUFFIX:
        try:
            label = label_expression(read_inkml(path).label, "vanilla") or None
        except InkError as error:
            fault = f"image: {error}"
    relative = path.relative_to(root)
    return Item(
        index=index,
        id=relative.stem,
        image_path=relative.as_posix(),
        image=path,
        prompt=TASKS["vanilla"].instruction,
        task="vanilla",
        gt=label,
        fault=fault,
    )


def _load_set(name: str, dataset_dir: Path, media_dir: Path | None, limit: int | None) -> RecordSet:
    if (path := Path(name)).is_dir() or (path.suffix.lower() in PICTURES and path.is_file()):
        return _load_pictures(path, limit)
    title, path = _find(name, dataset_dir)
    records, digest = _read(path)
    bases = [media_dir] if media_dir else [dataset_dir, Path(), *path.resolve().parents]
    items = [_item(index, record) for index, record in enumerate(records[:limit])]
    base = next((base for base in bases if any((base / item.image_path).is_file() for item in items[:20])), bases[0])
    if media_dir:
        items = [_inside(item, media_dir) for item in items]
    items = [replace(item, image=base / item.image_path) for item in _with_unique_ids(items)]
    return RecordSet(name=title, path=path, sha256=digest, image_root=base, items=tuple(items))


def _load_pictures(path: Path, limit: int | None) -> RecordSet:
    folder = path if path.is_dir() else path.parent
    pictures = pictures_of(path) if path.is_dir() else [path]
    items = picture_items(pictures[:limit], folder)
    names = "\n".join(one.relative_to(folder).as_posix() for one in pictures)
    return RecordSet(
        name=path.resolve().stem if path.is_file() else path.resolve().name,
        path=path,
        sha256=hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest(),
        image_root=folder,
        items=tuple(items),
    )


def _inside(item: Item, media_dir: Path) -> Item:
    """A picture outside ``media_dir`` is none of the set: it is neither asked about nor shown."""
    if item.fault or is_inside(media_dir, item.image_path):
        return item
    fault = f"image: {item.image_path}: outside media_dir={media_dir}; move the picture into it"
    return replace(item, fault=fault, image_path="")


def is_inside(folder: Path, path: str) -> bool:
    """Whether a path stays in a folder, links followed."""
    return (folder / path).resolve().is_relative_to(folder.resolve())


def _find(name: str, dataset_dir: Path) -> tuple[str, Path]:
    path = Path(name)
    if path.is_file():
        return path.name.removesuffix(path.suffix), path
    if path.suffix in (".json", ".jsonl"):
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
    except (OSError, ValueError, RecursionError) as error:
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
    except (ValueError, RecursionError) as error:  # ValueError: of the decoder, of JSON, of a number without end
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
        gt=None if answer is None else label_expression(answer, task),
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
    for name in (lambda item: item.id, lambda item: item.image_path.removesuffix(Path(item.image_path).suffix)):
        ids = Counter(map(name, items))
        if len(ids) == len(items):
            return [replace(item, id=name(item)) for item in items]
    return [replace(item, id=f"{item.id}#{item.index}") if ids[name(item)] > 1 else item for item in items]
