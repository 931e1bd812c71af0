"""How far a long run is, on standard error: rate and remaining time, also where nobody can redraw a line."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_SECONDS_BETWEEN = {True: 0.2, False: 10.0}  # on a terminal; in a log
_WORTH_TELLING = 1.0  # seconds


class Progress:
    """Counts what is done and says so now and then. As a context it closes itself.

    Args:
        title: what is counted.
        total: how many there will be; None if nobody knows.
        done: how many there are already, from an earlier run.
        stream: standard error, if no other is given.
    """

    def __init__(self, title: str, total: int | None, done: int = 0, stream: TextIO | None = None) -> None:
        self._title, self._total, self._known = title, total, done
        self._stream = stream or sys.stderr
        self._redraw = self._stream.isatty()
        self._begun = self._said = time.monotonic()
        self._done = done
        if done:
            print(f"{title}: {_of(done, total)} done before", file=self._stream, flush=True)

    def step(self, count: int = 1) -> None:
        """So many more."""
        self._done += count
        if time.monotonic() - self._said >= _SECONDS_BETWEEN[self._redraw]:
            self._said = time.monotonic()
            self._show()

    def close(self) -> None:
        """Say where it ended; what took no time is not worth a line."""
        worth_telling = self._said > self._begun or time.monotonic() - self._begun >= _WORTH_TELLING
        if self._done > self._known and worth_telling:
            self._show()
            if self._redraw:
                self._stream.write("\n")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _show(self) -> None:
        seconds = max(time.monotonic() - self._begun, 1e-9)
        rate = (self._done - self._known) / seconds
        text = f"{self._title}: {_of(self._done, self._total)}, {rate:.1f}/s, {_clock(seconds)} gone"
        if self._total and self._done < self._total:
            text += f", {_clock((self._total - self._done) / rate)} left"
        self._say(text)

    def _say(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}" if self._redraw else f"{text}\n")
        self._stream.flush()


def _of(done: int, total: int | None) -> str:
    return f"{done}/{total} ({100 * done // total} %)" if total else str(done)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
