"""Rows of separated tables. One row that is broken, a quote that never closes for instance, spoils no other."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from unimumer_data.records.record import Replacement

from .tables import Line

LINES_OF_A_ROW = 50  # a quoted cell may hold line feeds; a quote that is open for longer was never closed

csv.field_size_limit(1 << 30)


class Row(NamedTuple):
    """A row of a table.

    Args:
        number: of its first line in the file, from 1.
        cells: as they stand, unquoted; empty where the row is broken.
        fault: what is wrong with it, or empty.
        text: the row as it stands in the file.
        replaced: of its lines.
    """

    number: int
    cells: list[str]
    fault: str
    text: str
    replaced: tuple[Replacement, ...]


def split_rows(lines: Iterable[Line], separator: str, *, quoted: bool) -> Iterator[Row]:
    """The rows of a table that are not blank.

    Args:
        lines: of the file.
        separator: one character.
        quoted: whether cells may stand in double quotes, as in CSV; a TSV has no quotes, since LaTeX holds some.
    """
    ahead: deque[Line] = deque()
    source = iter(lines)
    while True:
        line = ahead.popleft() if ahead else next(source, None)
        if line is None:
            return
        if not line.text.strip():
            continue
        if not quoted or '"' not in line.text:
            yield Row(line.number, line.text.split(separator), "", line.text, line.replaced)
            continue
        yield _quoted(line, ahead, source, separator)


def _quoted(first: Line, ahead: deque[Line], source: Iterator[Line], separator: str) -> Row:
    """The row that begins with ``first``; lines that were looked at but do not belong to it go back into ``ahead``."""
    taken = [first]
    while True:
        try:
            cells = _cells(taken, separator, strict=True)
        except csv.Error as error:
            is_open = "unexpected end of data" in str(error)
            if not is_open and len(taken) == 1:
                return _sloppy(first, separator)
            following = ahead.popleft() if ahead else next(source, None)
            if is_open and following is not None and len(taken) < LINES_OF_A_ROW:
                taken.append(following)
                continue
            ahead.extendleft(reversed([*taken[1:], *([following] if following is not None else [])]))
            fault = 'a quote (") opens and does not close; close it, or double it where it is part of the text'
            return Row(first.number, [], fault, first.text, first.replaced)
        text = "\n".join(line.text for line in taken)
        return Row(first.number, cells, "", text, tuple(one for line in taken for one in line.replaced))


def _sloppy(line: Line, separator: str) -> Row:
    """A row with text behind a closing quote, which spreadsheets do not write and people do."""
    try:
        return Row(line.number, _cells([line], separator, strict=False), "", line.text, line.replaced)
    except csv.Error as error:
        return Row(line.number, [], str(error), line.text, line.replaced)


def _cells(lines: list[Line], separator: str, *, strict: bool) -> list[str]:
    texts = [f"{line.text}\n" for line in lines[:-1]] + [lines[-1].text]
    rows = csv.reader(texts, delimiter=separator, strict=strict)
    (cells,) = islice(rows, 2)
    return cells
