"""Remove a data set: its folder, and its entries in dataset_info.json.

    unimumer remove NAME [yes=true] [output=FOLDER]

Lists what will go and asks first; yes=true does not ask. Only folders that `unimumer build`, `folds` or `errors` made
are removed: OUTPUT/data/NAME. Corpora and pictures elsewhere stay.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from unimumer_data.errors import ConfigError, OutputError, suggestion
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.tables import show

from .registry import FILE_NAME, permanent, read_registry, remove

MARKS = ("manifest.json", "dropped.jsonl", ".build", "folds")
"""What shows that a folder was made by one of our commands; NAME_errors.json does too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveConfig:
    """Keys of `unimumer remove NAME [key=value ...]`."""

    yes: bool = option(False, "remove without asking")
    output: Path = option(Path(), "folder of data/ and dataset_info.json")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer remove", __doc__, argv, keys=keys_of(RemoveConfig), metavar="NAME | key=value")
    return run_command(lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    names = [word for word in words if "=" not in word]
    if len(names) != 1:
        raise ConfigError("name one data set: unimumer remove NAME")
    config = load_config(RemoveConfig, [word for word in words if "=" in word])
    folder, entries = plan(config.output, names[0])
    show(f"{folder}: {sum(1 for path in folder.rglob('*') if path.is_file())} files")
    show(f"{config.output / FILE_NAME}: {', '.join(entries) or 'no entry'}")
    if not config.yes and not _is_sure():
        show("nothing was removed; answer y, or write yes=true")
        return 1
    remove_set(config.output, names[0])
    show("removed")
    return 0


def plan(root: Path, name: str) -> tuple[Path, list[str]]:
    """What `remove_set` takes away: the folder of a set, and the names of its entries.

    Raises:
        ConfigError: no such set, or a folder that none of our commands made.
    """
    folder = root / "data" / name
    entries = read_registry(root / FILE_NAME)
    if PurePosixPath(name).name != name or name in ("", ".", ".."):
        raise ConfigError(f"{name!r} is no name of a data set; write the name of a folder below {root / 'data'}")
    listed = [one for one, entry in entries.items() if _is_in(entry, name)]
    own = [one for one in listed if one not in permanent(entries)]
    if not folder.is_dir() and not own:
        sets = sorted(path.name for path in (root / "data").glob("*") if path.is_dir())
        raise ConfigError(f"{folder}: no such data set{suggestion(name, sets)}. Known: {', '.join(sets) or 'none'}")
    made = any((folder / mark).exists() for mark in MARKS) or any(folder.glob("*_errors.json"))
    if folder.is_dir() and (folder.is_symlink() or not made):
        raise ConfigError(f"{folder}: was not made by build, folds or errors; remove it by hand")
    return folder, own


def remove_set(root: Path, name: str) -> None:
    """Remove a data set: first its entries, so that no entry is left without its file.

    Names that recipes use stay in the project's own dataset_info.json.

    Raises:
        ConfigError: as `plan`.
        OutputError: it cannot be removed.
    """
    folder, entries = plan(root, name)
    remove(root / FILE_NAME, entries)
    try:
        if folder.is_dir():
            shutil.rmtree(folder)
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: cannot be removed ({error.strerror})") from error


def _is_in(entry: Mapping[str, Any], name: str) -> bool:
    file_name = entry.get("file_name")
    return isinstance(file_name, str) and PurePosixPath(file_name).parts[:2] == ("data", name)


def _is_sure() -> bool:
    """Whether the person at the terminal agrees; where there is none, nobody does."""
    if not sys.stdin.isatty():
        return False
    return input("Remove them? [y/N] ").strip().lower() in ("y", "yes")
