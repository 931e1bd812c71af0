"""What several readers need: lines of a text file, the picture that belongs to a name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from unimumer_data.errors import SourceError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(line number from 1, text without its line end) of every line that is not blank, UTF-8 with or without a mark.

    A byte that is not UTF-8 becomes a lone surrogate (``surrogateescape``): ``is_text`` tells, so that the reader can
    drop that row and go on.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error


def count_lines(path: Path) -> int | None:
    """Line feeds of a file, which is about how many items it has; None where there is none."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) or None


def is_text(line: str) -> bool:
    """Whether the line was good UTF-8 in its file."""
    return line.isascii() or not any("\ud800" <= char <= "\udfff" for char in line)


def id_of(name: str) -> str:
    """The sample id of a picture's name: its stem, with subfolders kept (``a/1.png`` is ``a__1``).

    A name that leads out of its folder stays as it is; build refuses it as unsafe.

    >>> id_of("18_em_0"), id_of("train_0.jpg"), id_of("../x.png")
    ('18_em_0', 'train_0', '../x.png')
    """
    stem = name[: name.rindex(".")] if name.lower().endswith(IMAGE_SUFFIXES) else name
    parts = stem.split("/")
    if ".." in parts or not parts[0]:
        return name
    return "__".join(part for part in parts if part not in ("", "."))


class PictureFinder:
    """Finds the picture of a name in a folder, whatever the subfolder, the suffix, or WAP's ``_0`` at its end.

    Only the folders are kept in memory; what was right for the last name is tried first for the next.

    Args:
        root: where pictures lie, at any depth.
        hint: words, for instance the name of the table: of several folders those that share a word come first
            (``groundtruth_2014.tsv`` prefers ``test/2014``).
    """

    def __init__(self, root: Path, hint: str = "") -> None:
        words = set(_words(hint))
        folders = []
        for folder, subfolders, files in os.walk(root):
            subfolders.sort()
            if any(name.lower().endswith(IMAGE_SUFFIXES) for name in files):
                folders.append(folder)
        folders.sort(key=lambda folder: -len(words & set(_words(os.path.relpath(folder, root)))))
        tails = [*IMAGE_SUFFIXES, *(suffix.upper() for suffix in IMAGE_SUFFIXES)]
        self._forms = [(folder, tail) for folder in folders for tail in (*tails, *(f"_0{tail}" for tail in tails))]
        self._root = root
        self.folders = folders

    def find(self, name: str) -> Path | None:
        """The picture; None where there is none, or where the name leads out of the folder."""
        if name.startswith("/") or ".." in name.split("/") or "\0" in name:
            return None
        if name.lower().endswith(IMAGE_SUFFIXES):
            for folder in (str(self._root), *self.folders):
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    return Path(path)
        for place, (folder, tail) in enumerate(self._forms):
            path = os.path.join(folder, name + tail)
            if os.path.isfile(path):
                if place:
                    self._forms.insert(0, self._forms.pop(place))
                return Path(path)
        return None


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+|\d+", text.lower())
