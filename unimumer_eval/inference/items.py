"""What is to be answered: the samples of record files, of registered data sets, and of folders of pictures."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, InkError, RecordError
from unimumer_data.handwriting.changed import PLAUSIBLE
from unimumer_data.ink import read_inkml
from unimumer_data.records.reading import image_root, parts_of, read_records
from unimumer_data.records.registry import find_record_file
from unimumer_data.support.files import as_file_name, regular, whole_text
from unimumer_data.tasks import TASKS
from unimumer_data.tasks.answers import label_expression
from unimumer_eval.engines.base import INK_SUFFIX

PICTURES = frozenset(
    {".bmp", ".gif", ".heic", ".heif", ".inkml", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp", ".avif"}
)
"""Suffixes of the files of a folder that are asked about; those that cannot be read fail with the reason."""


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
        plausible: the formula that stood there before one symbol of the ink was changed; see `unimumer faithful`.
    """

    index: int
    id: str
    image_path: str
    image: Path
    prompt: str
    task: str
    gt: str | None
    fault: str | None = None
    plausible: str | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """Where the pictures of a record file may be.

    Args:
        folder: ``media_dir``.
        absolute_paths: whether an absolute path may lead anywhere; a relative one never leaves the folder.
    """

    folder: Path
    absolute_paths: bool = False

    def has(self, path: str) -> bool:
        """Whether a picture may be read, links followed."""
        if self.absolute_paths and Path(path).is_absolute():
            return True
        if "\0" in path:
            return False
        return Path(os.path.realpath(self.folder / path)).is_relative_to(os.path.realpath(self.folder))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """The samples of one record file.

    Args:
        sha256: of the file's bytes; says whether a resumed run is about the same samples.
        image_root: where relative image paths start.
    """

    name: str
    path: Path
    sha256: str
    image_root: Path
    items: tuple[Item, ...]


def load_sets(
    names: Sequence[str],
    *,
    dataset_dir: Path,
    media_dir: Path | None = None,
    absolute_paths: bool = False,
    limit: int | None = None,
) -> list[RecordSet]:
    """Read record files and registered data sets.

    Args:
        names: paths of record files, names in dataset_info.json, pictures, or folders of pictures.
        dataset_dir: folder of dataset_info.json.
        media_dir: where relative image paths start, and which none may leave; None tries dataset_dir, then the
            working directory, then the folders above the record file.
        absolute_paths: whether absolute image paths may leave ``media_dir``.
        limit: only this many records, the first ones.

    Raises:
        ConfigError: neither a file nor a registered name; two sets of one name.
        RegistryError: dataset_info.json cannot be read.
        RecordError: a file that holds no records.
    """
    allowed = None if media_dir is None else Allowed(media_dir, absolute_paths)
    sets = [_load_set(name, dataset_dir, allowed, limit) for name in names]
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
    label, fault, plausible = None, None, None
    if path.suffix.lower() == INK_SUFFIX:
        try:
            ink = read_inkml(path)
            label = label_expression(ink.label, "vanilla") or None
            plausible = ink.annotations.get(PLAUSIBLE)
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
        plausible=plausible,
    )


def _load_set(name: str, dataset_dir: Path, allowed: Allowed | None, limit: int | None) -> RecordSet:
    if (path := Path(name)).is_dir() or (path.suffix.lower() in PICTURES and path.is_file()):
        return _load_pictures(path, limit)
    title, path = find_record_file(name, dataset_dir)
    records = [record for record, _ in read_records(path)]
    if not records:
        raise RecordError(f"{path}: must be an array of records with 'messages' and 'images'")
    if all(parts_of(record).instruction is None for record in records):
        raise RecordError(f"{path}: no record in it has 'messages'; is it a prediction file? Then engine=replay")
    items = [_item(index, record) for index, record in enumerate(records[:limit])]
    media_dir = allowed.folder if allowed else None
    base = image_root(path, (item.image_path for item in items), dataset_dir=dataset_dir, media_dir=media_dir)
    if allowed:
        items = [_inside(item, allowed) for item in items]
    items = [replace(item, image=base / item.image_path) for item in _with_unique_ids(items)]
    with open(path, "rb", opener=regular) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return RecordSet(name=as_file_name(title), path=path, sha256=digest, image_root=base, items=tuple(items))


def _load_pictures(path: Path, limit: int | None) -> RecordSet:
    folder = path if path.is_dir() else path.parent
    pictures = pictures_of(path) if path.is_dir() else [path]
    items = picture_items(pictures[:limit], folder)
    names = "\n".join(one.relative_to(folder).as_posix() for one in pictures)
    return RecordSet(
        name=as_file_name(path.resolve().stem if path.is_file() else path.resolve().name),
        path=path,
        sha256=hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest(),
        image_root=folder,
        items=tuple(items),
    )


def _inside(item: Item, allowed: Allowed) -> Item:
    """A picture outside ``media_dir`` is none of the set: it is neither asked about nor shown."""
    if item.fault or allowed.has(item.image_path):
        return item
    fault = f"image: {item.image_path}: outside media_dir={allowed.folder}; move the picture into it"
    if Path(item.image_path).is_absolute():
        fault += ", or write absolute_paths=true"
    return replace(item, fault=fault, image_path="")


def _item(index: int, record: Any) -> Item:
    """One record; one that cannot be asked keeps its place, with the reason."""
    parts = parts_of(record)
    return Item(
        index=index,
        id=whole_text(parts.id) or f"record_{index}",
        image_path=whole_text(parts.image),
        image=Path(whole_text(parts.image)),
        prompt=whole_text(parts.instruction or ""),
        task=parts.task,
        gt=None if parts.expression is None else whole_text(parts.expression),
        fault=parts.fault and f"record: {parts.fault}",
    )


def _with_unique_ids(items: Sequence[Item]) -> list[Item]:
    """Pictures of one name in several folders take their folder's name into the id, else their place."""
    paths = [item.image_path.removesuffix(Path(item.image_path).suffix) for item in items]
    for names in ([item.id for item in items], paths):
        if len(set(names)) == len(items):
            return [replace(item, id=name) for item, name in zip(items, names, strict=True)]
    times = Counter(paths)
    return [
        replace(item, id=f"{item.id}#{item.index}") if times[path] > 1 else item
        for item, path in zip(items, paths, strict=True)
    ]
