"""A bank of handwriting: symbols of many writers, with their licence.

``symbols.tsv`` has a line for each: label, writer, ink that it is from, strokes as JSON. ``bank.json`` says what they
are and who wrote them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any

from unimumer_data.errors import SourceError
from unimumer_data.support.files import read_bytes, read_text
from unimumer_data.support.plain_json import parse_json

from .departures import CERTAIN, RANGES, WRITER_MEANS

SYMBOLS, FACTS = "symbols.tsv", "bank.json"
FORMAT = 1

FEATURES = ("slant", "width", "height", "strokes")
"""What hands are compared by: lean, x for each y; width and height of symbols, and their number of strokes, as the
natural logarithm of the ratio to the median of all writers."""

_UNSURE = 20  # symbols of a writer that count as much as what is known of all


@dataclass(frozen=True, slots=True)
class Writer:
    """A hand.

    Args:
        inks: how many of its inks are in the bank.
        features: `FEATURES`, means over its symbols.
        symbols: how many of its symbols are in the bank.
        means: departure -> (mean, measurements).
    """

    inks: int
    symbols: int
    features: tuple[float, ...]
    means: Mapping[str, tuple[float, int]]


@dataclass(slots=True)
class Bank:
    """Symbols by label and writer; each as JSON, decoded when it is used.

    Args:
        means: departure -> mean of all its writers.
    """

    path: Path
    licence: str
    digest: str
    writers: dict[str, Writer]
    symbols: dict[str, dict[str, list[str]]]
    means: dict[str, float]
    _names: list[str] = field(default_factory=list)
    _running: list[int] = field(default_factory=list)
    _spread: tuple[float, ...] = ()
    _nearest: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)

    def draw_writer(self, rng: random.Random) -> str:
        """One of the writers, each as often as the bank has inks of it."""
        if not self._names:
            self._names = list(self.writers)
            self._running = list(accumulate(one.inks for one in self.writers.values()))
        return rng.choices(self._names, cum_weights=self._running)[0]

    def mean(self, name: str, writer: str) -> float:
        """How this hand departs from print on average; drawn towards the bank's where it was measured seldom."""
        mean, count = self.writers[writer].means.get(name, (0.0, 0))
        return _shrunk(mean, count, self.means[name], RANGES[name].certain)

    def variants(self, label: str, writer: str) -> tuple[list[str], str, float]:
        """Symbols of that name by the writer, or by the nearest one who has it; who that is; and how far.

        Raises:
            KeyError: nobody has it.
        """
        own = self.symbols[label].get(writer)
        if own:
            return own, writer, 0.0
        found = self._nearest.get((label, writer))
        if found is None:
            others = ((self.distance(writer, other), other) for other in self.symbols[label])
            distance, name = min(others)
            found = self._nearest[label, writer] = (name, distance)
        return self.symbols[label][found[0]], *found

    def distance(self, one: str, other: str) -> float:
        """How different two hands are: root mean square of the differences of `FEATURES`, each in its deviations."""
        if not self._spread:
            self._spread = self._spreads()
        a, b = (self._shrunk(self.writers[name]) for name in (one, other))
        squares = [((x - y) / spread) ** 2 for x, y, spread in zip(a, b, self._spread, strict=True)]
        return math.sqrt(sum(squares) / len(squares))

    def _shrunk(self, writer: Writer) -> list[float]:
        share = writer.symbols / (writer.symbols + _UNSURE)
        return [share * value for value in writer.features]

    def _spreads(self) -> tuple[float, ...]:
        columns = list(zip(*(self._shrunk(one) for one in self.writers.values()), strict=True))
        means = [sum(column) / len(column) for column in columns]
        return tuple(
            math.sqrt(sum((x - mean) ** 2 for x in column) / len(column)) or 1.0
            for column, mean in zip(columns, means, strict=True)
        )


@lru_cache(maxsize=4)
def read_bank(path: Path) -> Bank:
    """The bank of a folder; remembered.

    Raises:
        SourceError: there is none, or it is damaged; names the cure.
    """
    try:
        facts = parse_json(read_text(path / FACTS))
        data = read_bytes(path / SYMBOLS)
    except FileNotFoundError:
        raise SourceError(
            f"{path}: no bank of handwriting; make one: unimumer bank path=FOLDER output={path}"
        ) from None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise _damaged(path, f"{FACTS} is not of format {FORMAT}")
    if sha256(data).hexdigest() != facts.get("sha256"):
        raise _damaged(path, f"{SYMBOLS} is not the file that {FACTS} describes")
    try:
        return _bank(path, facts, data.decode("utf-8"))
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def _bank(path: Path, facts: dict[str, Any], text: str) -> Bank:
    symbols: dict[str, dict[str, list[str]]] = {}
    for line in text.splitlines():
        label, writer, _, strokes = line.split("\t")
        symbols.setdefault(label, {}).setdefault(writer, []).append(strokes)
    writers = {
        name: Writer(
            one["inks"],
            one["symbols"],
            tuple(one["features"]),
            {key: (mean, count) for key, (mean, count) in one["means"].items()},
        )
        for name, one in facts["writers"].items()
    }
    return Bank(path, str(facts["licence"]), str(facts["sha256"]), writers, symbols, means_of(writers.values()))


def means_of(writers: Collection[Writer]) -> dict[str, float]:
    """How all hands of a bank depart from print on average; drawn towards `RANGES` where that was measured seldom."""
    found = {}
    for name in WRITER_MEANS:
        measured = [one.means[name] for one in writers if name in one.means]
        count = sum(times for _, times in measured)
        mean = sum(value * times for value, times in measured) / count if count else 0.0
        found[name] = _shrunk(mean, count, RANGES[name].mean, CERTAIN)
    return found


def _shrunk(mean: float, count: int, towards: float, certain: float) -> float:
    """A mean of ``count`` measurements, drawn to one that counts as ``certain`` of them."""
    return towards + (mean - towards) * count / (count + certain)


def _damaged(path: Path, what: str) -> SourceError:
    return SourceError(f"{path}: damaged bank ({what}); remove it and make it again with unimumer bank")
