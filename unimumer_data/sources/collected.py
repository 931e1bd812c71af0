"""What people corrected on the page of ``unimumer serve``: one file a sample, ink as InkML, pictures as PNG.

Both are ordinary files that any program opens. The label, what the model had said, the writer and the consent are
annotations of the InkML, or text chunks of the PNG, under the same names.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, PngImagePlugin

from unimumer_data.errors import OutputError, SourceError, UniMumerError
from unimumer_data.images import read_header
from unimumer_data.records.record import Sample
from unimumer_data.support.xml import escape, quoteattr

from .base import Drop, Source, existing_folder, read_ink

if TYPE_CHECKING:
    from unimumer_data.ink import Ink

FOLDER = Path("data/collected")
LABEL, SAID, WRITER, CONSENT, MODEL = "truth", "said", "writer", "consent", "model"
AGREED = "yes"

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A sample to keep.

    Args:
        latex: what it says, as the person has it.
        said: what the model had said; equal to ``latex`` where the model was right.
        model: which model that was.
        writer: who wrote it, as they call themselves; may be empty.
        ink: the strokes; or
        picture: RGB.
    """

    latex: str
    said: str
    model: str = ""
    writer: str = ""
    ink: Ink | None = None
    picture: Image.Image | None = None

    @property
    def notes(self) -> dict[str, str]:
        """The annotations of the file. Nothing is kept of somebody who has not agreed."""
        notes = {LABEL: self.latex, SAID: self.said, WRITER: self.writer, MODEL: self.model, CONSENT: AGREED}
        return {kind: _NOT_XML.sub("", text) for kind, text in notes.items() if text}


def keep(folder: Path, sample: Kept) -> Path:
    """Write a sample; it is on the disk, whole, when the call returns.

    Returns:
        The new file; its name says when it was kept and nothing of what the person typed.

    Raises:
        OutputError: it cannot be written.
    """
    name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}_{secrets.token_hex(4)}"
    if sample.ink is not None:
        path, data = folder / f"{name}.inkml", _inkml(sample.ink, sample.notes).encode("utf-8")
    else:
        assert sample.picture is not None
        path, data = folder / f"{name}.png", _png(sample.picture, sample.notes)
    partial = folder / f".{path.name}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); make room, then keep it again") from error
    return path


def read(path: Path, split: str) -> Iterator[Sample | Drop]:
    """The samples in the order in which they were kept."""
    files = _files(path)
    if not files:
        raise SourceError(f"{path}: nothing was kept yet; correct and keep formulas on the page of unimumer serve")
    for file in files:
        try:
            notes = read_notes(file)
        except UniMumerError as error:
            yield Drop(id=file.stem, reason=error.reason, message=str(error))
            continue
        if notes.get(CONSENT) != AGREED:
            yield Drop(id=file.stem, reason="no_consent", message=f"{file}: the writer has not agreed to its use")
            continue
        ink, image = (file, None) if file.suffix == ".inkml" else (None, file)
        label, writer = notes.get(LABEL, ""), notes.get(WRITER)
        yield Sample(id=file.stem, label=label, ink=ink, image=image, split=split, writer=writer)


def wrong_predictions(path: Path) -> dict[str, list[str]]:
    """Sample id -> what the model had said, of those that a person corrected; for the tasks about errors."""
    found = {}
    for file in _files(path):
        try:
            notes = read_notes(file)
        except UniMumerError:
            continue  # `read` gives the reason
        if notes.get(SAID) and notes[SAID] != notes.get(LABEL) and notes.get(CONSENT) == AGREED:
            found[file.stem] = [notes[SAID]]
    return found


def counts(path: Path) -> tuple[int, int]:
    """How many samples were kept, and how many of them corrected."""
    return (len(_files(path)), len(wrong_predictions(path))) if path.is_dir() else (0, 0)


def read_notes(file: Path) -> Mapping[str, str]:
    """What a kept file says beside its strokes or pixels.

    Raises:
        InkError, ImageError: it cannot be read.
    """
    if file.suffix == ".inkml":
        return read_ink(file).annotations
    return read_header(file).texts


def count(path: Path, split: str) -> int:
    """The number of samples, for the progress bar."""
    return len(_files(path))


def _files(path: Path) -> list[Path]:
    folder = existing_folder(path)
    return sorted(file for file in folder.iterdir() if file.suffix in (".inkml", ".png") and file.name[0] != ".")


def _inkml(ink: Ink, notes: Mapping[str, str]) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<ink xmlns="http://www.w3.org/2003/InkML">']
    lines += [f"<annotation type={quoteattr(kind)}>{escape(text)}</annotation>" for kind, text in notes.items()]
    for number, points in enumerate(ink.traces.values()):
        pairs = zip(points[::2], points[1::2], strict=True)
        lines.append(f'<trace id="{number}">' + ", ".join(f"{x:.8g} {y:.8g}" for x, y in pairs) + "</trace>")
    return "\n".join([*lines, "</ink>\n"])


def _png(picture: Image.Image, notes: Mapping[str, str]) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    for kind, text in notes.items():
        chunks.add_itxt(kind, text)
    buffer = BytesIO()
    picture.save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


SOURCE = Source(
    name="collected",
    layout="what was corrected and kept on the page of unimumer serve; default path data/collected, name own",
    read=read,
    count=count,
    licence="your own data; each sample was kept with its writer's consent",
    path=FOLDER,
    set_name="own",
    wrong_predictions=wrong_predictions,
)
