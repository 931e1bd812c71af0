"""What a build says about itself: what went in, what came out, what was left out and why. Same input, same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b, sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import PIL

import unimumer_data
from unimumer_data import __version__
from unimumer_data.latex.conventions import VERSION as CANONICAL_FORM
from unimumer_data.sources.base import Drop, is_safe_id
from unimumer_data.support.files import read_text

from .worker import Item, Result

FILE_NAME = "manifest.json"
DROPPED = "dropped.jsonl"
FINGERPRINTS = "fingerprints.tsv"
OWN_LISTS = (DROPPED, FINGERPRINTS)  # beside the manifest, in the folder of a set


@dataclass(slots=True)
class Tally:
    """Running totals of a build; grows chunk by chunk, and is kept in the checkpoint.

    Args:
        read: samples that came from the corpus.
        kept: samples that have records.
        dropped, repaired, noted: reason -> samples.
        images: pictures written.
        image_digest: chained hash of their bytes.
    """

    read: int = 0
    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)
    images: int = 0
    image_digest: str = ""

    def add(self, items: int, result: Result) -> None:
        """Count a chunk of ``items`` samples."""
        self.add_changes((change.action, change.reason) for change in result.changes)
        self.read += items
        self.kept += items - sum(change.action == "dropped" for change in result.changes)
        self.images += result.images
        self.image_digest = chain(self.image_digest, result.image_digest.encode())

    def add_changes(self, changes: Iterable[tuple[str, str]]) -> None:
        """Count (action, reason) of lines of ``dropped.jsonl``."""
        counts = self.counts
        for action, reason in changes:
            counts[action][reason] = counts[action].get(reason, 0) + 1

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Action -> reason -> samples."""
        return {"dropped": self.dropped, "repaired": self.repaired, "noted": self.noted}


def chain(previous: str, data: bytes) -> str:
    """A hash of all data so far, which can be continued from its own text."""
    return blake2b(previous.encode() + b"\0" + data, digest_size=16).hexdigest()


def describe(item: Item, *, pictures: bool, copy: Path | None = None) -> bytes:
    """What says whether a sample is the same as in an earlier run: its text, and its file's size, time and mode.

    Args:
        pictures: whether the build reads picture files.
        copy: of a corpus in a store, which says nothing about a sample.
    """
    if isinstance(item, Drop):
        return f"{item.id}\0{item.reason}\0{item.message}\0{item.before}".encode("utf-8", "surrogatepass")
    text = f"{item.id}\0{item.label}\0{item.split}\0{item.replaced}\0{item.absent}"
    file = item.ink or (item.image if pictures else None)
    if file is not None:
        try:
            stat = file.stat()
            shown = file.relative_to(copy) if copy and file.is_relative_to(copy) else file
            text += f"\0{shown}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_mode}"
        except OSError:
            text += f"\0{file}\0unreadable"
    if item.writing is not None:
        text += f"\0{item.writing.digest}\0{item.writing.seed}"
    packed = blake2b(item.pixels, digest_size=16).digest() if item.pixels and pictures else b""
    return text.encode("utf-8", "surrogatepass") + packed


@cache
def code_digest() -> str:
    """Hash of this package's source, so that a changed converter is not taken for unchanged data."""
    digest = sha256()
    package = Path(unimumer_data.__file__).parent
    for file in sorted(package.rglob("*.py")):
        digest.update(str(file.relative_to(package)).encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def versions() -> dict[str, Any]:
    """Of all that decides over the bytes of a build."""
    found = {"unimumer": __version__, "canonical_form": CANONICAL_FORM, "pillow": PIL.__version__}
    with suppress(PackageNotFoundError):  # without it HEIC pictures are dropped
        found["pillow_heif"] = version("pillow-heif")
    return found


def build_key(config: Mapping[str, Any]) -> str:
    """Hash of configuration, code and versions: builds of the same key and input give the same bytes."""
    parts = {"config": config, "versions": versions(), "code": code_digest()}
    return sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def file_facts(path: Path, *, array: bool) -> dict[str, Any]:
    """What is in a finished file, read back from the disk.

    Args:
        array: a JSON array with a record on each line, and a bracket on the first and the last; else a list of lines.
    """
    digest, lines, size = sha256(), 0, 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            lines += block.count(b"\n")
            size += len(block)
    return {"records": max(0, lines - 2) if array else lines, "bytes": size, "sha256": digest.hexdigest()}


def list_pictures(folder: Path) -> dict[str, Any]:
    """How many pictures a folder holds, and a hash of their names and sizes."""
    try:
        with os.scandir(folder) as entries:
            return listing_of((entry.name, entry.stat().st_size) for entry in entries)
    except FileNotFoundError:
        return listing_of(())


def listing_of(pictures: Iterable[tuple[str, int]]) -> dict[str, Any]:
    """How many pictures there are, and a hash of their names and sizes."""
    found = sorted(f"{name}\0{size}" for name, size in pictures)
    listing = blake2b("\0\0".join(found).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    return {"count": len(found), "listing": listing}


def make(
    *,
    config: Mapping[str, Any],
    tally: Tally,
    inputs: Mapping[str, Any],
    files: Mapping[str, Any],
    images: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of ``manifest.json``. It names no time and no machine."""
    return {
        "config": dict(config),
        "versions": versions(),
        "code": code_digest(),
        "key": build_key(config),
        "inputs": dict(inputs),
        "samples": {
            "read": tally.read,
            "kept": tally.kept,
            "dropped": tally.read - tally.kept,
            "repaired": sum(tally.repaired.values()),
        },
        "dropped": dict(sorted(tally.dropped.items())),
        "repaired": dict(sorted(tally.repaired.items())),
        "noted": dict(sorted(tally.noted.items())),
        "images": {**images, "digest": tally.image_digest},
        "files": dict(files),
    }


def read(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder that build wrote; None where there is none."""
    try:
        content = json.loads(read_text(folder / FILE_NAME))
    except (OSError, ValueError, RecursionError):
        return None
    return content if _is_whole(content) else None


def is_of_build(folder: Path) -> bool:
    """Whether a folder has a file that only build writes, so that a manifest belongs there, whatever became of it."""
    return any((folder / name).exists() for name in (FILE_NAME, *OWN_LISTS))


def was_built(folder: Path) -> bool:
    """Whether build has made the folder, even if its manifest is gone or damaged."""
    try:
        content = json.loads(read_text(folder / FILE_NAME))
    except (OSError, ValueError, RecursionError):
        return any((folder / name).exists() for name in OWN_LISTS)
    return isinstance(content, dict) and "key" in content


_SHAPE: Mapping[str, type] = {
    "key": str,
    "config": dict,
    "inputs": dict,
    "samples": dict,
    "dropped": dict,
    "repaired": dict,
    "images": dict,
    "files": dict,
}


def _is_whole(content: Any) -> bool:
    """Whether it has the parts that `make` writes; a manifest is a file that anybody may have put there."""
    if not isinstance(content, dict) or not all(isinstance(content.get(key), kind) for key, kind in _SHAPE.items()):
        return False
    counts = [content["samples"].get("read"), content["samples"].get("kept"), content["images"].get("count")]
    return all(isinstance(count, int) for count in counts) and all(
        isinstance(facts, dict) for facts in content["files"].values()
    )


def own_files(manifest: Mapping[str, Any]) -> list[str]:
    """The files that a manifest names, as far as they are in its own folder."""
    return [name for name in manifest["files"] if is_safe_id(name)]


def is_intact(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether the files and pictures of a manifest are all there and unchanged."""
    if len(own_files(manifest)) < len(manifest["files"]):
        return False
    for name, facts in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != facts.get("bytes"):
            return False
        if file_facts(path, array=False)["sha256"] != facts.get("sha256"):
            return False
    images = manifest["images"]
    return list_pictures(folder / "images") == {"count": images["count"], "listing": images.get("listing")}
