"""The picture that a list means by a name: in a subfolder, without its suffix, or by a path of another machine."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from unimumer_data.errors import SourceError

from .tables import IMAGE_SUFFIXES, is_text

FOREIGN = {
    ".avif": "an AVIF picture",
    ".jxl": "a JPEG XL picture",
    ".pdf": "a PDF document",
    ".svg": "an SVG drawing",
    ".eps": "an EPS drawing",
    ".ps": "a PostScript document",
    ".ai": "an Illustrator drawing",
    ".psd": "a Photoshop document",
    ".djvu": "a DjVu document",
    ".dng": "a raw photograph",
    ".cr2": "a raw photograph",
    ".nef": "a raw photograph",
    ".arw": "a raw photograph",
    ".wmf": "a WMF drawing",
    ".emf": "an EMF drawing",
}
"""Suffix -> what it is, of files that hold a picture which cannot be read here."""

_SUFFIXES = (*IMAGE_SUFFIXES, *FOREIGN)
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]|^\\\\")
_PLAIN = re.compile(r"[\w -][\w .-]*").fullmatch  # no folder, drive or address in it
_UPLOAD = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before the name of an upload


class Found(NamedTuple):
    """What was found for a name.

    Args:
        id: of the sample.
        image: the picture, or None.
        fault: why there is none, where more can be said than that it is not there.
    """

    id: str
    image: Path | None
    fault: str = ""


def id_of(name: str) -> str:
    """The sample id of a picture's name: its stem, with subfolders kept (``a/1.png`` is ``a__1``).

    A name that leads out of its folder stays as it is; build refuses it as unsafe.

    >>> id_of("18_em_0"), id_of("train_0.jpg"), id_of("../x.png")
    ('18_em_0', 'train_0', '../x.png')
    """
    stem = name[: name.rindex(".")] if name.lower().endswith(_SUFFIXES) else name
    if _PLAIN(stem):
        return stem
    parts = stem.split("/")
    if ".." in parts or not parts[0]:
        return name
    return "__".join(part for part in parts if part not in ("", "."))


class PictureFinder:
    """Finds the picture of a name in a folder, whatever the subfolder, the suffix, or WAP's ``_0`` at its end.

    Only the folders are kept in memory; what was right for the last name is tried first for the next.

    Args:
        root: where the pictures are, at any depth; nothing outside of it is ever found.
        hint: words, for instance the name of the table: of several folders those that share a word come first
            (``groundtruth_2014.tsv`` prefers ``test/2014``).
        start: folder that relative names with ``..`` count from; the root if not given.

    Raises:
        SourceError: a folder cannot be listed.
    """

    def __init__(self, root: Path, hint: str = "", start: Path | None = None) -> None:
        words = set(_words(hint))
        folders = []
        for folder, _, files in walk(root):
            if any(name.lower().endswith(IMAGE_SUFFIXES) for name in files):
                folders.append(folder)
        folders.sort(key=lambda folder: -len(words & set(_words(os.path.relpath(folder, root)))))
        tails = [*IMAGE_SUFFIXES, *(suffix.upper() for suffix in IMAGE_SUFFIXES)]
        self._forms = [(folder, tail) for folder in folders for tail in (*tails, *(f"_0{tail}" for tail in tails))]
        self._root, self._start = root, start or root
        self.folders = folders
        self._listed: dict[str, list[str]] | None = None
        self._others: set[str] = set()
        self._nowhere = (
            f"there is no picture of that name in {root} or below; correct the name, or write "
            "options={pictures: FOLDER} where the pictures are"
        )

    def look_up(self, name: str) -> Found:
        """The picture of a name as a table has it, and the sample id that goes with it."""
        odd = _oddity(name)
        if odd is None:
            image = self._find(name)
            if image is None and (plain := unquote(name)) != name and self.find(plain):
                return self.look_up(plain)
            return Found(id_of(name), image, "" if image else self._explain(name))
        inside = self._inside(name)
        if inside is not None:
            return Found(id_of(inside), self._root / inside)
        if odd != "leads out of the folder" or not os.path.isfile(self._start / name):
            tails = self._by_tail(name)
            if len(tails) == 1:
                return Found(id_of(tails[0]), self._root / tails[0])
            if len(tails) > 1:
                return Found(name, None, f"{odd}, and {len(tails)} pictures have that name: {', '.join(tails[:3])}")
        return Found(name, None, f"{odd}; write the path from the table's folder, or options={{pictures: FOLDER}}")

    def find(self, name: str) -> Path | None:
        """The picture of a plain name; None where there is none, or where the name leads out of the folder."""
        return None if _oddity(name) else self._find(name)

    def _find(self, name: str) -> Path | None:
        if "\0" in name or not self.folders:
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
        gone = next((folder for folder in self.folders[:8] if not os.path.isdir(folder)), None)
        if gone:
            raise SourceError(f"{gone}: was there and is gone; bring it back, then run the same command again")
        return None

    def _inside(self, name: str) -> str | None:
        """The path below the root, of a name that leads there by ``..`` or from the root of the disk."""
        if not is_text(name) or "\0" in name or _DRIVE.match(name) or "://" in name:
            return None
        path, root = os.path.realpath(self._start / name), os.path.realpath(self._root)
        if os.path.isfile(path) and os.path.commonpath((path, root)) == root:
            return os.path.relpath(path, root).replace(os.sep, "/")
        return None

    def _by_tail(self, name: str) -> list[str]:
        """Paths below the root that end as the name does, by as many folders as possible."""
        parts = _parts(name)
        if not parts or not parts[-1]:
            return []
        for last in dict.fromkeys((parts[-1], _UPLOAD.sub("", parts[-1]))):
            known = {path: path for path in self._names().get(last.lower(), ())}
            if not last.lower().endswith(_SUFFIXES):
                known = {path: os.path.splitext(path)[0] for path in known}
            for length in range(len(parts), 0, -1):
                tail = "/".join([*parts[-length:-1], last])
                fitting = [path for path, name in known.items() if name == tail or name.endswith(f"/{tail}")]
                if fitting:
                    return fitting
        return []

    def _names(self) -> dict[str, list[str]]:
        """Lower-cased file name, and stem, -> paths below the root of pictures of any kind."""
        if self._listed is None:
            listed: defaultdict[str, list[str]] = defaultdict(list)
            for folder, _, files in walk(self._root):
                base = os.path.relpath(folder, self._root).replace(os.sep, "/")
                for name in sorted(files):
                    stem, suffix = os.path.splitext(name.lower())
                    path = name if base == "." else f"{base}/{name}"
                    if suffix in IMAGE_SUFFIXES or suffix in FOREIGN:
                        listed[name.lower()].append(path)
                        listed[stem].append(path)
                    else:
                        self._others.add(path)
            self._listed = dict(listed)
        return self._listed

    def _explain(self, name: str) -> str:
        """What there is instead of the picture, or where it was looked for."""
        names = self._names()
        if not names and name not in self._others:
            return self._nowhere
        last = name.rpartition("/")[2].lower()
        near = names.get(last) or (names.get(os.path.splitext(last)[0]) if "." in last else None)
        if not near and name in self._others:
            return f"is there, but not of a kind that is read ({', '.join(IMAGE_SUFFIXES)}); convert it to PNG or JPEG"
        if not near:
            return self._nowhere
        path, suffix = near[0], os.path.splitext(near[0])[1].lower()
        if not (self._root / path).is_file():
            return f"{path} is no file that can be read, but a pipe, a device or a link that leads nowhere"
        if suffix in FOREIGN:
            return f"{path} is {FOREIGN[suffix]}, which cannot be read; convert it to PNG or JPEG"
        if path.lower() != name.lower() and path.rpartition("/")[2].lower() == last and "/" in name:
            where = "correct it, or write options={pictures: FOLDER}"
            return f"there is no such folder or picture; {path} has that name, but lies elsewhere: {where}"
        if path.rpartition("/")[2].lower() == last:
            return f"there is {path}, with other capital letters; write the name as the file has it"
        return f"there is {path}, of another kind; write the name as the file has it"


def walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Folders, subfolders and files below a folder, in order.

    Raises:
        SourceError: one of them cannot be listed.
    """

    def stop(error: OSError) -> None:
        raise SourceError(f"{error.filename}: cannot be listed: {error.strerror}") from error

    for folder, subfolders, files in os.walk(root, onerror=stop):
        subfolders.sort()
        yield folder, subfolders, files


def _oddity(name: str) -> str | None:
    """What is odd about a path, in words; None for a plain name or a path into subfolders."""
    if _PLAIN(name):
        return None
    if _DRIVE.match(name):
        return "is a path on a Windows drive"
    if "://" in name or name.startswith("data:"):
        return "is an address, not a file here"
    if name.startswith("/data/upload/") or "/data/local-files/" in name:
        return "is a path inside Label Studio"
    if name.startswith(("/", "~")):
        return "is an absolute path outside of the folder of the pictures"
    if "\\" in name:
        return "is written with backslashes, as on Windows, and leads to no picture"
    return "leads out of the folder" if ".." in name.split("/") else None


def _parts(name: str) -> list[str]:
    """The parts of a path of any system, or of an address; without ``..`` and drives."""
    if "://" in name or "/data/local-files/" in name:
        address = urlsplit(name)
        name = parse_qs(address.query).get("d", [unquote(address.path)])[0]
    return [part for part in re.split(r"[\\/]", name) if part not in ("", ".", "..", "~") and not part.endswith(":")]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+|\d+", text.lower())
