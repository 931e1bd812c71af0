"""The contamination ledger: which system has seen which test set in training, how much of it, and how that is known.

A YAML file, one row an item, so that it can be read, reviewed and cited. The leaderboard puts the rows of a listed
system and test set below all others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from unimumer_data.errors import ConfigError
from unimumer_data.support.config import make_config
from unimumer_data.support.files import read_text, write_whole

from .overlap import Overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class Contamination:
    """What is known of one system and one test set.

    Args:
        system: as the leaderboard calls it.
        set: name of the test set.
        share: percent of the test set that the training data holds; None where it is not known.
        by: what was compared: ``pictures``, ``labels`` (nothing else of the training set is known), ``reported`` (by
            others, not measured here) or ``suspected`` (nothing was compared).
        found: how the share was found, one sentence.
        source: where this can be checked.
    """

    system: str
    set: str
    share: float | None = None
    by: str = "pictures"
    found: str
    source: str


def read_ledger(path: Path) -> list[Contamination]:
    """The rows of a ledger; none where the file is not there.

    Raises:
        ConfigError: the file is not a list of rows; names the row.
    """
    if not path.exists():
        return []
    try:
        content: Any = yaml.safe_load(read_text(path)) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise ConfigError(f"{path}: must be a list of rows with system, set, share, by, found and source")
    return [make_config(Contamination, row, origin=f"{path}, row {n}") for n, row in enumerate(content, 1)]


def row_of(overlap: Overlap, *, system: str, source: str) -> Contamination:
    """The row of a test set (a) that was held against the training data (b) of a system.

    By pictures where both sets have them: the same pixels, or the same label in a picture that looks alike.
    """
    by_pictures = bool(overlap.pictures_a and overlap.pictures_b)
    count = max(overlap.pixels, overlap.both) if by_pictures else overlap.label_a
    return Contamination(
        system=system,
        set=overlap.a,
        share=round(100 * count / max(overlap.size_a, 1), 1),
        by="pictures" if by_pictures else "labels",
        found=f"unimumer overlap: {count} of {overlap.size_a} test samples occur in {overlap.b}.",
        source=source,
    )


def add_row(path: Path, row: Contamination) -> None:
    """Write a row into a ledger; it replaces the row of the same system and set. Comments in the file are lost."""
    kept = [one for one in read_ledger(path) if (one.system, one.set) != (row.system, row.set)]
    write_ledger(path, [*kept, row])


def write_ledger(path: Path, rows: Iterable[Contamination]) -> None:
    """Write a whole ledger, sorted by system and set."""
    ordered = sorted(rows, key=lambda row: (row.system, row.set))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, yaml.safe_dump([asdict(row) for row in ordered], sort_keys=False, allow_unicode=True))
