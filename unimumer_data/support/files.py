"""Files that are whole or absent, whatever happens while they are written."""

from __future__ import annotations

import errno
import glob
import os
import platform
import re
import secrets
import shutil
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unimumer_data.errors import OutputError

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NO_FILE_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f<>:\"/\\|?*\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def as_file_name(name: str) -> str:
    """``name`` with ``_`` for each character that a file name must not hold on some system, or must not show.

    >>> as_file_name("a<b>/c d")
    'a_b__c d'
    """
    return _NO_FILE_NAME.sub("_", name)


def whole_text(text: str) -> str:
    """Text without halves of surrogate pairs, which no UTF-8 file can hold; each becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def regular(path: str, flags: int) -> int:
    """For ``open(..., opener=regular)``: only what is a file is read; a pipe or a device might never end.

    Raises:
        OSError: it is a pipe, a socket or a device, or it cannot be opened.
    """
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # else the opening of a pipe waits for its writer
    mode = os.fstat(handle).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # open() itself refuses a folder
        os.close(handle)
        raise OSError(errno.EINVAL, "is a pipe or a device, not a file", path)
    return handle


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """A text file; a pipe or a device is no file, see `regular`."""
    with open(path, encoding=encoding, opener=regular) as file:
        return file.read()


def read_bytes(path: Path) -> bytes:
    """A file as it is; a pipe or a device is no file, see `regular`."""
    with open(path, "rb", opener=regular) as file:
        return file.read()


def fold(name: str) -> str:
    """A name as file systems compare names that ignore capital letters and ways to write an accent.

    >>> fold("Caf\u00e9") == fold("cafe\u0301")
    True
    """
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def partial_path(path: Path) -> Path:
    """Where a file is written before it takes its place; a new name each time, so that no two processes share one."""
    return path.with_name(f".{path.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}.partial")


def clear_partials(folder: Path, name: str | None = None) -> None:
    """Remove what processes that were killed in `write_whole` have left; only while no other may write there.

    Args:
        folder: of the files.
        name: of the file that was written, all by default.
    """
    title = "*" if name is None else glob.escape(name[:100])
    for leftover in folder.glob(f".{title}.[0-9]*-{'[0-9a-f]' * 8}.partial"):
        with suppress(OSError):
            leftover.unlink()


def write_whole(path: Path, text: str) -> None:
    """Write a text file, and its folder where there is none. A symbolic link stays one; its target is written.

    Raises:
        OutputError: cannot be written.
    """
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    partial = partial_path(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(whole_text(text).encode())
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); make room or choose another output=..."
        ) from error


def refuse_taken(output: Path) -> None:
    """Refuse to write a folder where something is already.

    Raises:
        OutputError: there is a file of this name, or a folder with something in it.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise OutputError(f"{output}: exists; choose another output=..., or remove it")


@contextmanager
def whole_folder(output: Path) -> Iterator[Path]:
    """A folder to write into, which takes the place of ``output`` at the end; after an error nothing is left of it.

    What a process of this machine that was killed has left of such a folder is removed.

    Raises:
        OutputError: it cannot be written.
    """
    start = f".{output.name[:100]}.{platform.node()}-"
    for leftover in output.parent.glob(f"{glob.escape(start)}*.partial"):
        if not _is_alive(leftover.name.removeprefix(start).removesuffix(".partial")):
            shutil.rmtree(leftover, ignore_errors=True)
    partial = output.with_name(f"{start}{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        yield partial
        if output.exists():
            output.rmdir()
        partial.rename(output)
    except OSError as error:
        raise OutputError(f"{error.filename or output}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _is_alive(pid: str) -> bool:
    """Whether another process has this number."""
    if not pid.isdecimal() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
