"""Export a data set for another tool.

    unimumer export set=NAME format=parquet output=FOLDER

The folder is made, and is whole or absent. Pictures are copied as build has written them.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unimumer_data.errors import ConfigError, OutputError, suggestion
from unimumer_data.support.commandline import entry, keys_of, read_words, run_command
from unimumer_data.support.config import REQUIRED, load_config, option

from .formats import FORMATS
from .rows import open_set

_LIMITED = re.compile(r"non-?commercial|NC|academic|on request|own terms|makers say|ask ", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportConfig:
    """Keys of ``unimumer export``."""

    set: str = option(REQUIRED, "data set of dataset_info.json: NAME, NAME_tree, NAME_can ...")
    format: str = option(REQUIRED, "one of the formats below")
    output: Path = option(REQUIRED, "folder to make")
    root: Path = option(Path(), "folder of data/ and dataset_info.json")

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            near = suggestion(self.format, FORMATS)
            raise ConfigError(f"unknown format {self.format!r}{near}. Known: {', '.join(FORMATS)}")


def main(argv: Sequence[str] | None = None) -> int:
    """Write an export; see `commandline.run_command` for what is returned."""
    formats = "\n".join(entry(name, one.about) for name, one in FORMATS.items())
    keys = f"{keys_of(ExportConfig)}\n\nformats:\n{formats}"
    words = read_words("unimumer export", __doc__, argv, keys=keys)
    return run_command(lambda: print(export(load_config(ExportConfig, words))))


def export(config: ExportConfig) -> str:
    """Write the folder; a line for the screen.

    Raises:
        RegistryError, RecordError: the set is not there, or cannot be read.
        OutputError: the folder exists, or cannot be written.
    """
    data = open_set(config.set, config.root)
    if config.output.exists() and (not config.output.is_dir() or any(config.output.iterdir())):
        raise OutputError(f"{config.output}: exists; choose another output=..., or remove it")
    if _LIMITED.search(data.licence):
        print(f"{data.name}: before you share it: {data.licence}", file=sys.stderr)
    partial = config.output.with_name(f".{config.output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        count = FORMATS[config.format].write(data, partial)
        if config.output.exists():
            config.output.rmdir()
        partial.rename(config.output)
    except OSError as error:
        raise OutputError(f"{error.filename or config.output}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return f"{data.name}: {count} samples, {config.format} -> {config.output}"


if __name__ == "__main__":
    sys.exit(main())
