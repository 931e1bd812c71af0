"""Draw a contact sheet: many samples in one picture, each with its id and label, to see at a glance if they are right.

    unimumer preview path=data/sample output=preview.png

Takes a built set, or a folder of InkML files and pictures.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from unimumer_data.errors import ConfigError, OutputError, SourceError, UniMumerError
from unimumer_data.images import load_image
from unimumer_data.ink import read_inkml, render
from unimumer_data.records.json_array import read_json_array
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.tables import show

from . import manifest

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
INK_SUFFIX = ".inkml"

IMAGES = "images"

_GROUND, _LETTERS, _LABEL = "#c8c8c8", "#303030", "#1a4a8a"
_GAP, _CAPTION = 8, 14  # pixels between pictures, and of a line of text
_LEAST_CAPTION = 180  # pixels: labels of narrow pictures are not cut to their width
_LINES = 3  # of a label

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewConfig:
    """Keys of ``unimumer preview``."""

    path: Path = option(
        about="a built set (data/NAME), or a folder of InkML files and pictures, at any depth", files=True
    )
    output: Path = option(Path("preview.png"), "file of the contact sheet")
    count: int = option(60, "number of samples, drawn at random", also=("limit", "n", "samples"))
    seed: int = option(0, "random seed; another one draws other samples")

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ConfigError(f"count must be at least 1, got {self.count}")


def contact_sheet(
    samples: Iterable[tuple[str, str, Image.Image]], *, width: int = 1600, largest: tuple[int, int] = (760, 240)
) -> Image.Image:
    """Pictures in rows, as they come, each with its id and its label above it.

    Args:
        samples: (id, label, picture); the label may be empty.
        width: of the sheet in pixels.
        largest: (width, height) beyond which a picture is scaled down, aspect kept.

    Returns:
        (height, width) pixels, mode RGB.
    """
    font = ImageFont.load_default()
    placed: list[tuple[int, int, list[str], Image.Image]] = []
    x, y, row_height = _GAP, _GAP, 0
    for name, label, picture in samples:
        picture = picture.convert("RGB")
        picture.thumbnail((min(largest[0], width - 2 * _GAP), largest[1]))
        room = min(width - 2 * _GAP, max(picture.width, _LEAST_CAPTION))
        lines = [_fit(_printable(name), room, font), *_wrap(_printable(label), room, font)]
        cell = max(picture.width, *(int(font.getlength(line)) for line in lines))
        if x > _GAP and x + cell + _GAP > width:
            x, y, row_height = _GAP, y + row_height + _GAP, 0
        placed.append((x, y, lines, picture))
        x, row_height = x + cell + _GAP, max(row_height, picture.height + _CAPTION * len(lines))
    sheet = Image.new("RGB", (width, y + row_height + _GAP), _GROUND)
    draw = ImageDraw.Draw(sheet)
    for left, top, lines, picture in placed:
        for number, line in enumerate(lines):
            draw.text((left, top + number * _CAPTION), line, fill=_LETTERS if number == 0 else _LABEL, font=font)
        sheet.paste(picture, (left, top + _CAPTION * len(lines)))
    return sheet


def _wrap(label: str, room: int, font: _Font) -> list[str]:
    """The label in at most `_LINES` lines of ``room`` pixels, broken at spaces."""
    lines: list[str] = []
    for word in label.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        elif len(lines) == _LINES:
            lines[-1] = _fit(f"{lines[-1]} ...", room, font)
            break
        else:
            lines.append(_fit(word, room, font))
    return lines


def _fit(text: str, room: int, font: _Font) -> str:
    """The text, cut to ``room`` pixels."""
    while len(text) > 4 and font.getlength(text) > room:
        text = f"{text[: max(1, min(len(text) - 4, int(len(text) * room / font.getlength(text)) - 3))]}..."
    return text


def _printable(name: str) -> str:
    """Texts as the built-in font can write them; it may be one that knows Latin-1 only."""
    return name.encode("latin-1", "replace").decode("latin-1")


def draw_file(path: Path) -> Image.Image:
    """The picture of an InkML file or of an image file.

    Raises:
        InkError, ImageError: it cannot be read.
    """
    return render(read_inkml(path)) if path.suffix.lower() == INK_SUFFIX else load_image(path)


def set_samples(folder: Path) -> list[tuple[str, str, Path]]:
    """(id, label, picture) of the samples of a built set; empty where the folder is none, or has no pictures."""
    content = manifest.read(folder)
    names = [name for name in (manifest.own_files(content) if content else ()) if name.endswith(".json")]
    if not names or not (folder / names[0]).is_file():
        return []
    found = []
    for record in read_json_array(folder / names[0]):
        path = str(record["images"][0])
        image = folder / IMAGES / path.rpartition("/")[2]
        if image.is_file():
            found.append((image.stem, str(record["messages"][1]["value"]).rpartition("\n")[2], image))
    return found


def draw_samples(
    samples: Sequence[tuple[str, str, Path]], count: int, seed: int
) -> Iterator[tuple[str, str, Image.Image]]:
    """Some of the samples, drawn at random, with their pictures; what cannot be read is said and left out."""
    chosen = sorted(random.Random(seed).sample(range(len(samples)), min(count, len(samples))))
    for place in chosen:
        name, label, file = samples[place]
        try:
            yield name, label, draw_file(file)
        except UniMumerError as error:
            show(f"left out: {error}", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the contact sheet; see `commandline.run_command` for what is returned."""
    words = read_words("unimumer preview", __doc__, argv, keys=keys_of(PreviewConfig))
    return run_command(lambda: _preview(load_config(PreviewConfig, words)))


def _preview(config: PreviewConfig) -> None:
    samples = set_samples(config.path) or _loose_files(config.path)
    if not samples:
        raise SourceError(f"{config.path}: no InkML file and no picture in it; correct path=")
    shown = list(draw_samples(samples, config.count, config.seed))
    save(shown, config.output)
    show(f"{len(shown)} of {len(samples)} samples -> {config.output}")


def save(shown: Iterable[tuple[str, str, Image.Image]], path: Path) -> None:
    """Write a contact sheet.

    Raises:
        OutputError: cannot be written.
    """
    try:
        contact_sheet(shown).save(path)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be written ({error}); choose another output=NAME.png") from error


def _loose_files(path: Path) -> list[tuple[str, str, Path]]:
    """Pictures and ink files below a folder; the labels of ink are in the files."""
    wanted = IMAGE_SUFFIXES | {INK_SUFFIX}
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in wanted and file.is_file())
    return [(file.stem, _label_beside(file), file) for file in files]


def _label_beside(file: Path) -> str:
    """The label of an ink file, or of the text beside a picture."""
    try:
        if file.suffix.lower() == INK_SUFFIX:
            return read_inkml(file).label
        return file.with_suffix(".txt").read_text(encoding="utf-8", errors="replace")
    except (OSError, UniMumerError):
        return ""


if __name__ == "__main__":
    sys.exit(main())
