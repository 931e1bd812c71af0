"""A progress line on stderr: redrawn on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

_SECONDS_BETWEEN = {True: 0.2, False: 10.0}  # on a terminal; in a log


class Progress:
    """Use as a context; call with the number done so far.

    Args:
        title: what is being done.
        total: how many there will be, None if unknown.
        unit: what is counted.
    """

    def __init__(self, title: str, total: int | None, unit: str = "samples", stream: TextIO | None = None) -> None:
        self._title, self._total, self._unit = title, total, unit
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._start = self._last = time.monotonic()
        self._first: int | None = None
        self._drawn = False

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int) -> None:
        if self._first is None:
            self._first = done
        now = time.monotonic()
        if now - self._last >= _SECONDS_BETWEEN[self._live]:
            self._last = now
            self._draw(done, now - self._start)

    def _draw(self, done: int, seconds: float) -> None:
        rate = (done - (self._first or 0)) / seconds if seconds else 0.0
        of = f"/{self._total}" if self._total else ""
        text = f"{self._title}: {done}{of} {self._unit}, {rate:.0f}/s"
        if self._total and rate:
            text += f", {max(0, self._total - done) / rate:.0f} s left"
        self._stream.write(f"\r{text}\x1b[K" if self._live else f"{text}\n")
        self._stream.flush()
        self._drawn = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live and self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
