"""How far a long run is, on standard error: rate and remaining time, also where nobody can redraw a line."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """Counts answers and says so: every half second on a terminal, every half minute in a log.

    Args:
        title: what is counted.
        total: how many there will be.
        done: how many there are already, from an earlier run.
    """

    def __init__(self, title: str, total: int, done: int = 0, stream: TextIO | None = None) -> None:
        self._title, self._total, self._known = title, total, done
        self._stream = stream or sys.stderr
        self._redraw = self._stream.isatty()
        self._interval = 0.5 if self._redraw else 30.0
        self._begun = self._said = time.monotonic()
        self._done = done
        if done:
            self._say(f"{title}: {done} of {total} answered before")

    def step(self) -> None:
        """One more."""
        self._done += 1
        if time.monotonic() - self._said >= self._interval:
            self._said = time.monotonic()
            self._show()

    def close(self) -> None:
        """Say where it ended."""
        if self._done > self._known:
            self._show()
            if self._redraw:
                self._stream.write("\n")

    def _show(self) -> None:
        seconds = max(time.monotonic() - self._begun, 1e-9)
        rate = (self._done - self._known) / seconds
        left = (self._total - self._done) / rate if rate else 0.0
        share = 100 * self._done // max(self._total, 1)
        text = f"{self._title}: {self._done}/{self._total} ({share} %), {rate:.1f}/s, {_clock(seconds)} gone"
        self._say(text + (f", {_clock(left)} left" if self._done < self._total else ""))

    def _say(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}" if self._redraw else f"{text}\n")
        self._stream.flush()


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
