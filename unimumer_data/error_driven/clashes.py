"""Names of an error corpus that something else has: a corpus of another data set, or a data set of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from unimumer_data.errors import ConfigError
from unimumer_data.records.registry import FILE_NAME, read_registry
from unimumer_data.support.files import read_text
from unimumer_data.support.plain_json import parse_json


def refuse_clashes(root: Path, names: Iterable[str], folder: str, manifest: Path, data: str | None) -> None:
    """Refuse to write over what another command has made.

    Args:
        root: folder of dataset_info.json.
        names: data sets that will be entered there.
        folder: of their files, below ``root``.
        manifest: of the corpus.
        data: the set that the corpus is made for.

    Raises:
        ConfigError: an entry of dataset_info.json names another file, or the corpus is there and of another set.
    """
    entries = read_registry(root / FILE_NAME)
    for name in names:
        file = f"{folder}/{name}.json"
        there = entries.get(name, {}).get("file_name", file)
        if there != file:
            raise ConfigError(f"{name!r} is a data set already ({there}); choose another name=...")
    earlier = _data_of(manifest)
    if earlier is not None and earlier != (data or ""):
        whose = f"of the data set {earlier!r}" if earlier else "made without a data set"
        raise ConfigError(f"{manifest}: a corpus {whose} has this name; choose another name=..., or remove it first")


def _data_of(manifest: Path) -> str | None:
    """The set that a corpus was made for, empty if for none; None where there is no readable manifest."""
    try:
        return str(parse_json(read_text(manifest))["config"]["data"] or "")
    except (OSError, ValueError, KeyError, TypeError):
        return None
