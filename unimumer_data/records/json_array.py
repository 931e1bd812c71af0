"""Items of a JSON array, or of JSON lines, one at a time, in memory that does not grow with the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from unimumer_data.errors import RecordError
from unimumer_data.support.files import regular

_decode = json.JSONDecoder().raw_decode
_SPACE = " \t\r\n"
_ENDS = frozenset(",]" + _SPACE)  # what may stand after an item


def read_json_array(path: Path, block: int = 1 << 20) -> Iterator[Any]:
    """The items of a JSON array.

    Args:
        block: characters to read at once.

    Raises:
        RecordError: no such file, not UTF-8, or not a JSON array; says at which character it breaks.
    """
    try:
        with open(path, encoding="utf-8-sig", opener=regular) as file:
            yield from _Array(path, file, block).items()
    except FileNotFoundError:
        raise RecordError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: cannot be read as UTF-8 JSON: {error}") from error


def read_json_items(path: Path) -> Iterator[tuple[Any, str]]:
    """(item, place) of a JSON array or of JSON lines; the place names file and item for messages.

    JSON lines are known by their first character, as by LLaMA-Factory; the suffix ``.jsonl`` tells where it cannot.

    Raises:
        RecordError: as `read_json_array`.
    """
    first = _first_character(path)
    if first != "{" and (first == "[" or path.suffix != ".jsonl"):
        for number, item in enumerate(read_json_array(path)):
            yield item, f"{path}, record {number}"
        return
    try:
        with open(path, encoding="utf-8-sig", newline="\n", opener=regular) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    place = f"{path}, line {number}"
                    yield _parse(line, place), place
    except FileNotFoundError:
        raise RecordError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: cannot be read as UTF-8 JSON: {error}") from error


def begins_with_object(path: Path) -> bool:
    """Whether a file begins as JSON lines do."""
    return _first_character(path) == "{"


def _first_character(path: Path) -> str:
    """The first character that is no white space; an empty text where there is none, or no file."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace", opener=regular) as file:
            while block := file.read(1 << 12):
                if block.strip():
                    return block.lstrip()[0]
    except OSError:
        pass
    return ""


def _parse(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{place}: broken JSON: {error}") from error


class _Array:
    """The text of an array that is read block by block."""

    def __init__(self, path: Path, file: TextIO, block: int) -> None:
        self._path, self._file, self._block = path, file, block
        self._text, self._start, self._passed = "", 0, 0

    def items(self) -> Iterator[Any]:
        if self._peek() != "[":
            raise RecordError(f"{self._path}: a JSON array is needed, found {self._text[self._start :][:20]!r}")
        self._start += 1
        if self._peek() == "]":
            self._start += 1
        else:
            while True:
                yield self._item()
                mark = self._peek()
                if mark not in (",", "]"):
                    raise self._broken()
                self._start += 1
                if mark == "]":
                    break
        if self._peek():
            raise self._broken("something after the array")

    def _peek(self) -> str:
        """The next character that is no white space; an empty text at the end."""
        while True:
            while self._start < len(self._text):
                char = self._text[self._start]
                if char not in _SPACE:
                    return char
                self._start += 1
            if not self._more():
                return ""

    def _item(self) -> Any:
        self._peek()
        while True:
            try:
                item, stop = _decode(self._text, self._start)
                if self._text[stop : stop + 1] in _ENDS:  # a number may go on in the next block
                    self._start = stop
                    return item
            except RecursionError as error:
                raise self._broken("nested too deeply") from error
            except ValueError:
                pass
            if not self._more():
                raise self._broken()

    def _more(self) -> bool:
        """Read on: at least as much as is still open, so that a long item is not decoded too often."""
        more = self._file.read(max(self._block, len(self._text) - self._start))
        self._passed += self._start
        self._text, self._start = self._text[self._start :] + more, 0
        return bool(more)

    def _broken(self, why: str = "broken JSON") -> RecordError:
        found = self._text[self._start : self._start + 40]
        return RecordError(f"{self._path}: {why} at character {self._passed + self._start}: {found!r}")
