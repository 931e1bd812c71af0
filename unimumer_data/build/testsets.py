"""The test sets that were built, as the guard of a training set needs them: a fingerprint for each sample.

A guard that does not know a test set any more would let its samples into training. Hence a set whose manifest or
fingerprints are gone or damaged stops the build of a training set; without a manifest any set may be a test set.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from unimumer_data.errors import OutputError
from unimumer_data.health.fingerprints import Fingerprint
from unimumer_data.health.leaks import Guard

from . import manifest
from .lock import SetLock

FILE_NAME = manifest.FINGERPRINTS
TEST = "test"


def write_line(own: Fingerprint) -> str:
    """A line of ``fingerprints.tsv``: id, hash of the pixels, perceptual hash, label in the strict form."""
    pixels = own.pixels.hex() if own.pixels is not None else ""
    look = f"{own.look:032x}" if own.look is not None else ""
    return "\t".join((own.id, pixels, look, own.label))


def read_lines(path: Path) -> Iterator[Fingerprint]:
    """The fingerprints that `write_line` wrote.

    Raises:
        OutputError: a damaged file; says how to build the set again.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise _closed(path, f"cannot be read ({error})", None) from error
    for number, line in enumerate(lines, 1):
        try:
            sample_id, pixels, look, label = line.split("\t")
            yield Fingerprint(
                id=sample_id,
                label=label,
                pixels=bytes.fromhex(pixels) if pixels else None,
                look=int(look, 16) if look else None,
            )
        except ValueError:
            raise _closed(path, f"is damaged in line {number}", None) from None


def built_test_sets(data: Path, *, but: str) -> dict[str, Path]:
    """Name -> fingerprints of each test set below the folder ``data``, except the set ``but``.

    Raises:
        OutputError: a test set whose fingerprints or manifest are gone or damaged, or a set without a manifest.
    """
    found = {}
    for folder in sorted(data.iterdir()) if data.is_dir() else ():
        if folder.name == but or not manifest.is_of_build(folder):
            continue
        try:
            path = _prints_of(folder)
        except OutputError:  # unless its files are just taking their places
            with SetLock(folder):
                path = _prints_of(folder)
        if path:
            found[folder.name] = path
    return found


def _prints_of(folder: Path) -> Path | None:
    """The fingerprints of a set, None if it is no test set."""
    path, manifest_path = folder / FILE_NAME, folder / manifest.FILE_NAME
    content = manifest.read(folder)
    if content is None:
        raise _closed(manifest_path, "is damaged" if manifest_path.exists() else "is gone", None)
    if content["config"].get("split") != TEST:
        return None
    if not path.is_file():
        raise _closed(path, "is gone", content)
    if sha256(path.read_bytes()).hexdigest() != content["files"].get(FILE_NAME, {}).get("sha256"):
        raise _closed(path, "is damaged", content)
    return path


def guard_of(tests: dict[str, Path]) -> Guard:
    """A guard that knows these test sets."""
    return Guard([(name, list(read_lines(path))) for name, path in tests.items()])


def _closed(path: Path, what: str, content: dict[str, Any] | None) -> OutputError:
    config = content["config"] if content else {}
    source, place = config.get("source") or "...", config.get("path") or "..."
    name = config.get("name") or path.parent.name
    which = "this test set" if content else "this set, if it is a test set,"
    command = f"unimumer build source={source} path={place} name={name} split={TEST}"
    return OutputError(
        f"{path}: {what}, so that samples of {which} cannot be kept out of training. Build it again: {command}; "
        f"or remove {path.parent}; or write guard=keep"
    )
