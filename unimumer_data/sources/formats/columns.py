"""Which column of a table holds the picture and which the label: by its header, or by what is in the cells."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from unimumer_data.errors import SourceError, suggestion
from unimumer_data.records.record import Replacement

from .finder import FOREIGN, PictureFinder
from .tables import IMAGE_SUFFIXES

IMAGE_COLUMNS = ("image", "img", "image_path", "file", "file_name", "filename", "path", "name", "id", "img_id",
                 "image_name", "image_file", "img_path", "img_name", "picture", "images")  # fmt: skip
LABEL_COLUMNS = ("label", "latex", "formula", "truth", "ground_truth", "gt", "caption", "text", "tex",
                 "latex_code", "equation", "latex_formula", "expression", "labels", "annotation",
                 "transcription")  # fmt: skip

_SEPARATORS = (",", ";", "\t", "|")
_SHOWN = "a comma, ';', tab or '|'"
_PICTURES = (*IMAGE_SUFFIXES, *FOREIGN)


class Table(NamedTuple):
    """A row of a table of any kind.

    Args:
        number: of the row, or of its first line.
        cells: of a separated table; empty for JSON.
        fields: of a JSON object; None for a separated table.
        fault: what is wrong with the row, or empty.
        text: as it stands.
        replaced: of its lines.
        separator: between the cells.
    """

    number: int
    cells: list[str]
    fields: dict[str, Any] | None
    fault: str
    text: str
    replaced: tuple[Replacement, ...]
    separator: str = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where picture and label stand.

    Args:
        image, label: key of a JSON object, or index of a cell; -1 is the last.
        names: the header; empty where there is none.
        header: rows that the header takes, 0 or 1.
    """

    image: str | int
    label: str | int
    names: tuple[str, ...] = ()
    header: int = 0

    def pick(self, row: Table) -> tuple[str, str, str]:
        """(name of the picture, label, what is wrong) of a row."""
        if row.fields is not None:
            name, label = row.fields.get(str(self.image)), row.fields.get(str(self.label))
            if isinstance(name, bool) or not isinstance(name, str | int) or not isinstance(label, str):
                return "", "", f"picture {name!r:.60}, label {label!r:.60}"
            return str(name).strip(), label, ""
        if isinstance(self.image, str) or isinstance(self.label, str):
            return "", "", f"an object is needed, found {row.text:.60}"
        cells = row.cells
        if len(cells) < 2:
            return "", "", f"a picture and a label are needed, with {_SHOWN} between them; found {row.text!r:.60}"
        if not self.names:  # a label may hold the separator
            rest = cells[1:] if self.image == 0 else cells[:-1]
            return cells[self.image].strip(), row.separator.join(rest), ""
        surplus = len(cells) - len(self.names)
        if surplus > 0 and self.label == len(self.names) - 1:
            cells = [*cells[: self.label], row.separator.join(cells[self.label :])]
        elif surplus > 0:
            return "", "", f"{len(cells)} cells, the header has {len(self.names)}; put the label in double quotes"
        if max(self.image, self.label) >= len(cells):
            return "", "", f"{len(cells)} cells, the header has {len(self.names)}: {row.text!r:.60}"
        return cells[self.image].strip(), cells[self.label], ""


def has_both(names: Sequence[str]) -> bool:
    """Whether these are the names of columns, with one for pictures and one for labels."""
    return _known(names) is not None


def separator_of(line: str, usual: str, named: Collection[str] = ()) -> tuple[str, bool]:
    """(separator of a table by its first line, whether that line only names it, as Excel's ``sep=;`` does)."""
    stated = re.fullmatch(r"\s*sep=(.)\s*", line, re.IGNORECASE)
    if stated:
        return stated[1], True
    candidates = [usual, *(one for one in _SEPARATORS if one != usual)]
    split = {one: [cell.strip().strip('"') for cell in line.split(one)] for one in candidates}
    able = [one for one in candidates if len(split[one]) > 1]
    known = [one for one in able if set(named) & set(split[one]) or _known(split[one]) is not None]
    with_pictures = [one for one in able if any(cell.lower().endswith(_PICTURES) for cell in split[one])]
    return next(iter([*known, *with_pictures, *able]), usual), False


def choose_columns(
    table: Path, rows: Sequence[Table], finder: PictureFinder, image_column: str = "", label_column: str = ""
) -> Columns:
    """Where picture and label stand in a table.

    Args:
        table: the file, for messages.
        rows: the first rows.
        finder: finds pictures, by which a column of pictures is known.
        image_column, label_column: as the user named them; empty where they are to be found.

    Raises:
        SourceError: a column cannot be recognised; lists those that exist.
    """
    whole = [row for row in rows if not row.fault]
    if not whole:
        return Columns(image=0, label=1)
    if whole[0].fields is not None:
        names = list(whole[0].fields)
        columns = [[row.fields.get(name) for row in whole if row.fields is not None] for name in names]
        if not image_column and not label_column and _known(names) is None and (shares := _shares(columns, finder)):
            chosen = _by_pictures(table, names, shares)
        else:
            chosen = _by_name(table, names, columns, finder, image_column, label_column)
        return Columns(image=names[chosen[0]], label=names[chosen[1]])
    head = [cell.strip() for cell in whole[0].cells]
    named = [name for name in (image_column, label_column) if name]
    width = len(head)
    columns = [[row.cells[place] for row in whole[1:] if place < len(row.cells)] for place in range(width)]
    if set(named) & set(head) or _known(head) is not None:
        chosen = _by_name(table, head, columns, finder, image_column, label_column)
        return Columns(image=chosen[0], label=chosen[1], names=tuple(head), header=1 + rows.index(whole[0]))
    return _by_content(table, head, columns, finder, rows.index(whole[0]))


def _by_content(table: Path, head: list[str], columns: list[list[Any]], finder: PictureFinder, before: int) -> Columns:
    """The columns of a table whose first row is no header that we know."""
    shares = [_pictures_in(column, finder) for column in columns]
    best = max(range(len(head)), key=lambda place: shares[place], default=0)
    if len(head) > 1 and shares[best] and not _is_picture(head[best], finder):  # a header in other words
        image, label = _by_pictures(table, head, shares)
        return Columns(image=image, label=label, names=tuple(head), header=1 + before)
    swapped = best == len(head) - 1 > 0 and shares[best] > 0 and not shares[0]
    if swapped or (not columns[0] and not _is_picture(head[0], finder) and _is_picture(head[-1], finder)):
        return Columns(image=-1, label=0)
    return Columns(image=0, label=1)


def _by_pictures(table: Path, names: Sequence[str], shares: Sequence[float]) -> tuple[int, int]:
    """The columns of a table whose names we do not know: the one with the pictures, and the only other one."""
    if len(names) != 2:
        raise SourceError(
            f"{table}: cannot tell which column is the label; columns: {', '.join(names)}. "
            "Write options='{image_column: NAME, label_column: NAME}'"
        )
    image = max(range(2), key=lambda place: shares[place])
    return image, 1 - image


def _shares(columns: Sequence[Sequence[Any]], finder: PictureFinder) -> list[float]:
    """Share of the cells of each column that name a picture; empty where none does."""
    shares = [_pictures_in(column, finder) for column in columns]
    return shares if any(shares) else []


def _pictures_in(column: Sequence[Any], finder: PictureFinder) -> float:
    """Share of the cells that name a picture."""
    return sum(_is_picture(cell, finder) for cell in column) / max(1, len(column))


def _is_picture(cell: Any, finder: PictureFinder) -> bool:
    if not isinstance(cell, str | int) or isinstance(cell, bool) or not str(cell).strip():
        return False
    text = str(cell).strip()
    return text.lower().endswith(_PICTURES) or (len(text) < 200 and finder.look_up(text).image is not None)


def _by_name(
    table: Path,
    names: Sequence[str],
    columns: Sequence[Sequence[Any]],
    finder: PictureFinder,
    image_column: str,
    label_column: str,
) -> tuple[int, int]:
    """The columns by their names; a column named as pictures are, without any, gives way to one that has some."""
    image = _column(table, names, image_column, IMAGE_COLUMNS, "image_column")
    label = _column(table, names, label_column, LABEL_COLUMNS, "label_column")
    if image_column or _pictures_in(columns[image], finder):
        return image, label
    shares = [_pictures_in(column, finder) for column in columns]
    if not label_column and shares[label]:
        raise SourceError(
            f"{table}: are the columns swapped? {names[label]!r} holds the pictures. Correct the header, or write "
            f"options='{{image_column: {names[label]}, label_column: {names[image]}}}'"
        )
    return (max(range(len(names)), key=lambda place: shares[place]) if any(shares) else image), label


def _column(table: Path, names: Sequence[str], wanted: str, known: Sequence[str], key: str) -> int:
    if wanted and wanted in names:
        return names.index(wanted)
    plain = [_plain(name) for name in names]
    found = None if wanted else next((plain.index(name) for name in known if name in plain), None)
    if found is None:
        near = suggestion(wanted, names) if wanted else ""
        raise SourceError(
            f"{table}: no column {wanted or ' or '.join(known[:3])!r}{near}; columns: {', '.join(names)}. "
            f"Write options='{{{key}: NAME}}'"
        )
    return found


def _known(cells: Sequence[str]) -> Mapping[str, int] | None:
    """Name -> place, if the cells are a header that has a picture and a label."""
    plain = {_plain(cell): place for place, cell in enumerate(cells)}
    return plain if plain.keys() & set(IMAGE_COLUMNS) and plain.keys() & set(LABEL_COLUMNS) else None


def _plain(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().lower())
