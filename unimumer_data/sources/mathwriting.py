"""MathWriting: ``{train,valid,test,symbols,synthetic}/<16 hex digits>.inkml``, channels X Y T.

Source: google-research/mathwriting (arXiv 2404.10690). The label to train on is the annotation `normalizedLabel`; the
isolated symbols only have `label`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from unimumer_data.errors import SourceError
from unimumer_data.records.record import Replacement, Sample

from .base import Drop, Source, existing_folder
from .formats.tables import find_one, split_spellings

if TYPE_CHECKING:
    from unimumer_data.ink import Ink

SPLITS = ("train", "valid", "test", "symbols", "synthetic")


def read(path: Path, split: str) -> Iterator[Sample | Drop]:
    """Samples in the order of their names; the labels stand in the ink files.

    Raises:
        SourceError: no folder of that split, or no `.inkml` file in it.
    """
    folder = _folder(path, split)
    names = sorted(one.name for one in os.scandir(folder) if one.name.lower().endswith(".inkml") and one.is_file())
    if not names:
        raise SourceError(f"{folder}: no .inkml file in it")
    for name in names:
        yield Sample(id=Path(name).stem, label="", ink=folder / name, split=split)


def ink_label(ink: Ink) -> tuple[str, tuple[Replacement, ...]]:
    """The normalised label; ``label`` where there is no other, as the isolated symbols have it."""
    return ink.annotations.get("normalizedLabel", "").strip() or ink.annotations.get("label", "").strip(), ()


def _folder(path: Path, split: str) -> Path:
    existing_folder(path)
    if path.name in split_spellings(split):
        return path
    return find_one(
        path, split_spellings(split), f"folder of the split {split!r} (MathWriting has {', '.join(SPLITS)})"
    )


SOURCE = Source(
    name="mathwriting",
    layout="{train,valid,test,symbols,synthetic}/*.inkml",
    read=read,
    licence="CC BY-NC-SA 4.0",
    package="https://storage.googleapis.com/mathwriting_data/mathwriting-2024.tgz (2.9 GB)",
    conventions="mathwriting",
    ink_label=ink_label,
    splits=("symbols", "synthetic"),
    count=lambda path, split: sum(entry.name.endswith(".inkml") for entry in os.scandir(_folder(path, split))),
)
