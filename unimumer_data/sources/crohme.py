"""CROHME 2011-2019 and any other folder of InkML files, at any depth.

The label is the truth annotation; where that is damaged, the MathML layout of the same file (``ink.py`` tells).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import SourceError
from ..records import Sample
from .base import Source, existing_folder, unique_ids


def _files(path: Path) -> list[Path]:
    return [file for file in existing_folder(path).rglob("*") if file.suffix.lower() == ".inkml" and file.is_file()]


def read(path: Path, split: str) -> Iterator[Sample]:
    """The ink of a folder; ids are file stems."""
    files = _files(path)
    if not files:
        raise SourceError(f"{path}: holds no .inkml file, at any depth; write path=... where the InkML files lie")
    for sample_id, file in unique_ids(path, files):
        yield Sample(id=sample_id, label="", ink=file, split=split)


def count(path: Path, split: str) -> int:
    return len(_files(path))


SOURCE = Source(
    name="crohme-inkml",
    layout="a folder of .inkml files, at any depth (CROHME 2011-2019, or your own ink)",
    read=read,
    count=count,
    conventions="crohme",
    licence="CROHME: CC BY-NC-SA 3.0, non-commercial research",
)
