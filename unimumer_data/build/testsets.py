"""The test sets that were built, as the guard of a training set needs them: a fingerprint for each sample.

A guard that does not know a test set any more would let its samples into training. Hence a set whose manifest or
fingerprints are gone or damaged stops the build of a training set, and so do shards of which one is missing; without a
manifest any set may be a test set. Shards and the set that is joined from them are one test set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from unimumer_data.errors import OutputError
from unimumer_data.health.fingerprints import Fingerprint
from unimumer_data.health.leaks import Guard
from unimumer_data.support.files import read_bytes, read_text

from . import manifest
from .config import is_shard, parse_shard
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
        lines = read_text(path).split("\n")[:-1]
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


def built_test_sets(data: Path, *, but: str) -> dict[str, list[Path]]:
    """Name -> files of fingerprints of each test set below the folder ``data``, except the set ``but``.

    Raises:
        OutputError: a test set whose fingerprints or manifest are gone or damaged, or that lacks a shard; or a set
            without a manifest.
    """
    found: dict[str, list[Path]] = {}
    shards: dict[str, dict[str, dict[str, Any]]] = {}
    for folder in sorted(data.iterdir()) if data.is_dir() else ():
        if folder.name == but or not manifest.is_of_build(folder):
            continue
        try:
            content = _test_set(folder)
        except OutputError:  # unless its files are just taking their places
            with SetLock(folder):
                content = _test_set(folder)
        if content is None:
            continue
        shard = str(content["config"].get("shard") or "")
        if shard and not is_shard(shard):
            raise _closed(folder / manifest.FILE_NAME, "is damaged", None)
        name = _whole_name(folder.name, shard)
        found.setdefault(name, []).append(folder / FILE_NAME)
        shards.setdefault(name, {})[shard] = content
    for name, parts in shards.items():
        _expect_all(data / name, parts)
    return found


def _test_set(folder: Path) -> dict[str, Any] | None:
    """The manifest of a test set; None of any other set."""
    path, manifest_path = folder / FILE_NAME, folder / manifest.FILE_NAME
    content = manifest.read(folder)
    if content is None:
        raise _closed(manifest_path, "is damaged" if manifest_path.exists() else "is gone", None)
    if content["config"].get("split") != TEST:
        return None
    if not path.is_file():
        raise _closed(path, "is gone", content)
    if sha256(read_bytes(path)).hexdigest() != content["files"].get(FILE_NAME, {}).get("sha256"):
        raise _closed(path, "is damaged", content)
    return content


def _whole_name(name: str, shard: str) -> str:
    """The name of the set that a shard is of: ``t_1of2`` is of ``t``."""
    return name.removesuffix(f"_{shard.replace('/', 'of')}") if shard else name


def _expect_all(folder: Path, parts: Mapping[str, dict[str, Any]]) -> None:
    """Check that the set itself is there, or each of its shards.

    Args:
        folder: of the set.
        parts: shard -> its manifest; the set itself is the shard "".
    """
    absent = []
    for count in {parse_shard(shard)[1] for shard in parts if shard}:
        wanted = (f"{index}/{count}" for index in range(1, count + 1))
        absent.append(next((shard for shard in wanted if shard not in parts), ""))
    if "" in parts or not all(absent):
        return
    shard, (_, content) = min(absent), min(parts.items())
    path = folder.with_name(f"{folder.name}_{shard.replace('/', 'of')}") / FILE_NAME
    name = path.parent.name
    raise _closed(path, "is missing", {"config": {**content["config"], "shard": shard, "name": name}})


def fingerprints_of(files: Iterable[Path]) -> list[Fingerprint]:
    """The fingerprints of a test set in an order that does not depend on its shards, each once."""
    return sorted({one for file in files for one in read_lines(file)}, key=write_line)


def digest_of(files: Iterable[Path]) -> str:
    """A hash of `fingerprints_of` the files."""
    return sha256("\n".join(map(write_line, fingerprints_of(files))).encode()).hexdigest()[:16]


def guard_of(tests: Mapping[str, Iterable[Path]], *, by_label: bool = False) -> Guard:
    """A guard that knows these test sets; ``by_label``: an equal label alone is a leak."""
    return Guard([(name, fingerprints_of(files)) for name, files in tests.items()], by_label=by_label)


def _closed(path: Path, what: str, content: dict[str, Any] | None) -> OutputError:
    config = content["config"] if content else {}
    source, place = config.get("source") or "...", config.get("path") or "..."
    name, shard = str(config.get("name") or path.parent.name), str(config.get("shard") or "")
    which = "this test set" if content else "this set, if it is a test set,"
    command = f"unimumer build source={source} path={place} name={_whole_name(name, shard)} split={TEST}"
    command += f" shard={shard}" if shard else ""
    rest = path.parent if path.parent.exists() else "its other shards"
    return OutputError(
        f"{path}: {what}, so that samples of {which} cannot be kept out of training. Build it again: {command}; "
        f"or remove {rest}; or write guard=keep"
    )
