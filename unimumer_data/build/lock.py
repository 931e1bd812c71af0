"""One build of a set at a time, also where several machines share the folder."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from unimumer_data.support.tables import show

NAME = ".build.lock"
_SECONDS_BETWEEN = 0.2  # looks at a lock that another process holds
_REMOVALS = 100  # in a row, of the folder by others that end just then; more is a place where no folder can be


class SetLock:
    """An exclusive lock on the folder of a set. As a context: waits for another build, and says for which.

    The lock ends with its process, whatever ends it. The file of a lock that was released is removed.

    Args:
        folder: of the set; it is made, and removed again if nothing was put into it.

    Attributes:
        waited: whether another process had it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / NAME
        self._lock = FileLock(self._path)
        self.waited = False

    def __enter__(self) -> SetLock:
        removed = 0
        while True:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._lock.acquire(timeout=_SECONDS_BETWEEN if self.waited else 0)
                break
            except Timeout:
                if not self.waited:
                    show(f"{self._folder}: {self._owner()} is building this set; waiting for its end", file=sys.stderr)
                self.waited = True
            except FileNotFoundError:  # the other process has just removed the folder
                removed += 1
                if removed > _REMOVALS:
                    raise
        self._path.write_text(f"process {os.getpid()} on {socket.gethostname()}\n", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)  # while it is held: those who wait notice, and make a file of their own
        self._lock.release()
        for folder in (self._folder, self._folder.parent):
            with suppress(OSError):
                folder.rmdir()

    def _owner(self) -> str:
        try:
            return self._path.read_text(encoding="utf-8").strip() or "another process"
        except OSError:
            return "another process"
