"""How far a long run is, on standard error: a bar on a terminal, a whole line now and then in a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

SECONDS_BETWEEN_LINES = 10.0
"""In a log."""
_WORTH_SHOWING = 1.0  # seconds


class Progress:
    """Counts finished items and shows the count. As a context it closes itself.

    The rate is measured from the first finished item on, so that loading a model does not spoil the estimate.

    Args:
        title: what is counted.
        total: how many there will be; None if that is not known.
        done: how many there are already, from an earlier run.
        stream: standard error by default.
    """

    def __init__(self, title: str, total: int | None, done: int = 0, stream: TextIO | None = None) -> None:
        self._title, self._total, self._known = title, total, done
        self._stream = stream or sys.stderr
        self._begun = self._shown = time.monotonic()
        self._first: tuple[float, int] | None = None  # time and count when the first items were finished
        self._done = done
        if done:
            print(f"{title}: {_of(done, total)} done before", file=self._stream, flush=True)
        self._bar = _start_bar(title, total, done, self._stream) if self._stream.isatty() else None

    def step(self, count: int = 1) -> None:
        """Advance by ``count`` items."""
        self._done += count
        now = time.monotonic()
        if self._first is None:
            self._first = (now, self._done)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], advance=count)
        elif now - self._shown >= SECONDS_BETWEEN_LINES:
            self._shown = now
            self._write_line()

    def close(self) -> None:
        """Show the final count, unless the work took no time."""
        if self._bar is not None:
            self._bar.stop()
        elif self._done > self._known and time.monotonic() - self._begun >= _WORTH_SHOWING:
            self._write_line()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write_line(self) -> None:
        now = time.monotonic()
        text = f"{self._title}: {_of(self._done, self._total)}, {clock(now - self._begun)} elapsed"
        rate = self._rate(now)
        if rate:
            text += f", {rate:.1f}/s"
            if self._total and self._done < self._total:
                text += f", {clock((self._total - self._done) / rate)} left"
        print(text, file=self._stream, flush=True)

    def _rate(self, now: float) -> float | None:
        """Items a second since the first were finished; None until that is some time ago."""
        if self._first is None or now - self._first[0] < _WORTH_SHOWING or self._done == self._first[1]:
            return None
        return (self._done - self._first[1]) / (now - self._first[0])


def _start_bar(title: str, total: int | None, done: int, stream: TextIO) -> Bar:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("elapsed,"), TimeRemainingColumn())
    bar = Progress(
        TextColumn("{task.description}", markup=False), *columns, TextColumn("left"), console=Console(file=stream)
    )
    bar.add_task(title, total=total, completed=done)
    bar.start()
    return bar


def _of(done: int, total: int | None) -> str:
    return f"{done}/{total} ({100 * done // total} %)" if total else str(done)


def clock(seconds: float) -> str:
    """Seconds as a clock shows them.

    >>> clock(75), clock(3675)
    ('1:15', '1:01:15')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
