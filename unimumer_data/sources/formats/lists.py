"""What readers of label lists share: lines of mixed encodings, pictures listed once, labels matched with pictures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from unimumer_data.errors import SourceError
from unimumer_data.records.record import Sample
from unimumer_data.sources.base import Drop

from .tables import IMAGE_SUFFIXES

VALIDATION = ("valid", "val", "validate", "validation", "dev")
"""Spellings of the validation split; every reader takes any of them."""


def split_spellings(split: str) -> tuple[str, ...]:
    """The split's name, and the other names that makers have for it."""
    return VALIDATION if split in VALIDATION else (split,)


def find_one(folder: Path, names: Iterable[str], what: str) -> Path:
    """The first of the paths that exists.

    Args:
        folder: of the corpus.
        names: paths below it, best first.
        what: it is, for the error.

    Raises:
        SourceError: none does; lists what was looked for.
    """
    wanted = list(names)
    for name in wanted:
        if (folder / name).exists():
            return folder / name
    raise SourceError(f"{folder}: no {what}; looked for {', '.join(wanted)}. Is path= the corpus' own folder?")


def read_lines(path: Path) -> Iterator[tuple[str, str | None]]:
    r"""(line, note) for each line, as UTF-8, or where a line is not, as Latin-1 with the note ``latin-1``.

    Only ``\n`` ends a line: formulas hold form feeds and other characters at which Python would split too.

    Raises:
        SourceError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file):
                raw = raw.removesuffix(b"\n").removesuffix(b"\r")
                if number == 0:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                try:
                    yield raw.decode("utf-8"), None
                except UnicodeDecodeError:
                    yield raw.decode("latin-1"), "latin-1"
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error


def list_images(folder: Path) -> set[str]:
    """Names of the picture files in a folder.

    Raises:
        SourceError: it cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.name.lower().endswith(IMAGE_SUFFIXES)}
    except OSError as error:
        raise SourceError(f"{folder}: cannot be listed: {error.strerror}") from error


def count_lines(path: Path) -> int:
    """Lines that hold something, for the progress bar."""
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


def match_images(rows: Iterable[tuple[str, str, str | None]], folder: Path, split: str) -> Iterator[Sample | Drop]:
    """A sample for each row that has its picture, a drop for each that has not and for each picture without a row.

    Args:
        rows: (file name, label, note).
        folder: of the pictures.
        split: of all of them.
    """
    unused = list_images(folder)
    known = frozenset(unused)
    for name, label, note in rows:
        stem = Path(name).stem
        if name not in known:
            yield Drop(id=stem, reason="no_image", message=f"{folder / name}: no such picture", before=label)
            continue
        unused.discard(name)
        yield Sample(id=stem, label=label, image=folder / name, split=split, note=note)
    for name in sorted(unused):
        yield Drop(id=Path(name).stem, reason="no_label", message=f"{folder / name}: not in the list of labels")
