"""Im2LaTeX as CSV: Im2LaTeXv2 (a formula, then one picture for each of its styles) and `formula,image` copies.

Source: MathNet, arXiv 2404.13667; Zenodo 11230382 and 11296280.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from unimumer_data.errors import SourceError
from unimumer_data.records.record import Sample

from .base import Drop, Source, existing_folder
from .formats.rows import Row, split_rows
from .formats.tables import read_lines, split_spellings

IMAGE_FOLDERS = ("", "images", "formula_images", "formula_images_processed",
                 "formula_images_processed/formula_images_processed")  # fmt: skip


def read(path: Path, split: str, *, styles: str = "one", table: str = "") -> Iterator[Sample | Drop]:
    """Samples in the order of the table.

    Args:
        styles: ``one`` picture a formula (chosen by the formula's own hash, so that all styles occur and every run
            makes the same choice), ``all``, or the names of some, comma-separated: ``basic,arial``.
        table: the CSV file below path, where more than one fits the split.

    Raises:
        SourceError: no table, or more than one.
    """
    file = _table(path, split, table)
    for row in split_rows(read_lines(file), ",", quoted=True):
        place = f"{file}, row {row.number}"
        if row.fault:
            yield Drop(id=f"row_{row.number}", reason="bad_row", message=f"{place}: {row.fault}", before=row.text)
        elif row.number > 1 or row.cells[0].strip().lower() != "formula":
            yield from _samples(path, split, row, styles, place)


def _samples(path: Path, split: str, row: Row, styles: str, place: str) -> Iterator[Sample | Drop]:
    label, *names = row.cells
    label, pictures = label.strip(), [picture for name in names if (picture := PurePosixPath(name.strip())).name]
    if styles not in ("one", "all"):
        wanted = set(styles.split(","))
        pictures = [picture for picture in pictures if wanted & set(picture.parts[:-1])]
    elif styles == "one" and pictures:
        pictures = [pictures[blake2b(label.encode(), digest_size=4).digest()[0] % len(pictures)]]
    if not pictures:
        yield Drop(id=place.rpartition(", ")[2], reason="no_image", message=f"{place}: names no picture", before=label)
    for picture in pictures:
        sample_id = "__".join(picture.with_suffix("").parts)
        image = next((path / base / picture for base in IMAGE_FOLDERS if os.path.isfile(path / base / picture)), None)
        if image is None or ".." in picture.parts or picture.is_absolute():
            yield Drop(id=sample_id, reason="no_image", message=f"{path / picture}: no such picture", before=label)
        else:
            yield Sample(id=sample_id, label=label, image=image, split=split, replaced=row.replaced)


def _table(path: Path, split: str, name: str) -> Path:
    existing_folder(path)
    if name:
        if not (path / name).is_file():
            raise SourceError(f"{path / name}: no such table; correct table={name}")
        return path / name
    files = sorted(file for file in path.glob("*.csv") if any(word in file.stem for word in split_spellings(split)))
    if len(files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise SourceError(f"{path}: one CSV file with {split!r} in its name is needed, found {found}; write table=...")
    return files[0]


SOURCE = Source(
    name="im2latex-csv",
    layout="*{train,validate,test}*.csv (formula, then picture files) and the pictures",
    read=read,
    licence="Im2LaTeXv2: CC BY 4.0",
    package="https://zenodo.org/records/11296280",
    options={
        "styles": "one picture a formula (default), all, or style names with commas",
        "table": "the CSV file, where more than one fits the split",
    },
)
