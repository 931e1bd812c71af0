"""What readers of label lists share: lines in any encoding, splits, and pictures matched with names.

A byte that is not UTF-8 has one rule: its line is decoded as Latin-1, which never fails, and the sample that comes of
it carries a `Replacement`, so that build lists it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from unimumer_data.errors import SourceError
from unimumer_data.records.record import Replacement, Sample
from unimumer_data.sources.base import VALIDATION, Drop, existing_folder
from unimumer_data.support.files import regular

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".heic", ".heif")

_WIDE = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16
_BLOCK = 1 << 20


class Line(NamedTuple):
    """A line of a label file.

    Args:
        number: from 1.
        text: without its line end.
        replaced: says so where the line was not UTF-8.
    """

    number: int
    text: str
    replaced: tuple[Replacement, ...] = ()


def split_spellings(split: str) -> tuple[str, ...]:
    """The split's name, and the other names that makers have for it."""
    return VALIDATION if split in VALIDATION else (split,)


def read_lines(path: Path) -> Iterator[Line]:
    r"""Every line of a text file, blank ones too.

    Only ``\n`` ends a line: formulas hold form feeds and other characters at which Python would split too. In a file
    without any, ``\r`` does.

    Raises:
        SourceError: the file cannot be read, or is UTF-16.
    """
    try:
        with open(path, "rb", opener=regular) as file:
            start = file.read(_BLOCK)
            if start.startswith(_WIDE):
                raise SourceError(f"{path}: is UTF-16; save it as UTF-8")
            file.seek(0)
            old = b"\r" in start and b"\n" not in start
            lines: Iterable[bytes] = file.read().split(b"\r") if old else file
            for number, raw in enumerate(lines, 1):
                raw = raw.removesuffix(b"\n").removesuffix(b"\r")
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                text, replaced = decode(raw, f"{path.name}:{number}")
                yield Line(number, text, replaced)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error


def decode(raw: bytes, place: str) -> tuple[str, tuple[Replacement, ...]]:
    r"""The text of some bytes, and where they are not UTF-8 what was done.

    >>> decode(b"a \xb1 b", "labels.txt:3")[0]
    'a ± b'
    """
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        before = raw.decode("utf-8", "backslashreplace")
        message = f"{place}: not UTF-8, read as Latin-1"
        return raw.decode("latin-1"), (Replacement(reason="encoding", message=message, before=before),)


def count_lines(path: Path) -> int | None:
    """Lines that hold something, which is about how many items a file has; None if there is one line at most."""
    with open(path, "rb", opener=regular) as file:
        count = sum(1 for line in file if line.strip())
    return count if count > 1 else None


def is_text(line: str) -> bool:
    """Whether the text is valid Unicode, without the lone surrogates that JSON can hold."""
    return line.isascii() or not any("\ud800" <= char <= "\udfff" for char in line)


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


def single_file(path: Path, suffixes: str | tuple[str, ...], what: str) -> Path:
    """The path itself, or the one file of its folder that ends so.

    Raises:
        SourceError: there is none, or there are several.
    """
    if path.is_file():
        return path
    files = sorted(file for file in existing_folder(path).iterdir() if file.name.lower().endswith(suffixes))
    if len(files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise SourceError(f"{path}: one {what} is needed, found {found}; write path=FILE")
    return files[0]


def list_images(folder: Path) -> set[str]:
    """Names of the picture files in a folder.

    Raises:
        SourceError: it cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            return {e.name for e in entries if e.name.lower().endswith(IMAGE_SUFFIXES) and e.is_file()}
    except OSError as error:
        raise SourceError(f"{folder}: cannot be listed: {error.strerror}") from error


def match_images(
    rows: Iterable[tuple[str, str, tuple[Replacement, ...]]], folder: Path, split: str
) -> Iterator[Sample | Drop]:
    """A sample for each row that has its picture, a drop for each that has not and for each picture without a row.

    Args:
        rows: (file name, label, what was replaced).
        folder: of the pictures.
        split: of all of them.
    """
    unused = list_images(folder)
    known = frozenset(unused)
    for name, label, replaced in rows:
        stem = Path(name).stem
        if name not in known:
            yield Drop(id=stem, reason="no_image", message=f"{folder / name}: no such picture", before=label)
            continue
        unused.discard(name)
        yield Sample(id=stem, label=label, image=folder / name, split=split, replaced=replaced)
    for name in sorted(unused):
        yield Drop(id=Path(name).stem, reason="no_label", message=f"{folder / name}: not in the list of labels")
