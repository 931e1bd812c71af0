"""What a build will cost before it begins: samples, pictures, records, disk and time, and where missing corpora are.

Each corpus that is there is listed once, and some of its samples, drawn at random, are built into a folder that is
thrown away. What is not there is estimated by those that are, and marked.
"""

from __future__ import annotations

import heapq
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from unimumer_data.errors import SourceError
from unimumer_data.sources.base import Drop
from unimumer_data.support.config import Address
from unimumer_data.support.progress import clock
from unimumer_data.support.tables import write_table
from unimumer_data.support.workers import core_count

from .builder import SetBuilder
from .selection import hash_of
from .worker import Item, process

DRAWN = 256  # samples of each corpus, to measure
BLOCK = 4096  # bytes that a file system gives out at once; most pictures of ink are smaller
OF_A_CLUSTER = 16  # workers, where ``workers`` says nothing else
_HEAD = ("set", "samples", "pictures", "records", "corpus", "disk", "CPU time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one sample costs.

    Args:
        kept: share of the samples that have records.
        pictures: written for each.
        corpus, disk: bytes read and written.
        work: CPU seconds of a worker.
        reading: CPU seconds of the one process that lists the corpus, which more workers do not make less.
    """

    kept: float
    pictures: float
    corpus: float
    disk: float
    work: float
    reading: float

    @classmethod
    def mean(cls, rates: Sequence[Rate]) -> Rate:
        return cls(**{name: sum(getattr(rate, name) for rate in rates) / len(rates) for name in cls.__slots__})

    @classmethod
    def nothing(cls) -> Rate:
        return cls(kept=0, pictures=0, corpus=0, disk=0, work=0, reading=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one set costs.

    Args:
        samples: None where nobody says how many there are.
        rate: None where nothing could be measured, here or elsewhere.
        fault: why the corpus cannot be read; empty where it can. Then ``rate`` is that of other corpora.
    """

    builder: SetBuilder
    samples: int | None
    rate: Rate | None
    fault: str = ""

    def numbers(self, workers: Sequence[int]) -> list[float]:
        """Samples, pictures, records, bytes of the corpus and on disk, CPU seconds, and seconds with some workers.

        The work is done side by side, the listing is not: the slower of the two says how long a build takes.
        """
        n, rate = self.samples or 0, self.rate or Rate.nothing()
        records = rate.kept * len(self.builder.tasks)
        each = [1, rate.pictures, records, rate.corpus, rate.disk, rate.work]
        return [n * part for part in (*each, *(max(rate.work / one, rate.reading) for one in workers))]


def price(builders: Sequence[SetBuilder]) -> str:
    """The priced plan of a build, for the screen."""
    prices = _estimated([_measured(builder) for builder in builders])
    workers = (core_count(), builders[0].config.workers or OF_A_CLUSTER)
    head = (*_HEAD, f"here, {workers[0]} cores", f"{workers[1]} workers")
    rows = [
        _row(one.builder.name, one.numbers(workers), "~" if one.fault else "")
        if one.samples and one.rate
        else [one.builder.name, f"{one.samples:,}" if one.samples else "?", *["?"] * (len(head) - 2)]
        for one in prices
    ]
    sums = [sum(column) for column in zip(*(one.numbers(workers) for one in prices), strict=True)]
    is_guess = any(one.fault for one in prices)
    if len(prices) > 1:
        rows.append(_row("all", sums, "~" if is_guess else ""))
    lines = [write_table(head, rows, "screen"), ""]
    if is_guess:
        lines.append("~: not there; the number of samples is the published one, the rest is as of corpora that are.")
    lines += _places(prices)
    free = shutil.disk_usage(_existing(builders[0].output)).free
    lines.append(f"{_size(free)} free in {builders[0].output}" + (": TOO LITTLE" if sums[4] > free else ""))
    return "\n".join(lines)


def _measured(builder: SetBuilder) -> Price:
    start = time.process_time()
    try:
        if isinstance(builder.origin, Address) and not builder.path.exists():
            raise SourceError(f"{builder.origin}: was not copied here yet; --dry-run instead of --plan copies it")
        total, items = _draw(builder.selection.items())
        if not items:
            raise SourceError(f"{builder.path}: no sample found")
        reading = time.process_time() - start
        return Price(builder=builder, samples=total, rate=_rate(builder, items, reading / total))
    except SourceError as error:
        return Price(builder=builder, samples=builder.config.published, rate=None, fault=str(error))


def _draw(items: Iterable[Item]) -> tuple[int, list[Item]]:
    """How many samples there are, and `DRAWN` of them, the same ones each time."""
    number = count()
    drawn = heapq.nsmallest(DRAWN, ((hash_of(item.id, 0), next(number), item) for item in items))
    return next(number), [item for _, _, item in drawn]


def _rate(builder: SetBuilder, items: Sequence[Item], reading: float) -> Rate:
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images"
        images.mkdir()
        work = replace(builder.work(images=images, guarded=False), fingerprints=True)
        start = time.process_time()
        result = process(work, items)
        seconds = time.process_time() - start
        pictures = sum(-(-file.stat().st_size // BLOCK) * BLOCK for file in images.iterdir())
    records = [record for listed in result.records.values() for record in listed]
    number = len(items)
    return Rate(
        kept=len(records) / len(builder.tasks) / number,
        pictures=result.images / number,
        corpus=sum(map(_bytes_of, items)) / number,
        disk=(pictures + sum(len(record.encode()) + 2 for record in records)) / number,
        work=seconds / number,
        reading=reading,
    )


def _bytes_of(item: Item) -> int:
    """Size of the file of a sample."""
    if isinstance(item, Drop):
        return 0
    file = item.ink or item.image
    return len(item.pixels or b"") + (file.stat().st_size if file is not None and file.is_file() else 0)


def _estimated(prices: Sequence[Price]) -> list[Price]:
    """The prices, those of missing corpora by a measured one of the same source, or by the mean of all."""
    measured = [one for one in prices if one.rate]
    result = []
    for one in prices:
        alike = [other.rate for other in measured if other.builder.source is one.builder.source]
        rates = [rate for rate in alike or [other.rate for other in measured] if rate]
        result.append(replace(one, rate=Rate.mean(rates)) if one.fault and rates else one)
    return result


def _row(name: str, numbers: Sequence[float], mark: str) -> list[str]:
    formats = (*(_count,) * 3, *(_size,) * 2, *(clock,) * (len(numbers) - 5))
    return [name, *(mark + shown(number) for shown, number in zip(formats, numbers, strict=True))]


def _places(prices: Sequence[Price]) -> list[str]:
    """Where each corpus is, or is to be got, and under which terms; one line for each place."""
    places: dict[Path | str, list[Price]] = {}
    for one in prices:
        places.setdefault(one.builder.origin, []).append(one)
    lines = []
    for path, those in places.items():
        builder, names = those[0].builder, ", ".join(one.builder.name for one in those)
        where = "is there" if not those[0].fault else "MISSING"
        lines.append(f"{path}: {where} ({names}). Licence: {builder.licence}")
        if those[0].fault:
            lines += [f"  get it from {builder.package or 'its makers'}", f"  {those[0].fault}"]
    return lines


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.absolute().parents) if one.exists())


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _size(count: float) -> str:
    """A number of bytes for people.

    >>> _size(999), _size(1500), _size(12_345_678)
    ('999 B', '1.5 kB', '12 MB')
    """
    units = ["TB", "GB", "MB", "kB", "B"]
    while count >= 1000 and len(units) > 1:
        count /= 1000
        units.pop()
    return f"{count:.0f} {units[-1]}" if count >= 10 or units[-1] == "B" else f"{count:.1f} {units[-1]}"
