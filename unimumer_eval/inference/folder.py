"""The folder of a run: a name of its own by default, one writer at a time, and a link to the latest."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from unimumer_data.errors import OutputError
from unimumer_data.support.files import clear_partials, read_text, write_whole
from unimumer_data.support.plain_json import parse_json

RESULTS = Path("results")
LATEST = "latest"
_REQUEST = "request.json"  # what a run was asked, so that the same command finds its folder again
_LOCK = ".lock"
_OWNER = ".lock.owner"


def default_folder(model: str, sets: str, request: Mapping[str, Any], root: Path = RESULTS) -> Path:
    """``results/<model>_<sets>_<date>``, or the folder of the run that the same command began before.

    Args:
        model: who answers; of a path the last part counts.
        sets: what is answered.
        request: the keys of the command, without its output. A run in a folder of ``root`` with the same is this one.
        root: folder of all runs.
    """
    title = f"{_word(Path(model).name)}_{_word(sets)}"
    plain = json.loads(json.dumps(request, default=str))
    for folder in sorted(root.glob(f"{title}_*"), reverse=True):
        if _request_of(folder) == plain:
            return folder
    name = f"{title}_{date.today().isoformat()}"
    names = (name if number == 1 else f"{name}_{number}" for number in count(1))
    folder = next(root / name for name in names if not (root / name).exists())
    write_whole(folder / _REQUEST, json.dumps(plain, ensure_ascii=False, indent=2) + "\n")
    return folder


def link_latest(folder: Path, root: Path = RESULTS) -> None:
    """Let ``results/latest`` point to a run, unless a folder is in its way or the file system has no links."""
    link, temporary = root / LATEST, root / f".{LATEST}.{os.getpid()}"
    if link.exists() and not link.is_symlink():
        return
    with suppress(OSError):
        temporary.symlink_to(folder.name)
        temporary.replace(link)


def check_report(folder: Path, names: Collection[str]) -> None:
    """Whether the report of a folder may be replaced by one about these sets: none of its sets is lost by it.

    Raises:
        OutputError: one would be; names it.
    """
    try:
        known = [one["name"] for one in json.loads(read_text(folder / "scores.json"))["sets"]]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return
    lost = [name for name in known if name not in names]
    if lost:
        raise OutputError(
            f"output={folder}: holds the report of {', '.join(map(str, lost))}, which this run does "
            "not score; choose another output=, name all sets in one run, or write overwrite=true"
        )


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold a run's folder while results are written into it. One of `default_folder` goes again if it gets none.

    Raises:
        OutputError: another process holds it; says which.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"output={folder}: cannot be made: {error.strerror}") from error
    lock, owner = FileLock(folder / _LOCK), folder / _OWNER
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OutputError(
            f"output={folder}: {_owner(owner)} is writing results there; wait for its end, or choose another output="
        ) from None
    try:
        clear_partials(folder)
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()}\n", encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()
        with suppress(OSError):
            (folder / _LOCK).unlink()
        with suppress(OSError):
            if [file.name for file in folder.iterdir()] == [_REQUEST]:
                (folder / _REQUEST).unlink()
                folder.rmdir()


def _owner(path: Path) -> str:
    try:
        return read_text(path).strip() or "another process"
    except OSError:
        return "another process"


def _request_of(folder: Path) -> Any:
    try:
        return parse_json(read_text(folder / _REQUEST))
    except (OSError, ValueError):
        return None


def _word(text: str) -> str:
    """A part of a folder's name: letters, digits, dots and dashes, at most 60 of them."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")[:60] or "run"
