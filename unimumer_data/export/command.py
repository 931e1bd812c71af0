"""Export a data set for another tool.

    unimumer export set=NAME format=parquet output=FOLDER

The folder is made, and is whole or absent. Pictures are copied as build has written them; those of lf-v1 are scaled to
image_max_pixels where they are larger, for LLaMA-Factory's new layout has no such key.
"""

from __future__ import annotations

import math
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from unimumer_data.errors import ConfigError, OutputError, suggestion
from unimumer_data.images import IMAGE_MAX_PIXELS
from unimumer_data.support.commandline import entry, keys_of, read_words, run_command
from unimumer_data.support.config import REQUIRED, Address, load_config, option
from unimumer_data.support.files import refuse_taken, whole_folder
from unimumer_data.support.stores import Store, files_below, open_store
from unimumer_data.support.tables import show

from .formats import FORMATS, lf_v1, swift
from .rows import DataSet, open_set

_LIMITED = re.compile(r"non-?commercial|NC|academic|on request|own terms|makers say|ask ", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportConfig:
    """Keys of ``unimumer export``."""

    set: str = option(REQUIRED, "data set of dataset_info.json: NAME, NAME_tree, NAME_can ...")
    format: str = option(REQUIRED, "one of the formats below")
    output: Address | Path = option(
        REQUIRED, "folder to make, or an address in a store that fsspec knows: s3://, gs://, hf://"
    )
    root: Path = option(Path(), "folder of data/ and dataset_info.json")
    image_max_pixels: int = option(IMAGE_MAX_PIXELS, "lf-v1: bound of height times width, as in training")
    loss_weight: float = option(1.0, "lf-v1: weight of the answers, beside those of other sets of the same training")
    reasoning_weight: float = option(
        1.0, "swift: weight of the tree, or count, before the expression; train with --is_binary_loss_scale false"
    )

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            near = suggestion(self.format, FORMATS)
            raise ConfigError(f"unknown format {self.format!r}{near}. Known: {', '.join(FORMATS)}")
        if self.image_max_pixels < 1 or not 0 < self.loss_weight < math.inf:
            raise ConfigError("image_max_pixels must be at least 1, loss_weight must be over 0")
        if not 0 <= self.reasoning_weight < math.inf:
            raise ConfigError("reasoning_weight must be 0 or more")
        if self.reasoning_weight != 1 and self.format != "swift":
            raise ConfigError(
                f"reasoning_weight: {self.format} has one weight for a whole answer, or none; format=swift"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Write an export; see `commandline.run_command` for what is returned."""
    formats = "\n".join(entry(name, one.about) for name, one in FORMATS.items())
    keys = f"{keys_of(ExportConfig)}\n\nformats:\n{formats}"
    words = read_words("unimumer export", __doc__, argv, keys=keys)
    return run_command(lambda: show(export(load_config(ExportConfig, words))))


def export(config: ExportConfig) -> str:
    """Write the folder; a line for the screen.

    Raises:
        RegistryError, RecordError: the set is not there, or cannot be read.
        OutputError: the folder exists, or cannot be written.
    """
    data = open_set(config.set, config.root)
    writer = FORMATS[config.format].write
    if config.format == "lf-v1":
        writer = partial(lf_v1, max_pixels=config.image_max_pixels, loss_weight=config.loss_weight)
    elif config.format == "swift":
        writer = partial(swift, reasoning_weight=config.reasoning_weight)
    output = config.output
    store = open_store(output, "output") if isinstance(output, Address) else None
    if store is None:
        refuse_taken(Path(output))
    elif store.files():
        raise OutputError(f"{output}: exists; choose another output=..., or remove it")
    if _LIMITED.search(data.licence):
        show(f"{data.name}: before you share it: {data.licence}", file=sys.stderr)
    if config.reasoning_weight not in (0, 1):
        show(f"{data.name}: ms-swift ignores the weight without --is_binary_loss_scale false", file=sys.stderr)
    if store is None:
        count = _write(data, writer, Path(output))
    else:
        with tempfile.TemporaryDirectory() as folder:
            count = _write(data, writer, Path(folder) / "export")
            _upload(Path(folder) / "export", store)
    return f"{data.name}: {count} samples, {config.format} -> {output}"


def _upload(folder: Path, store: Store) -> None:
    """Copy a folder to a store; what was copied is taken away again if not all can be."""
    try:
        store.put(folder, files_below(folder))
    except OutputError:
        with suppress(OutputError):
            store.remove(list(store.files()))
        raise


def _write(data: DataSet, writer: Callable[[DataSet, Path], int], output: Path) -> int:
    """Write a folder, whole or not at all; the number of samples."""
    with whole_folder(output) as folder:
        return writer(data, folder)


if __name__ == "__main__":
    sys.exit(main())
