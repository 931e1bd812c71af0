"""The test sets that were built, as the guard of a training set needs them: a fingerprint for each sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unimumer_data.errors import OutputError
from unimumer_data.health.overlap import Fingerprint, Guard

from . import manifest

FILE_NAME = "fingerprints.tsv"
TEST = "test"


def write_line(own: Fingerprint) -> str:
    """A line of ``fingerprints.tsv``: id, hash of the pixels, look, label in the strict form."""
    pixels = own.pixels.hex() if own.pixels is not None else ""
    look = f"{own.look:032x}" if own.look is not None else ""
    return "\t".join((own.id, pixels, look, own.label))


def read_lines(path: Path) -> Iterator[Fingerprint]:
    """The fingerprints that `write_line` wrote.

    Raises:
        OutputError: a damaged file; tells to build the set again.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], 1):
        try:
            sample_id, pixels, look, label = line.split("\t")
            yield Fingerprint(
                id=sample_id,
                label=label,
                pixels=bytes.fromhex(pixels) if pixels else None,
                look=int(look, 16) if look else None,
            )
        except ValueError:
            raise OutputError(f"{path}:{number}: damaged; remove {path.parent} and build the test set again") from None


def built_test_sets(data: Path, *, but: str) -> dict[str, Path]:
    """Name -> fingerprints of each test set below the folder ``data``, except the set ``but``."""
    found = {}
    for path in sorted(data.glob(f"*/{FILE_NAME}")):
        content = manifest.read(path.parent)
        if content and content["config"]["split"] == TEST and path.parent.name != but:
            found[path.parent.name] = path
    return found


def guard_of(tests: dict[str, Path]) -> Guard:
    """A guard that knows these test sets."""
    return Guard([(name, list(read_lines(path))) for name, path in tests.items()])
