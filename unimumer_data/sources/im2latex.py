"""Im2LaTeX-100K: ``formulas.lst`` (a formula a line), ``train.lst`` (line number, picture, rendering), ``images/``.

Source: Zenodo record 56198. Also reads the names with the prefix `im2latex_`, the picture folder `formula_images`, and
the two-column lists (picture, line number) of the preprocessed copies. Pages are cut to their formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps

from unimumer_data.records.record import Sample

from .base import Drop, Source, existing_folder
from .formats.tables import count_lines, find_one, list_images, read_lines, split_spellings


def read(path: Path, split: str) -> Iterator[Sample | Drop]:
    """Samples in the order of the split's list.

    Raises:
        SourceError: a list or the folder of pictures is missing.
    """
    table = _table(path, split)
    formula_file = find_one(path, ["formulas.lst", "im2latex_formulas.lst", "im2latex_formulas.norm.lst"], "formulas")
    images = find_one(path, ["images", "formula_images", "formula_images_processed"], "folder of pictures")
    formulas = list(read_lines(formula_file))
    names = list_images(images)
    for number, line, _ in read_lines(table):
        if not line.strip():
            continue
        row = _read_row(line)
        if row is None:
            message = f"{table}, line {number}: expected 'line-number picture ...'"
            yield Drop(id=f"line_{number}", reason="bad_row", message=message, before=line)
            continue
        index, name = row
        stem = Path(name).stem
        if index >= len(formulas):
            message = f"{table}, line {number}: formula {index} of {len(formulas)}"
            yield Drop(id=stem, reason="no_label", message=message, before=line)
            continue
        _, label, replaced = formulas[index]
        file = next((known for known in (name, f"{name}.png") if known in names), None)
        if file is None:
            yield Drop(id=stem, reason="no_image", message=f"{images / name}: no such picture", before=label)
            continue
        yield Sample(id=stem, label=label.strip(), image=images / file, split=split, replaced=replaced)


def cut_page(image: Image.Image, margin: int = 8) -> Image.Image:
    """The formula without the rest of its page: the pictures are A4 pages of 1654x2339 pixels, nearly all white.

    Args:
        image: mode RGB, dark print on white.
        margin: pixels of paper to leave around the ink.

    Returns:
        The cut picture; an empty page as it is.
    """
    ink = ImageOps.invert(image.convert("L")).point(lambda dark: 255 if dark > 32 else 0).getbbox()
    if ink is None:
        return image
    left, top, right, bottom = ink
    right, bottom = min(image.width, right + margin), min(image.height, bottom + margin)
    return image.crop((max(0, left - margin), max(0, top - margin), right, bottom))


def _table(path: Path, split: str) -> Path:
    spellings = split_spellings(split)
    names = [f"{prefix}{spelling}.lst" for spelling in spellings for prefix in ("", "im2latex_")]
    filtered = [f"{prefix}{spelling}_filter.lst" for spelling in spellings for prefix in ("", "im2latex_")]
    return find_one(existing_folder(path), names + filtered, "list of the split")


def _read_row(line: str) -> tuple[int, str] | None:
    fields = line.split()
    if len(fields) >= 2 and fields[0].isdecimal():
        return int(fields[0]), fields[1]
    if len(fields) == 2 and fields[1].isdecimal():
        return int(fields[1]), fields[0]
    return None


SOURCE = Source(
    name="im2latex",
    layout="formulas.lst, {train,validate,test}.lst and images/*.png",
    read=read,
    licence="as its makers say (Zenodo 56198); the formulas come from arXiv papers",
    package="https://zenodo.org/records/56198",
    count=lambda path, split: count_lines(_table(path, split)),
    picture=cut_page,
)
