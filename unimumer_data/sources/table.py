"""A user's own folder: pictures and a TSV, CSV, JSONL, JSON or Excel table, or a ``.txt`` beside each picture."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from unimumer_data.errors import SourceError
from unimumer_data.records.record import Replacement, Sample
from unimumer_data.support.files import read_bytes

from . import label_studio
from .base import Drop, Source, existing_folder, unique_ids
from .formats.columns import Table, choose_columns, separator_of
from .formats.finder import FOREIGN, PictureFinder, walk
from .formats.json_table import read_json_table
from .formats.rows import split_rows
from .formats.spreadsheet import read_spreadsheet
from .formats.tables import IMAGE_SUFFIXES, Line, count_lines, decode, is_text, read_lines

TABLES = (".tsv", ".csv", ".jsonl", ".json", ".xlsx")
LOOKED_AT = 50  # rows, to see which column is which


def read(
    path: Path, split: str, *, pictures: str = "", image_column: str = "", label_column: str = ""
) -> Iterator[Sample | Drop]:
    """The samples in the order of the table. A row whose picture is missing has ``image=None``."""
    table = _table(path)
    if table is None:
        yield from _text_beside(path, split)
        return
    root = existing_folder(Path(pictures)) if pictures else table.parent
    finder = PictureFinder(root, hint=table.stem, start=table.parent)
    rows = _rows(table, [column for column in (image_column, label_column) if column])
    first = list(islice(rows, LOOKED_AT))
    if first and label_studio.is_export(first[0].cells if first[0].fields is None else list(first[0].fields)):
        yield from label_studio.read(table, split, pictures=pictures, image=image_column, text=label_column)
        return
    columns = choose_columns(table, first, finder, image_column, label_column)
    labels: dict[Path, tuple[str, str]] = {}
    for row in chain(first[columns.header :], rows):
        place = f"{table.name}:{row.number}"
        if row.fault:
            yield Drop(id=place, reason="bad_row", message=f"{place}: {row.fault}", before=row.text)
            continue
        name, label, fault = columns.pick(row)
        if fault:
            yield Drop(id=place, reason="bad_row", message=f"{place}: {fault}", before=row.text)
            continue
        found = finder.look_up(name)
        if found.image and not is_text(str(found.image)):
            yield Drop(
                id=place, reason="encoding", message=f"{place}: the picture's name is not Unicode", before=label
            )
            continue
        if found.image and labels.setdefault(found.image, (label, place))[0] != label:
            message = f"{place}: {labels[found.image][1]} has another label for the same picture; keep one of them"
            yield Drop(id=found.id, reason="two_labels", message=message, before=label)
            continue
        yield Sample(
            id=found.id or place,
            label=label,
            image=found.image,
            split=split,
            replaced=row.replaced,
            absent=f"{name}: {found.fault}" if found.fault else "",
        )


def count(path: Path, split: str) -> int | None:
    """The number of samples, for the progress bar; None where it is not known."""
    table = _table(path)
    if table is None:
        return len(_labelled_pictures(path))
    if table.suffix.lower() == ".xlsx":
        return None
    return count_lines(table)


def _table(path: Path) -> Path | None:
    """The table of a folder; None where every picture has its own text file.

    Raises:
        SourceError: no such path, several tables, or nothing to read.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder (from {Path.cwd()}); write path=FOLDER of the pictures")
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
    files = (Path(folder, name) for folder, _, names in walk(path) for name in names)
    pictures = (file for file in files if file.suffix.lower() in (*IMAGE_SUFFIXES, *FOREIGN))
    return [picture for picture in pictures if picture.with_suffix(".txt").is_file() and picture.is_file()]


def _text_beside(path: Path, split: str) -> Iterator[Sample | Drop]:
    for sample_id, picture in unique_ids(path, _labelled_pictures(path)):
        raw = read_bytes(picture.with_suffix(".txt"))
        text, replaced = decode(raw.removeprefix(b"\xef\xbb\xbf"), picture.with_suffix(".txt").name)
        label = " ".join(line.strip() for line in text.split("\n") if line.strip())
        if picture.suffix.lower() in FOREIGN:
            message = (
                f"{picture} is {FOREIGN[picture.suffix.lower()]}, which cannot be read; convert it to PNG or JPEG"
            )
            yield Drop(id=sample_id, reason="no_image", message=message, before=label)
        else:
            yield Sample(id=sample_id, label=label, image=picture, split=split, replaced=replaced)


def _rows(table: Path, named: Collection[str]) -> Iterator[Table]:
    """The rows of a table of any kind.

    Args:
        named: columns that the user named; they prove that the first line is a header.
    """
    match table.suffix.lower():
        case ".json":
            for number, item in enumerate(read_json_table(table)):
                yield _object(number, item, "")
        case ".jsonl":
            for line in read_lines(table):
                if line.text.strip():
                    yield _json_line(line)
        case ".xlsx":
            for number, cells in read_spreadsheet(table):
                yield Table(number, cells, None, "", "\t".join(cells), (), "\t")
        case kind:
            lines = (line for line in read_lines(table) if line.text.strip())
            first = next(lines, None)
            if first is None:
                return
            separator, is_named = separator_of(first.text, "\t" if kind == ".tsv" else ",", named)
            quoted = kind != ".tsv" or separator != "\t"
            for row in split_rows(lines if is_named else chain([first], lines), separator, quoted=quoted):
                yield Table(row.number, row.cells, None, row.fault, row.text, row.replaced, separator)


def _json_line(line: Line) -> Table:
    try:
        return _object(line.number, json.loads(line.text), line.text, line.replaced)
    except (ValueError, RecursionError) as error:
        return Table(line.number, [], None, f"broken JSON: {error}", line.text, line.replaced)


def _object(number: int, item: Any, text: str, replaced: tuple[Replacement, ...] = ()) -> Table:
    if isinstance(item, Mapping):
        return Table(number, [], dict(item), "", text or f"{item!r:.500}", replaced)
    if isinstance(item, list) and all(isinstance(cell, str | int) for cell in item):
        return Table(number, [str(cell) for cell in item], None, "", text or f"{item!r:.500}", replaced)
    return Table(number, [], None, f"an object is needed, found {item!r:.60}", text, replaced)


SOURCE = Source(
    name="table",
    layout="pictures and a TSV, CSV, JSONL, JSON or XLSX table of (picture, label), or one .txt beside each picture",
    read=read,
    count=count,
    licence="your own data",
    options={
        "pictures": "folder of the pictures, if they are not beside the table or below",
        "image_column": "column with the picture's name",
        "label_column": "column with the LaTeX",
    },
)
