"""A contact sheet: many samples on one picture, each under its id, to see at a glance that they are right.

unimumer preview path=FOLDER [output=preview.png] [count=60] [seed=0]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from unimumer_data.errors import ConfigError, SourceError, UniMumerError
from unimumer_data.images import load_image
from unimumer_data.ink import read_inkml, render
from unimumer_data.support.config import load_config

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
INK_SUFFIX = ".inkml"

_GROUND, _LETTERS = "#c8c8c8", "#303030"
_GAP, _CAPTION = 8, 14  # pixels between pictures and for the line with the id


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewConfig:
    """``path`` is searched to the bottom for InkML files and pictures; ``count`` of them are drawn by lot."""

    path: Path
    output: Path = Path("preview.png")
    count: int = 60
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ConfigError(f"count must be at least 1, got {self.count}")


def contact_sheet(
    samples: Iterable[tuple[str, Image.Image]], *, width: int = 1600, largest: tuple[int, int] = (760, 240)
) -> Image.Image:
    """Pictures in rows, as they come, each with its id above it.

    Args:
        samples: (id, picture) pairs.
        width: of the sheet in pixels.
        largest: (width, height) beyond which a picture is scaled down, aspect kept.

    Returns:
        (height, width) pixels, mode RGB.
    """
    font = ImageFont.load_default()
    placed: list[tuple[int, int, str, Image.Image]] = []
    x, y, row_height = _GAP, _GAP, 0
    for name, picture in samples:
        picture = picture.convert("RGB")
        picture.thumbnail((min(largest[0], width - 2 * _GAP), largest[1]))
        cell = max(picture.width, min(width - 2 * _GAP, int(font.getlength(_printable(name)))))
        if x > _GAP and x + cell + _GAP > width:
            x, y, row_height = _GAP, y + row_height + _GAP, 0
        placed.append((x, y, _printable(name), picture))
        x, row_height = x + cell + _GAP, max(row_height, picture.height + _CAPTION)
    sheet = Image.new("RGB", (width, y + row_height + _GAP), _GROUND)
    draw = ImageDraw.Draw(sheet)
    for left, top, name, picture in placed:
        draw.text((left, top), name, fill=_LETTERS, font=font)
        sheet.paste(picture, (left, top + _CAPTION))
    return sheet


def _printable(name: str) -> str:
    """Ids as the built-in font can write them; it may be one that knows Latin-1 only."""
    return name.encode("latin-1", "replace").decode("latin-1")


def draw_file(path: Path) -> Image.Image:
    """The picture of an InkML file or of an image file.

    Raises:
        InkError, ImageError: it cannot be read.
    """
    return render(read_inkml(path)) if path.suffix.lower() == INK_SUFFIX else load_image(path)


def main(argv: Sequence[str] | None = None) -> int:
    """0 good, 1 nothing to show, 2 usage."""
    try:
        config = load_config(PreviewConfig, sys.argv[1:] if argv is None else argv)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        return _preview(config)
    except (UniMumerError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _preview(config: PreviewConfig) -> int:
    wanted = IMAGE_SUFFIXES | {INK_SUFFIX}
    files = sorted(file for file in config.path.rglob("*") if file.suffix.lower() in wanted)
    if not files:
        raise SourceError(f"{config.path}: no InkML file and no picture in it; correct path=")
    chosen = sorted(random.Random(config.seed).sample(files, min(config.count, len(files))))
    shown = []
    for file in chosen:
        try:
            shown.append((file.stem, draw_file(file)))
        except UniMumerError as error:
            print(f"left out: {error}", file=sys.stderr)
    contact_sheet(shown).save(config.output)
    print(f"{len(shown)} of {len(files)} samples -> {config.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
