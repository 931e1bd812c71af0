"""A user's own folder: pictures and a TSV, CSV, JSONL or JSON table, or a ``.txt`` beside each picture."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from unimumer_data.errors import SourceError, suggestion
from unimumer_data.records.json_array import read_json_array
from unimumer_data.records.record import Sample

from .base import Drop, Source, existing_folder, unique_ids
from .formats.tables import IMAGE_SUFFIXES, PictureFinder, count_lines, id_of, is_text, read_lines

TABLES = (".tsv", ".csv", ".jsonl", ".json")
IMAGE_COLUMNS = ("image", "img", "image_path", "file", "file_name", "filename", "path", "name", "id", "img_id")
LABEL_COLUMNS = ("label", "latex", "formula", "truth", "ground_truth", "gt", "caption", "text", "tex")

csv.field_size_limit(1 << 30)


def read(
    path: Path, split: str, *, pictures: str = "", image_column: str = "", label_column: str = ""
) -> Iterator[Sample | Drop]:
    """The samples in the order of the table. A row whose picture is missing has ``image=None``."""
    table = _table(path)
    if table is None:
        yield from _text_beside(path, split)
        return
    finder = PictureFinder(existing_folder(Path(pictures)) if pictures else table.parent, hint=table.stem)
    named = [column for column in (image_column, label_column) if column]
    columns: tuple[str, str] | None = None
    for number, row in _rows(table, named):
        place = f"{table.name}:{number}"
        if isinstance(row, str):
            yield Drop(id=place, reason="bad_row", message=f"{place}: {row}")
            continue
        if columns is None:
            columns = (
                _column(table, row, image_column, IMAGE_COLUMNS, "image_column"),
                _column(table, row, label_column, LABEL_COLUMNS, "label_column"),
            )
        name, label = (row.get(column) for column in columns)
        if not isinstance(name, str | int) or not isinstance(label, str):
            yield Drop(id=place, reason="bad_row", message=f"{place}: picture {name!r:.60}, label {label!r:.60}")
        elif not is_text(label) or not is_text(str(name)):
            yield Drop(id=place, reason="encoding", message=f"{place}: not UTF-8", before=ascii(label))
        else:
            name = str(name).strip()
            yield Sample(id=id_of(name), label=label, image=finder.find(name), split=split)


def count(path: Path, split: str) -> int | None:
    table = _table(path)
    if table is None:
        return len(_labelled_pictures(path))
    return count_lines(table)


def _table(path: Path) -> Path | None:
    """The table of a folder; None where every picture has its own text file.

    Raises:
        SourceError: no such path, several tables, or nothing to read.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder (from {Path.cwd()}); write path=... where the pictures lie")
    if path.is_file():
        if path.suffix.lower() not in TABLES:
            raise SourceError(f"{path}: a table ends in {', '.join(TABLES)}")
        return path
    tables = sorted(file for file in path.iterdir() if file.suffix.lower() in TABLES and file.is_file())
    if len(tables) == 1:
        return tables[0]
    if tables:
        raise SourceError(f"{path}: {len(tables)} tables; write path= one of them: {', '.join(map(str, tables))}")
    if not _labelled_pictures(path):
        raise SourceError(
            f"{path}: holds neither a table ({', '.join(TABLES)}) nor pictures with a .txt of the same name"
        )
    return None


def _labelled_pictures(path: Path) -> list[Path]:
    pictures = (file for file in path.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
    return [picture for picture in pictures if picture.with_suffix(".txt").is_file()]


def _text_beside(path: Path, split: str) -> Iterator[Sample | Drop]:
    for sample_id, picture in unique_ids(path, _labelled_pictures(path)):
        text = picture.with_suffix(".txt")
        label = " ".join(line.strip() for _, line in read_lines(text))
        if is_text(label):
            yield Sample(id=sample_id, label=label, image=picture, split=split)
        else:
            yield Drop(id=sample_id, reason="encoding", message=f"{text}: not UTF-8", before=ascii(label))


def _rows(table: Path, named: Collection[str]) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """(row number, row by column) or (row number, what is wrong with the row).

    Args:
        named: columns that the user named; they prove that the first line is a header.
    """
    match table.suffix.lower():
        case ".json":
            for number, item in enumerate(read_json_array(table)):
                yield number, item if isinstance(item, Mapping) else f"an object is needed, found {item!r:.60}"
        case ".jsonl":
            for number, line in read_lines(table):
                try:
                    item = json.loads(line)
                except ValueError as error:
                    item = f"broken JSON: {error}"
                yield number, item if isinstance(item, Mapping) else f"an object is needed, found {item!r:.60}"
        case kind:
            yield from _separated(table, "\t" if kind == ".tsv" else ",", named)


def _separated(table: Path, separator: str, named: Collection[str]) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Rows of a TSV (no quoting: LaTeX holds quotes) or CSV, with or without a header line."""
    lines = (line for _, line in read_lines(table))
    rows: Iterator[list[str]] = (
        (line.split("\t") for line in lines) if separator == "\t" else csv.reader(f"{line}\n" for line in lines)
    )
    header: list[str] | None = None
    for number, row in enumerate(rows, 1):
        if number == 1:
            names = {cell.strip().lower() for cell in row}
            if set(named) & set(row) or (names & set(IMAGE_COLUMNS) and names & set(LABEL_COLUMNS)):
                header = [cell.strip() for cell in row]
                continue
        if header:
            yield number, dict(zip(header, row, strict=False))
        elif len(row) < 2:
            yield number, f"a picture and a label are needed, found {separator.join(row)!r:.60}"
        else:
            yield number, {"image": row[0], "label": separator.join(row[1:])}


def _column(table: Path, row: Mapping[str, Any], wanted: str, known: Sequence[str], key: str) -> str:
    """The column of that meaning.

    Raises:
        SourceError: there is none; tells the columns that exist.
    """
    if wanted in row:
        return wanted
    lower = {name.lower(): name for name in row}
    found = None if wanted else next((lower[name] for name in known if name in lower), None)
    if found is None:
        near = suggestion(wanted, row) if wanted else ""
        raise SourceError(
            f"{table}: no column {wanted or ' or '.join(known[:3])!r}{near}; columns: {', '.join(row)}. "
            f"Write options='{{{key}: NAME}}'"
        )
    return found


SOURCE = Source(
    name="table",
    layout="pictures and a TSV, CSV, JSONL or JSON table of (picture, label), or one .txt beside each picture",
    read=read,
    count=count,
    licence="your own data",
    options={
        "pictures": "folder of the pictures, where they do not lie beside the table or below",
        "image_column": "column with the picture's name",
        "label_column": "column with the LaTeX",
    },
)
