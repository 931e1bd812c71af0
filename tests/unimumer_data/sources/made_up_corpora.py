"""Makers of tiny corpora, true to the published layouts."""

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from unimumer_data.records.record import Sample
from unimumer_data.sources import Drop


def picture(
    text: str = "x", size: tuple[int, int] = (40, 30), ink: str = "black", paper: str = "white"
) -> Image.Image:
    image = Image.new("RGB", size, paper)
    ImageDraw.Draw(image).text((5, 5), text, fill=ink)
    return image


def save_picture(path: Path, **kwargs) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(**kwargs).save(path)
    return path


def picture_bytes(text: str = "x") -> bytes:
    buffer = BytesIO()
    picture(text).save(buffer, "PNG")
    return buffer.getvalue()


def save_ink(path: Path, **annotations: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    notes = "".join(f'<annotation type="{kind}">{text}</annotation>' for kind, text in annotations.items())
    path.write_text(
        f'<ink xmlns="http://www.w3.org/2003/InkML">{notes}<trace id="0">0 0, 10 10, 20 0</trace></ink>',
        encoding="utf-8",
    )
    return path


def save_text(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def labels(items) -> dict[str, str]:
    """Id -> label of the samples, in order."""
    return {item.id: item.label for item in items if isinstance(item, Sample)}


def drops(items) -> dict[str, str]:
    """Id -> reason of the drops, in order."""
    return {item.id: item.reason for item in items if isinstance(item, Drop)}
