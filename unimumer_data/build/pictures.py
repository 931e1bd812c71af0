"""The picture of a sample as build stores it: drawn from ink, or scaled, turned upright and flattened on white."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from unimumer_data.images import fit_pixels, load_image
from unimumer_data.ink import Ink, Style, encode_png, render
from unimumer_data.photo import PEN_WIDTHS, encode_photo, generator, photograph
from unimumer_data.records.record import Sample

_JPEG = (".jpg", ".jpeg")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image and its bytes on disk."""

    image: Image.Image
    data: bytes


def draw(ink: Ink, max_pixels: int, photo: str | None = None) -> Picture:
    """The picture of an ink.

    Args:
        photo: seed of a photograph of it (`photo.generator`); None for the drawing itself.

    Raises:
        InkError: it cannot be drawn legibly.
        ImageError: the bound leaves nothing.
    """
    if photo is None:
        image = fit_pixels(render(ink, Style(max_pixels=max_pixels)), max_pixels)
        return Picture(image, encode_png(image))
    rng = generator(photo)
    style = Style(max_pixels=max_pixels, pen_width=rng.uniform(*PEN_WIDTHS))
    return _photographed(render(ink, style), max_pixels, rng)


def convert(
    where: Path | bytes,
    max_pixels: int,
    prepare: Callable[[Image.Image], Image.Image] | None = None,
    photo: str | None = None,
) -> Picture:
    """A picture file, or an encoded picture, as training will see it.

    Args:
        prepare: what the corpus does to its opened pictures first (``Source.picture``).
        photo: as for `draw`.

    Raises:
        ImageError: it cannot be opened, or is out of bounds.
    """
    image = load_image(where)
    image = fit_pixels(prepare(image) if prepare else image, max_pixels)
    if photo is not None:
        return _photographed(image, max_pixels, generator(photo))
    buffer = BytesIO()
    if suffix(where) == ".jpg":
        image.save(buffer, "JPEG", quality=95, subsampling=0)
    else:
        image.save(buffer, "PNG")
    return Picture(image, buffer.getvalue())


def _photographed(image: Image.Image, max_pixels: int, rng: random.Random) -> Picture:
    image = fit_pixels(photograph(image, rng), max_pixels)
    return Picture(image, encode_photo(image, rng))


def suffix(where: Path | bytes | None) -> str:
    """Photographs stay JPEG, at a quality that shows no difference; all else becomes PNG."""
    photograph = where.startswith(b"\xff\xd8") if isinstance(where, bytes) else str(where).lower().endswith(_JPEG)
    return ".jpg" if photograph else ".png"


def stored_path(sample: Sample, prefix: str, *, photo: bool = False) -> str:
    """The path in records of a picture that build writes."""
    return f"{prefix}/{sample.id}{'.jpg' if photo else suffix(sample.image or sample.pixels)}"


def referenced_path(image: Path, root: Path) -> str:
    """The path in records of a picture that stays where it is."""
    path = os.path.relpath(image, root).replace(os.sep, "/")
    return path if path.startswith("../") else f"./{path}"
