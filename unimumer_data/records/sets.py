"""Record files that build has written: read back, sampled from, and written anew beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unimumer_data.errors import RecordError, RegistryError, suggestion
from unimumer_data.support.files import write_whole
from unimumer_data.tasks.answers import label_expression, task_of

from . import registry
from .record import IMAGE_TOKEN

Entry = Mapping[str, Any]  # a record as JSON has it


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """A registered data set.

    Args:
        name: in dataset_info.json.
        path: of its file.
        entries: its records.
    """

    name: str
    path: Path
    entries: list[Entry]

    def ids(self) -> list[str]:
        """Sample ids: the file stems of the pictures."""
        return [Path(entry["images"][0]).stem for entry in self.entries]

    def labels(self) -> list[str]:
        """The expressions that the answers come to."""
        return [_label(entry) for entry in self.entries]

    def images(self) -> list[str]:
        """Paths of the pictures, as the records have them."""
        return [entry["images"][0] for entry in self.entries]


def read_set(root: Path, name: str) -> RecordFile:
    """Read a registered data set.

    Args:
        root: folder of dataset_info.json.
        name: of the data set.

    Raises:
        RegistryError: no such name.
        RecordError: its file is not there, or not an array of records of one picture.
    """
    entries = registry.read_registry(root / registry.FILE_NAME)
    if name not in entries:
        raise RegistryError(
            f"{root / registry.FILE_NAME}: no data set {name!r}{suggestion(name, entries)}; build it first"
        )
    entry = entries[name]
    if "file_name" not in entry:
        raise RegistryError(f"{registry.FILE_NAME}: {name!r} lies on the hub; build it here first")
    path = root / entry["file_name"]
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecordError(f"{path} is not there; build the set first: unimumer build") from None
    except (OSError, ValueError) as error:
        raise RecordError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(records, list) or not records:
        raise RecordError(f"{path}: must be an array of records")
    for number, one in enumerate(records):
        if not _is_record(one):
            raise RecordError(f"{path}, record {number}: expected images and two messages, found {one!r:.80}")
    return RecordFile(name=name, path=path, entries=records)


def name_of(set_name: str, suffix: str) -> str:
    """Name of a task's data set, as published: two corpora drop ``_train`` before the error suffixes.

    >>> name_of("hme100k_train", "_error_fix"), name_of("mine", "_error_fix")
    ('hme100k_error_fix', 'mine_error_fix')
    """
    published = registry.TRAINING_SETS.get(set_name, ())
    return next((name for name in published if suffix and name.endswith(suffix)), set_name + suffix)


def write_sets(root: Path, folder: str, sets: Mapping[str, Sequence[Entry]]) -> None:
    """Write record files and enter them in dataset_info.json.

    Args:
        root: folder of dataset_info.json.
        folder: below ``root``, with ``/``, as the registry will have it.
        sets: data set name -> its records.

    Raises:
        OutputError: a file cannot be written.
    """
    files = {name: f"{folder}/{name}.json" for name in sets}
    for name, entries in sets.items():
        write_lines(root / files[name], entries)
    registry.update(root / registry.FILE_NAME, {name: registry.file_entry(file) for name, file in files.items()})


def write_lines(path: Path, items: Iterable[Any]) -> None:
    """A JSON array with one item a line; whole or absent.

    Raises:
        OutputError: cannot be written.
    """
    write_whole(path, "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]\n")


def _is_record(entry: Any) -> bool:
    if not isinstance(entry, dict):
        return False
    images, messages = entry.get("images"), entry.get("messages")
    return (
        isinstance(images, list)
        and len(images) == 1
        and isinstance(images[0], str)
        and isinstance(messages, list)
        and len(messages) == 2
        and all(isinstance(turn, dict) and isinstance(turn.get("value"), str) for turn in messages)
    )


def _label(entry: Entry) -> str:
    question, answer = (turn["value"] for turn in entry["messages"])
    return label_expression(answer, task_of(question.replace(IMAGE_TOKEN, "", 1)))
