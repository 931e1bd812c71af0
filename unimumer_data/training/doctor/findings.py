"""What a check has to say, and how a screen shows it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]

LEVELS: dict[Level, str] = {"note": "green", "warning": "yellow", "error": "red"}
"""Levels from the mildest on, with the colour of each on a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found.

    Args:
        level: ``error`` stops the training, loses data or wrecks the result; ``warning`` may; ``note`` is a figure.
        kind: short name of the check, stable, for counting and tests (``image_missing``).
        message: what and where.
        cure: the line to write or the command to run.
    """

    level: Level
    kind: str
    message: str
    cure: str = ""


def count_of(number: int, name: str) -> str:
    """A count with its noun.

    >>> count_of(1, "error"), count_of(0, "GPU")
    ('1 error', '0 GPUs')
    """
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def gigabytes(count: float) -> str:
    """Bytes in the unit that shows them.

    >>> gigabytes(7.5e9), gigabytes(1.2e6)
    ('7.5 GB', '1.2 MB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e8 or not count else f"{count / 1e6:.1f} MB"


class Findings:
    """Collects findings; of one kind in one place it keeps the first few and counts the rest."""

    def __init__(self, keep: int = 3) -> None:
        self._keep = keep
        self._kept: list[tuple[str, Finding]] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, level: Level, kind: str, message: str, cure: str = "", *, place: str = "") -> None:
        """Note a finding; ``place`` groups repetitions, such as the data set that a record belongs to."""
        self._counts[place, kind] += 1
        if self._counts[place, kind] <= self._keep:
            self._kept.append((place, Finding(level=level, kind=kind, message=message, cure=cure)))

    def __iter__(self) -> Iterator[Finding]:
        return iter([finding for _, finding in self._kept])

    def count(self, level: Level) -> int:
        """How many findings of a level there are, the ones not kept included."""
        levels = {(place, finding.kind): finding.level for place, finding in self._kept}
        return sum(count for key, count in self._counts.items() if levels[key] == level)

    def rows(self) -> Iterator[tuple[Level, list[str]]]:
        """Level and lines of each finding, errors last, where the eye is when the command ends."""
        for level in LEVELS:
            shown: Counter[tuple[str, str]] = Counter()
            for place, finding in self._kept:
                if finding.level != level:
                    continue
                key = (place, finding.kind)
                shown[key] += 1
                lines = [f"{finding.kind}: {finding.message}", *([finding.cure] if finding.cure else [])]
                if shown[key] == self._keep and self._counts[key] > self._keep:
                    lines.append(f"... and {self._counts[key] - self._keep} more of this kind")
                yield level, lines

    def show(self) -> None:
        """Print all findings: in colours and wrapped on a terminal, else as whole lines."""
        if not sys.stdout.isatty():
            for level, (first, *others) in self.rows():
                print(f"{level:7} {first}", *(f"        {line}" for line in others), sep="\n")
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        for level, (first, *others) in self.rows():
            table.add_row(Text(f"{level:7}", style=LEVELS[level]), Text(first))
            for line in others:
                table.add_row("", Text(line, style="bold"))
        Console(highlight=False).print(table)
