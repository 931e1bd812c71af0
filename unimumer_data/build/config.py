"""The keys of a build."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from unimumer_data.errors import ConfigError
from unimumer_data.images import IMAGE_MAX_PIXELS
from unimumer_data.sources.base import is_safe_id
from unimumer_data.support.config import Address, option
from unimumer_data.support.limits import WORKERS

from .worker import Augment, Images

NOT_CONTENT = ("output", "staging", "workers", "scale", "address", "errors", "package", "published", "debug")
"""Keys that decide nothing about the content of a set."""

_WORD = re.compile(r"[\w.-]*\w[\w.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConfig:
    """How one data set is built."""

    source: str | None = option(None, "corpus format, one of the sources below")
    path: Address | Path | None = option(
        None,
        "folder or file of the corpus; s3://, gs://, hf://: it is copied here",
        also=("data", "input", "folder", "dir", "file", "corpus", "data_dir", "dataset"),
        files=True,
    )
    name: str | None = option(None, "name of the data set; default: the last part of path")
    split: str | None = option(None, "part of the corpus: train, valid or test; a test set is guarded against later")
    tasks: tuple[str, ...] = option(("vanilla", "tree", "can"), "tasks, separated by commas; all: every possible one")
    errors: Path | None = option(
        None, "wrong predictions for error_find and error_fix: NAME_errors.json, made by unimumer errors"
    )
    output: Address | Path = option(
        Path(), "folder of data/ and dataset_info.json; s3://, gs://, hf://: a set goes there when it is whole"
    )
    staging: Path = option(
        Path(".unimumer"), "with s3:// ... as path or output: folder for copies and unfinished sets"
    )
    limit: int | None = option(None, "maximum number of samples: the first N, or a random N if seed is set")
    seed: int | None = option(None, "random seed for limit and augment")
    shard: str | None = option(None, "i/n: build only part i of n, i from 1; parts are chosen by sample id")
    repair: bool | None = option(
        None, "repair and list broken labels instead of dropping them; default: only in test sets, to keep their size"
    )
    images: Images = option("copy", "copy pictures, reference them where they are, or write none")
    image_max_pixels: int = option(IMAGE_MAX_PIXELS, "bound of height times width, LLaMA-Factory's key of that name")
    augment: Augment = option("none", "photo: make each picture look photographed (docs/handwriting.md)")
    conventions: str | None = option(None, "label conventions of the corpus; default: those of the source")
    guard: Literal["stop", "drop", "keep"] = option("stop", "what to do with test samples in a training set")
    options: dict[str, Any] = option(factory=dict, about="options of the source, listed below")
    workers: int = option(0, "number of processes; 0: one per core")
    scale: Literal["local", "ray"] = option("local", "build on this machine, or on the machines of a Ray cluster")
    address: str | None = option(
        None, "with scale=ray, of the cluster (HOST:6379, auto); default: RAY_ADDRESS, or a Ray started here"
    )
    licence: str = option("", "terms of the corpus, for exports and cards; default: what is known of the source")
    package: str | None = option(None, "where the corpus is to be got, for --plan; default: as the source says")
    published: int | None = option(None, "samples of the corpus as its makers say, for --plan where it is missing")
    debug: bool = option(False, "stop at an unexpected error of a sample and show its traceback")

    def __post_init__(self) -> None:
        for key in ("limit", "image_max_pixels"):
            value = getattr(self, key)
            if value is not None and value < 1:
                raise ConfigError(f"{key} must be at least 1, got {value}")
        if not 0 <= self.workers <= WORKERS:
            raise ConfigError(f"workers must be 0 (one per core) to {WORKERS}, got {self.workers}")
        if self.images == "reference" and (isinstance(self.path, Address) or isinstance(self.output, Address)):
            raise ConfigError("images=reference would point to a copy in staging=; write images=copy")
        if self.augment != "none" and self.images != "copy":
            raise ConfigError(f"augment={self.augment} makes new pictures: write images=copy, not {self.images}")
        if self.address is not None and self.scale != "ray":
            raise ConfigError("address= is that of a Ray cluster; write scale=ray beside it")
        if self.shard is not None:
            parse_shard(self.shard)
        if self.name is not None and not is_name(self.name):
            why = "write letters, digits, '_', '-' and '.' only"
            if _WORD.fullmatch(self.name):
                why = "Windows reserves it, or a dot is at its begin or end, or it has over 200 bytes; write another"
            raise ConfigError(f"name={self.name[:60]!r}: {why}")
        if not self.tasks:
            raise ConfigError("tasks is empty; write for instance tasks=vanilla,tree")
        if len(set(self.tasks)) < len(self.tasks):
            raise ConfigError(f"tasks names a task twice: {', '.join(self.tasks)}")


def parse_shard(text: str) -> tuple[int, int]:
    """(i, n) of ``i/n``, 1 <= i <= n.

    Raises:
        ConfigError: anything else.
    """
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= count:
        raise ConfigError(f"shard={text}: write i/n with i from 1 to n, the first of four parts is shard=1/4")
    return index, count


def is_shard(text: str) -> bool:
    """Whether `parse_shard` takes the text."""
    try:
        return bool(parse_shard(text))
    except ConfigError:
        return False


def is_name(name: str) -> bool:
    """Whether a data set can have this name, which becomes part of file names and lists with commas."""
    return _WORD.fullmatch(name) is not None and is_safe_id(name)
