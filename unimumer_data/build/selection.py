"""Which samples of a corpus a build takes: its split, its shard, its limit; with safe and unique ids."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, SourceError, UniMumerError, suggestion
from unimumer_data.records.record import Replacement, Sample
from unimumer_data.sources import Source
from unimumer_data.sources.base import Drop, unsafe
from unimumer_data.support.files import fold

from . import manifest
from .config import SetConfig, parse_shard
from .worker import Item

CHUNK = 128  # samples: under a second of rendering, so that progress shows; enough to be worth sending
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some samples, and the chained hash of all inputs up to here."""

    items: list[Item]
    digest: str


class Selection:
    """The samples of one set, read as often as they are asked for, each time in the same order.

    Raises:
        ConfigError: the source has no such split or option.
    """

    def __init__(self, source: Source, path: Path, config: SetConfig) -> None:
        self._source, self._path, self._config = source, path, config
        self.split = config.split or source.split
        if self.split not in source.known_splits:
            known = ", ".join(source.known_splits)
            raise ConfigError(
                f"unknown split {self.split!r}{suggestion(self.split, source.known_splits)}. Known: {known}"
            )
        self.options = check_options(source, config.options)

    def total(self) -> int | None:
        """About how many samples there will be; None if that is not quickly known.

        Raises:
            SourceError: nothing can be read there.
        """
        total = self._count
        if total and self._config.shard:
            total //= parse_shard(self._config.shard)[1]
        return min(filter(None, (total, self._config.limit)), default=None)

    @cached_property
    def _count(self) -> int | None:
        try:
            return self._source.count(self._path, self.split) if self._source.count else None
        except OSError as error:
            raise _unreadable(error, self._path) from error

    def items(self) -> Iterator[Item]:
        """The samples to build; what is refused comes as a Drop.

        Raises:
            SourceError: the corpus cannot be read, or has vanished.
        """
        try:
            yield from self._limited()
        except OSError as error:
            raise _unreadable(error, self._path) from error
        if not self._path.exists():
            raise SourceError(
                f"{self._path}: vanished while it was read; bring it back and run the same command again"
            )

    def _limited(self) -> Iterator[Item]:
        limit, seed = self._config.limit, self._config.seed
        if limit is None or seed is None:
            return islice(self._part(), limit)
        drawn = set(heapq.nsmallest(limit, (hash_of(item.id, seed) for item in self._part())))
        return islice((item for item in self._part() if hash_of(item.id, seed) in drawn), limit)

    def _part(self) -> Iterator[Item]:
        """The samples of the shard, or all."""
        if self._config.shard is None:
            return self._distinct()
        index, count = parse_shard(self._config.shard)
        return (item for item in self._distinct() if hash_of(item.id) % count == index - 1)

    def _read(self) -> Iterator[Item]:
        """What the source reads. An error that no reader expected is that of the corpus, not of this program."""
        try:
            yield from self._source.read(self._path, self.split, **self.options)
        except (UniMumerError, OSError):
            raise
        except Exception as error:
            if self._config.debug:
                raise
            raise SourceError(
                f"{self._path}: cannot be read ({type(error).__name__}: {error}); a file is damaged, "
                "debug=true shows where"
            ) from error

    def _distinct(self) -> Iterator[Item]:
        """The samples with ids that are file names everywhere, each once."""
        seen: dict[int, int] = {}
        for item in self._read():
            if isinstance(item, Drop):
                yield item
                continue
            if fault := unsafe(item.id):
                reason, fault = ("no_image", item.absent) if item.absent else ("unsafe_id", fault)
                yield Drop(id=item.id, reason=reason, message=fault, before=item.label)
                continue
            facts = _facts(item)
            if seen.setdefault(hash(fold(item.id)), facts) is facts:
                yield item
            else:
                yield from _repeated(item, seen)


def _facts(item: Sample) -> int:
    """Two hashes in one number, of the id and of the label; good for this process only."""
    return (hash(item.id) & _MASK) << 64 | hash(item.label) & _MASK


def _repeated(item: Sample, seen: dict[int, int]) -> Iterator[Item]:
    """What becomes of a sample whose id was there before, or one that differs in capital letters only."""
    number, name, facts = 1, item.id, _facts(item)
    while (before := seen.get(hash(fold(name)))) is not None:
        if before >> 64 == facts >> 64:
            label = "" if before == facts else ", with another label; keep the right one"
            message = f"a sample before has this id{label}"
            yield Drop(id=item.id, reason="duplicate_id", message=message, before=item.label)
            return
        number += 1
        name = f"{item.id}__{number}"
    seen[hash(fold(name))] = facts
    message = f"{item.id} differs from another id in capital letters or accents only, now {name}"
    renamed = Replacement(reason="renamed_id", message=message, before=item.label)
    yield replace(item, id=name, replaced=(*item.replaced, renamed))


class Inputs:
    """The samples in chunks, counted and hashed as they pass; arguments as of `manifest.describe`."""

    def __init__(self, items: Iterable[Item], *, pictures: bool, copy: Path | None = None) -> None:
        self._items, self._describe = items, partial(manifest.describe, pictures=pictures, copy=copy)
        self.count, self.digest = 0, ""

    def chunks(self) -> Iterator[Chunk]:
        """The chunks, in order."""
        items = iter(self._items)
        while chunk := list(islice(items, CHUNK)):
            facts = b"\0\0".join(map(self._describe, chunk))
            self.digest = manifest.chain(self.digest, facts)
            self.count += len(chunk)
            yield Chunk(chunk, self.digest)

    def exhaust(self) -> None:
        """Count and hash all samples."""
        for _ in self.chunks():
            pass


def check_options(source: Source, options: Mapping[str, Any]) -> dict[str, str]:
    """The options of a source as text.

    Raises:
        ConfigError: an option that the source does not have, or a value that is no text.
    """
    known = list(source.options)
    for key, value in options.items():
        if key not in known:
            names = ", ".join(known) or "none"
            raise ConfigError(f"options: {source.name} has no option {key!r}{suggestion(key, known)}. Known: {names}")
        if not isinstance(value, str | int | float):
            raise ConfigError(f"options: {key} must be text, got {value!r}")
    return {key: str(value) for key, value in options.items()}


def hash_of(text: str, seed: int | None = None) -> int:
    """64 bits that do not depend on process or machine."""
    salt = b"" if seed is None else str(seed).encode()
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=salt[:64]).digest())


def _unreadable(error: OSError, path: Path) -> SourceError:
    return SourceError(f"{error.filename or path}: cannot be read: {error.strerror}")
