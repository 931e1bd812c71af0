"""UniMER: ``train.txt`` (a formula a line) and ``images/0000000.png``, the stem being the line number from 0.

The published UniMER-1M has 986,122 pictures for 1,061,791 lines: 75,669 lines have no picture, and each of them comes
back as a drop. The test set is one pair a kind: ``spe.txt`` and ``spe/``. Source: UniMERNet, arXiv 2404.15254.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from unimumer_data.errors import SourceError
from unimumer_data.records.record import Sample

from .base import Drop, Source, existing_folder
from .formats.tables import IMAGE_SUFFIXES, find_one, read_lines

KINDS = ("spe", "cpe", "sce", "hwe")
"""Simple printed, complex printed, screen capture, handwritten."""


def read(path: Path, split: str, *, kind: str = "") -> Iterator[Sample | Drop]:
    """Samples in the order of the lines; memory does not grow with the corpus.

    Args:
        kind: for the test set, which of `KINDS`.

    Raises:
        SourceError: no label file or pictures, or pictures whose names are not numbers.
    """
    labels, images = _files(path, split, kind)
    width, suffix = _naming(images)
    count = 0
    for count, line, replaced in read_lines(labels):
        stem = f"{count - 1:0{width}d}"
        image = images / f"{stem}{suffix}"
        if image.is_file():
            yield Sample(id=stem, label=line.strip(), image=image, split=split, replaced=replaced)
        else:
            yield Drop(id=stem, reason="no_image", message=f"{image}: no such picture", before=line)
    for name in sorted(_unlabelled(images, count, width, suffix)):
        message = f"{images / name}: {labels.name} has no such line"
        yield Drop(id=Path(name).stem, reason="no_label", message=message)


def _files(path: Path, split: str, kind: str) -> tuple[Path, Path]:
    existing_folder(path)
    if kind:
        if kind not in KINDS:
            raise SourceError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        return find_one(path, [f"{kind}.txt"], "label file"), find_one(path, [kind], "folder of pictures")
    if (path / "spe.txt").exists():
        raise SourceError(f"{path}: is the test set; write kind=spe, cpe, sce or hwe")
    return find_one(path, [f"{split}.txt"], "label file"), find_one(path, ["images", split], "folder of pictures")


def _naming(images: Path) -> tuple[int, str]:
    """(digits, suffix) of the picture names, from the first one."""
    with os.scandir(images) as entries:
        for entry in entries:
            stem, suffix = os.path.splitext(entry.name)
            if stem.isdecimal() and suffix.lower() in IMAGE_SUFFIXES:
                return len(stem), suffix
    raise SourceError(f"{images}: no picture named by a line number, such as 0000000.png")


def _unlabelled(images: Path, lines: int, width: int, suffix: str) -> Iterator[str]:
    with os.scandir(images) as entries:
        for entry in entries:
            stem, ending = os.path.splitext(entry.name)
            if ending.lower() not in IMAGE_SUFFIXES:
                continue
            if not (stem.isdecimal() and len(stem) == width and ending == suffix and int(stem) < lines):
                yield entry.name


SOURCE = Source(
    name="unimer",
    layout="train.txt and images/0000000.png (stem = line number from 0); test: spe.txt and spe/",
    read=read,
    licence="Apache-2.0 as published; its parts keep their own terms",
    package="https://huggingface.co/datasets/wanderkid/UniMER_Dataset",
    options={"kind": "of the test set: spe, cpe, sce or hwe"},
)
