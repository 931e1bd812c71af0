"""Rows of an Excel workbook (.xlsx): the first sheet, its values as they are shown."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from unimumer_data.errors import SourceError
from unimumer_data.support.limits import SHEET_BYTES

_DAMAGED = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, SyntaxError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)  # what openpyxl lets through of zipfile and of the reader of XML


def read_spreadsheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(row number from 1, cells as text) of each row of the first sheet that is not empty.

    Raises:
        SourceError: openpyxl is missing, or the file is no workbook, or it unpacks to more than `SHEET_BYTES`.
    """
    try:
        import openpyxl
    except ImportError:
        raise SourceError(f"{path}: reading .xlsx needs openpyxl; pip install openpyxl, or save it as CSV") from None
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > SHEET_BYTES:
            raise SourceError(f"{path}: unpacks to {size} bytes, over {SHEET_BYTES}; save it as CSV")
        with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
            for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
                cells = ["" if cell is None else _text(cell) for cell in row]
                while cells and not cells[-1]:
                    cells.pop()
                if cells:
                    yield number, cells
    except SourceError:
        raise
    except _DAMAGED as error:
        raise SourceError(f"{path}: cannot be read as .xlsx ({error}); save it as CSV") from error


def _text(cell: object) -> str:
    """A value as it is shown; whole numbers without a point."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
