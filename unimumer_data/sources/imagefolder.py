"""Image folders of Hugging Face ``datasets``: pictures and ``metadata.csv`` or ``metadata.jsonl``.

The metadata stand in the folder of each split, or in the first folder for all splits, whose names the paths then begin
with. Columns are found as in any table: ``file_name`` and the one that holds the LaTeX.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unimumer_data.records.record import Sample

from . import table
from .base import Drop, Source, existing_folder
from .formats.tables import find_one, split_spellings

FILES = ("metadata.jsonl", "metadata.csv")


def read(path: Path, split: str, *, label_column: str = "") -> Iterator[Sample | Drop]:
    """The samples in the order of the metadata."""
    file = _metadata(path, split)
    others = {folder.name for folder in path.iterdir() if folder.is_dir()} - set(split_spellings(split))
    has_splits = file.parent == path and any((path / name).is_dir() for name in split_spellings(split))
    for item in table.read(file, split, image_column="file_name", label_column=label_column):
        if not (has_splits and item.id.partition("__")[0] in others):
            yield item


def count(path: Path, split: str) -> int | None:
    """The number of samples, for the progress bar; None where it is not known."""
    return table.count(_metadata(path, split), split)


def _metadata(path: Path, split: str) -> Path:
    folders = [f"{above}{name}/" for above in ("", "data/") for name in split_spellings(split)]
    names = [folder + name for folder in (*folders, "") for name in FILES]
    return find_one(existing_folder(path), names, "metadata of an image folder")


SOURCE = Source(
    name="imagefolder",
    layout="an image folder of Hugging Face: [train/]metadata.csv or .jsonl (file_name, LaTeX) and pictures",
    read=read,
    count=count,
    licence="that of its dataset card",
    options={"label_column": "column with the LaTeX"},
)
