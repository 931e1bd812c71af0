"""Record files that build has written: read back, sampled from, and written again beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unimumer_data.errors import RecordError
from unimumer_data.support.files import write_whole

from . import registry
from .reading import Parts, label_of, parts_of, read_records

Entry = Mapping[str, Any]  # a record as JSON has it


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """A registered data set.

    Args:
        name: in dataset_info.json.
        path: of its file.
        entries: its records, each of one picture.
        parts: the same, taken apart.
    """

    name: str
    path: Path
    entries: list[Entry]
    parts: list[Parts]

    def ids(self) -> list[str]:
        """Sample ids: the file stems of the pictures."""
        return [one.id for one in self.parts]

    def labels(self) -> list[str]:
        """The expressions that the answers come to.

        Raises:
            RecordError: records that hold no label.
        """
        return [label_of(entry, f"{self.path}, record {number}") for number, entry in enumerate(self.entries)]

    def expressions(self) -> list[str]:
        """What the answers come to: the labels, or of error detection the marked candidates."""
        return [one.expression or "" for one in self.parts]

    def images(self) -> list[str]:
        """Paths of the pictures, as the records have them."""
        return [one.image for one in self.parts]


def read_set(root: Path, name: str) -> RecordFile:
    """Read a registered data set.

    Args:
        root: folder of dataset_info.json.
        name: of the data set.

    Raises:
        ConfigError: no such name, or its file is not here.
        RecordError: its file holds no records, or others than of one picture.
    """
    name, path = registry.find_record_file(name, root)
    records: list[Entry] = []
    taken_apart: list[Parts] = []
    for record, place in read_records(path):
        parts = parts_of(record)
        if parts.fault or parts.answer is None or len(parts.images) != 1:
            raise RecordError(f"{place}: expected one image, a human turn and an answer, found {record!r:.80}")
        records.append(record)
        taken_apart.append(parts)
    if not records:
        raise RecordError(f"{path}: must be an array of records")
    return RecordFile(name=name, path=path, entries=records, parts=taken_apart)


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
