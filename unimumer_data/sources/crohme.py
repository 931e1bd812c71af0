"""CROHME 2011-2019 and any other folder of InkML files, at any depth.

The label is the truth annotation; where that is damaged or missing, what the MathML layout of the same file says.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from unimumer_data.errors import InkError, LatexSyntaxError, SourceError
from unimumer_data.latex import parse
from unimumer_data.records.record import Replacement, Sample

from .base import Source, existing_folder, unique_ids
from .formats.finder import walk
from .formats.mathml import mathml_to_latex

if TYPE_CHECKING:
    from unimumer_data.ink import Ink


def _files(path: Path) -> list[Path]:
    files = (Path(folder, name) for folder, _, names in walk(existing_folder(path)) for name in names)
    return [file for file in files if file.suffix.lower() == ".inkml" and file.is_file()]


def read(path: Path, split: str) -> Iterator[Sample]:
    """The ink of a folder; ids are file stems."""
    files = _files(path)
    if not files:
        raise SourceError(f"{path}: holds no .inkml file, at any depth; write path=FOLDER of the InkML files")
    for sample_id, file in unique_ids(path, files):
        yield Sample(id=sample_id, label="", ink=file, split=split)


def count(path: Path, split: str) -> int:
    """The number of samples, for the progress bar."""
    return len(_files(path))


def ink_label(ink: Ink) -> tuple[str, tuple[Replacement, ...]]:
    """The truth; where that cannot be read, the MathML layout if that can, and the replacement that says so."""
    damage = _damage(ink.label)
    if damage is None or not ink.layout:
        return ink.label, ()
    try:
        label = mathml_to_latex(ink.layout, name=ink.name)
    except InkError:
        return ink.label, ()
    if _damage(label):
        return ink.label, ()
    message = f"taken from the MathML layout, since the truth cannot be read ({damage})"
    return label, (Replacement(reason="mathml", message=message, before=ink.label),)


def _damage(label: str) -> str | None:
    """Why the label cannot be read; None if it can."""
    if not label.strip("$ "):
        return "empty_label"
    try:
        parse(label)
    except LatexSyntaxError as error:
        return error.reason
    return None


SOURCE = Source(
    name="crohme-inkml",
    layout="a folder of .inkml files, at any depth (CROHME 2011-2019, or your own ink)",
    read=read,
    count=count,
    ink_label=ink_label,
    conventions="crohme",
    licence="CROHME: CC BY-NC-SA 3.0, non-commercial research",
    package="https://tc11.cvc.uab.es/datasets/CROHME-2014_2; all years: https://doi.org/10.5281/zenodo.8428034",
)
