"""Make a bank of handwriting: the segmented symbols of a corpus, each with its writer, size and baseline.

    unimumer bank path=corpora/CROHME/TrainINKML output=data/banks/crohme
    unimumer bank source=mathwriting path=corpora/mathwriting-2024 output=data/banks/mathwriting

`unimumer build source=synth` writes formulas with it (docs/handwriting.md). The folder holds the
symbols, their licence, every symbol that was left out with its reason, and a contact sheet.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Literal

from PIL import Image

from unimumer_data.errors import ConfigError, InkError, SourceError
from unimumer_data.handwriting.bank import FACTS, FORMAT, SYMBOLS
from unimumer_data.handwriting.collect import UNITS, Collected, Loss, collect, writer_of
from unimumer_data.handwriting.departures import WRITER_MEANS
from unimumer_data.handwriting.evenness import Height, factors
from unimumer_data.handwriting.mathwriting import collect_symbols
from unimumer_data.handwriting.measure import slant_of
from unimumer_data.ink import Ink, read_inkml, render
from unimumer_data.records.record import Sample
from unimumer_data.sources import get_source
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import REQUIRED, load_config, option
from unimumer_data.support.files import refuse_taken, whole_folder
from unimumer_data.support.limits import WORKERS
from unimumer_data.support.progress import Progress
from unimumer_data.support.tables import show
from unimumer_data.support.workers import core_count, ordered_map

from .preview import save

LEFT_OUT, SHEET = "left_out.jsonl", "sheet.png"  # dropped.jsonl would make the folder look like a set
CHUNK = 64  # inks
ODD = 3.0  # times larger or smaller than the median of its name: not that symbol, or not all of it
_DRAWN = 3  # writers of each symbol on the contact sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class BankConfig:
    """Keys of ``unimumer bank``."""

    path: Path = option(REQUIRED, "folder of the corpus")
    output: Path = option(REQUIRED, "folder to make")
    source: Literal["crohme-inkml", "mathwriting"] = option(
        "crohme-inkml", "InkML with trace groups, or MathWriting with its symbols"
    )
    licence: str = option("", "licence of the ink; default: what is known of the source")
    workers: int = option(0, "number of processes; 0: one per core")

    def __post_init__(self) -> None:
        if not 0 <= self.workers <= WORKERS:
            raise ConfigError(f"workers must be 0 (one per core) to {WORKERS}, got {self.workers}")


@dataclass(slots=True)
class Row:
    """A symbol of the bank to be."""

    label: str
    writer: str
    ink: str
    strokes: list[list[int]]

    @property
    def size(self) -> tuple[int, int]:
        xs = [x for stroke in self.strokes for x in stroke[::2]]
        ys = [y for stroke in self.strokes for y in stroke[1::2]]
        return max(xs) - min(xs), max(ys) - min(ys)


@dataclass(slots=True)
class Gathered:
    """All that was found in a corpus."""

    rows: list[Row] = field(default_factory=list)
    losses: list[dict[str, str]] = field(default_factory=list)
    inks: Counter[str] = field(default_factory=Counter)
    departures: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, ink: str, writer: str, found: Collected) -> None:
        """Take what one ink gave."""
        for loss in found.losses:
            message = f"{loss.label} {loss.message}".strip()
            self.losses.append({"id": ink, "label": loss.label, "reason": loss.reason, "message": message})
        if found.segments:
            self.inks[writer] += 1
            self.rows += [Row(_word(one.label), writer, _word(ink), one.strokes) for one in found.segments]
        for name, values in found.departures.items():
            self.departures[writer].setdefault(name, []).extend(values)


def main(argv: Sequence[str] | None = None) -> int:
    """Make a bank; see `commandline.run_command` for what is returned."""
    words = read_words("unimumer bank", __doc__, argv, keys=keys_of(BankConfig))
    return run_command(lambda: show(make_bank(load_config(BankConfig, words))))


def make_bank(config: BankConfig) -> str:
    """Write the folder; a text for the screen.

    Raises:
        SourceError: no symbol can be read there.
        OutputError: the folder exists, or cannot be written.
    """
    output = config.output
    refuse_taken(output)
    gathered = Gathered()
    for found in _found(config):
        gathered.add(*found)
    _drop_odd(gathered)
    _even_out(gathered.rows)
    reasons = Counter(loss["reason"] for loss in gathered.losses)
    said = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
    if not gathered.rows:
        raise SourceError(f"{config.path}: no symbol in it can be used ({said}); ink with trace groups is needed")
    licence = config.licence or get_source(config.source).licence
    with whole_folder(output) as folder:
        _write(gathered, config, licence, reasons, folder)
    labels = len({row.label for row in gathered.rows})
    lines = [f"{len(gathered.rows)} symbols of {labels} names by {len(gathered.inks)} writers -> {output}"]
    lines += [f"  left out: {said}   (each in {output / LEFT_OUT})"] if said else []
    return "\n".join([*lines, f"  licence: {licence}", f"  contact sheet: {output / SHEET}"])


def _found(config: BankConfig) -> Iterator[tuple[str, str, Collected]]:
    """(id, writer, what was found) of each ink."""
    if config.source == "mathwriting":
        yield from collect_symbols(config.path)
        return
    samples = get_source(config.source).read(config.path, "train")
    items = ((one.id, one.ink) for one in samples if isinstance(one, Sample) and one.ink)
    chunks = iter(lambda: list(islice(items, CHUNK)), [])
    total = (count := get_source(config.source).count) and count(config.path, "train")
    workers = config.workers or core_count()
    with Progress("bank", total) as progress:
        for chunk, result in ordered_map(_collect_files, chunks, workers):
            yield from result
            progress.step(len(chunk))


def _collect_files(files: list[tuple[str, Path]]) -> list[tuple[str, str, Collected]]:
    results = []
    for name, path in files:
        try:
            ink = read_inkml(path)
        except InkError as error:
            lost = Collected(losses=[Loss("", "unreadable", str(error))])
            results.append((name, "", lost))
            continue
        writer = _word(f"{path.parent.name}/{writer_of(ink, path.stem)}")
        results.append((name, writer, collect(ink)))
    return results


def _word(text: str) -> str:
    """A field of the table: without tabs and line ends."""
    return " ".join(text.split())


def _drop_odd(gathered: Gathered) -> None:
    """Leave out symbols whose size is far from what others of that name have."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for row in gathered.rows:
        sizes[row.label].append(max(row.size) or 1)
    usual = {label: median(found) for label, found in sizes.items()}
    kept = []
    for row in gathered.rows:
        ratio = (max(row.size) or 1) / usual[row.label]
        if row.label in _STRETCHED or 1 / ODD <= ratio <= ODD:
            kept.append(row)
        else:
            message = f"{row.label} is {ratio:.2g} times as large as usual"
            gathered.losses.append({"id": row.ink, "label": row.label, "reason": "odd_size", "message": message})
    gathered.rows = kept


def _even_out(rows: Sequence[Row]) -> None:
    """Write the symbols in the em that all ink of their writer speaks for."""
    plain = [row for row in rows if len(row.label) == 1 and row.label.isalnum()]
    scales = factors(Height(row.label, row.writer, row.ink, row.size[1] / UNITS) for row in plain)
    for row in rows:
        scale = scales.get((row.writer, row.ink), 1.0)
        row.strokes = [[round(scale * value) for value in stroke] for stroke in row.strokes]


_STRETCHED = frozenset((r"\frac", r"\sqrt"))


def _write(gathered: Gathered, config: BankConfig, licence: str, reasons: Counter[str], folder: Path) -> None:
    rows = sorted(gathered.rows, key=lambda row: (row.label, row.writer))  # stable: in the order of the corpus
    lines = [
        f"{row.label}\t{row.writer}\t{row.ink}\t{json.dumps(row.strokes, separators=(',', ':'))}\n" for row in rows
    ]
    data = "".join(lines).encode("utf-8")
    (folder / SYMBOLS).write_bytes(data)
    (folder / LEFT_OUT).write_text(
        "".join(json.dumps(loss, ensure_ascii=False) + "\n" for loss in gathered.losses), encoding="utf-8"
    )
    facts = {
        "format": FORMAT,
        "licence": licence,
        "source": config.source,
        "path": str(config.path),
        "symbols": len(rows),
        "left_out": dict(sorted(reasons.items())),
        "labels": dict(sorted(Counter(row.label for row in rows).items())),
        "sha256": sha256(data).hexdigest(),
        "writers": _writers(rows, gathered),
    }
    (folder / FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    save(_sheet(rows), folder / SHEET)


def _writers(rows: Sequence[Row], gathered: Gathered) -> dict[str, Any]:
    """Of each writer: inks, symbols, features (`bank.FEATURES`) and mean departures."""
    measures = [(row, (slant_of(row.strokes), *map(_log, row.size), _log(len(row.strokes)))) for row in rows]
    by_label: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for row, values in measures:
        by_label[row.label].append(values)
    usual = {label: [median(column) for column in zip(*found, strict=True)] for label, found in by_label.items()}
    by_writer: dict[str, list[list[float]]] = defaultdict(list)
    for row, values in measures:
        by_writer[row.writer].append([value - middle for value, middle in zip(values, usual[row.label], strict=True)])
    return {
        writer: {
            "inks": gathered.inks[writer],
            "symbols": len(found),
            "features": [round(sum(column) / len(found), 4) for column in zip(*found, strict=True)],
            "means": {
                name: [round(sum(values) / len(values), 4), len(values)]
                for name, values in gathered.departures[writer].items()
                if name in WRITER_MEANS and values
            },
        }
        for writer, found in sorted(by_writer.items())
    }


def _log(value: float) -> float:
    return math.log(max(1.0, value))


def _sheet(rows: Sequence[Row]) -> Iterator[tuple[str, str, Image.Image]]:
    """A few symbols of each name, drawn at random."""
    by_label: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_label[row.label].append(row)
    draw = random.Random(0)
    for label, found in by_label.items():
        for row in draw.sample(found, min(_DRAWN, len(found))):
            traces: dict[str, list[float]] = {str(i): list(map(float, one)) for i, one in enumerate(row.strokes)}
            try:
                picture = render(Ink(name=row.ink, traces=traces, annotations={}))
            except InkError:  # dots only: they have no size
                continue
            yield row.writer, label, picture


if __name__ == "__main__":
    sys.exit(main())
