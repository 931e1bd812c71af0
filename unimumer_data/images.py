"""Pictures: one way to open them and one way to scale them, for training and for prediction.

A picture that the model sees in training must look the same in prediction. LLaMA-Factory ignores EXIF rotation and
turns transparent paper black; vLLM turns it white. Hence every picture goes through `load_image`, then `fit_pixels`.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from unimumer_data.support.files import regular
from unimumer_data.support.limits import PICTURE_PIXELS

from .errors import ImageError

MAX_SIDE_RATIO = 200  # Qwen2.5-VL's image processor refuses more
IMAGE_MAX_PIXELS = 262144  # of the paper's training, LLaMA-Factory's image_max_pixels
IMAGE_MIN_PIXELS = 32 * 32  # LLaMA-Factory's default image_min_pixels
SIDE_OF_TOKEN = 28  # Qwen2.5-VL: patches of 14 pixels, merged two by two into one token
PROCESSOR_MIN_PIXELS = 56 * 56  # of Qwen2.5-VL's preprocessor_config.json, as the next
PROCESSOR_MAX_PIXELS = 12845056

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""What Pillow may open, by content, whatever the suffix: no format that runs another program (EPS) or draws text."""

_FOREIGN = (
    (0, b"%!PS", "PostScript (EPS)"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript (EPS)"),
    (0, b"%PDF", "a PDF document"),
    (4, b"ftypheic", "a HEIC photograph"),
    (4, b"ftypheix", "a HEIC photograph"),
    (4, b"ftypmif1", "a HEIF photograph"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftypavis", "an AVIF picture"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"<!DOCTYPE svg", "an SVG drawing"),
    (0, b"<!DOCTYPE html", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"version https://git-lfs", "a Git LFS pointer; fetch the file itself (git lfs pull)"),
)  # offset, first bytes, what it is

_EXIF_ORIENTATION = 0x0112
_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")  # more than 8 bits a channel
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
# What Pillow raises for damaged files
_DECODE_ERRORS = (
    *(OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, ArithmeticError, AttributeError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)


def load_image(source: Path | bytes | Image.Image, *, name: str = "") -> Image.Image:
    """Open a picture as RGB: turned upright by its EXIF orientation, transparent parts on white paper.

    Args:
        source: a file, the encoded picture itself (PNG, JPEG, BMP ... bytes), or a picture of any mode.
        name: of the picture in error messages; default: the path.

    Returns:
        Decoded picture, mode RGB, of (height, width) pixels. Of an animation, the first frame; 16-bit greys keep
        their eight leading bits.

    Raises:
        ImageError: missing, not a picture, truncated, more than `PICTURE_PIXELS`, a side ratio over
            `MAX_SIDE_RATIO`, several pages, or HEIC without pillow-heif; names the file and the cure.
    """
    name = name or (str(source) if isinstance(source, Path) else "picture in memory")
    try:
        with _opened(source, name) as image:
            _check_size(image.width, image.height, name)
            pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
            if pages > 1:
                raise ImageError(f"{name}: has {pages} pages; save each formula as a picture of its own")
            return _flatten(ImageOps.exif_transpose(image))
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"{name}: no such file; correct the path, or take the sample out of the list") from error
    except Image.UnidentifiedImageError:
        assert not isinstance(source, Image.Image)  # only what is opened here can be unidentified
        raise ImageError(f"{name}: {_kind_of(source)}; fetch it again, or convert it to PNG or JPEG") from None
    except Image.DecompressionBombError:
        raise ImageError(f"{name}: over {PICTURE_PIXELS} pixels when decoded; scale it down first") from None
    except _DECODE_ERRORS as error:
        raise ImageError(f"{name}: damaged or truncated ({error}); fetch or export it again") from error


def picture_size(path: Path) -> tuple[int, int]:
    """(width, height) of a picture file in pixels, as it is stored, read from its head alone.

    Raises:
        ImageError: missing, or not a picture that `load_image` would open.
    """
    try:
        with open(path, "rb", opener=regular) as file, Image.open(file, formats=FORMATS) as image:
            size: tuple[int, int] = image.size
            return size
    except (*_DECODE_ERRORS, RecursionError) as error:
        raise ImageError(f"{path}: cannot be opened as a picture ({error})") from error


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture file says of itself before it is decoded.

    Args:
        size: (width, height) in pixels, as it is stored.
        transparent: whether it has an alpha channel or a transparent colour.
        turned: whether an EXIF orientation turns or mirrors it.
        texts: its text chunks, by name.
    """

    size: tuple[int, int]
    transparent: bool
    turned: bool
    texts: Mapping[str, str]


def read_header(path: Path) -> Header:
    """Read the head of a picture file; nothing is decoded.

    Raises:
        ImageError: missing, or not a picture that `load_image` would open.
    """
    try:
        with _opened(path, str(path)) as image:
            return Header(
                size=image.size,
                transparent=image.has_transparency_data,
                turned=image.getexif().get(_EXIF_ORIENTATION, 1) != 1,
                texts={str(name): text for name, text in image.info.items() if isinstance(text, str)},
            )
    except (*_DECODE_ERRORS, RecursionError) as error:
        raise ImageError(f"{path}: cannot be opened as a picture ({error})") from error


def _kind_of(source: Path | bytes) -> str:
    """What a file is that is no picture, in words."""
    head = source[:200] if isinstance(source, bytes) else _head(source)
    if not head:
        return "is empty, not a picture"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for offset, mark, what in _FOREIGN:
        if (text if offset == 0 else head)[offset : offset + len(mark)].lower() == mark.lower():
            return f"is {what}, which cannot be read"
    if text.startswith(b"<?xml") and b"<svg" in head:
        return "is an SVG drawing, which cannot be read"
    return f"is not a picture of a format that is read ({', '.join(FORMATS)})"


def _head(path: Path) -> bytes:
    with open(path, "rb", opener=regular) as file:
        return file.read(200)


@contextmanager
def _opened(source: Path | bytes | Image.Image, name: str) -> Iterator[Image.Image]:
    """A context with the picture in it; a picture of the caller stays open."""
    if isinstance(source, Image.Image):
        yield source
        return
    with BytesIO(source) if isinstance(source, bytes) else open(source, "rb", opener=regular) as file:
        start = file.read(12)
        file.seek(0)
        with Image.open(file, formats=_formats(start, name)) as image:
            yield image


def _formats(start: bytes, name: str) -> tuple[str, ...]:
    """What a picture may be. Its content, not its name, says whether it is what an iPhone's camera writes."""
    if start[4:8] != b"ftyp" or start[8:12] not in _HEIC_BRANDS:
        return FORMATS
    if not _can_read_heic():
        raise ImageError(f"{name}: is a HEIC photograph; pip install pillow-heif reads it, or export it as JPEG")
    return ("HEIF",)


@cache
def _can_read_heic() -> bool:
    """Teach Pillow HEIC, where pillow-heif is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def fit_pixels(
    image: Image.Image, max_pixels: int = IMAGE_MAX_PIXELS, min_pixels: int = IMAGE_MIN_PIXELS
) -> Image.Image:
    """Scale a picture as LLaMA-Factory will before the model's own processor sees it.

    Pixel for pixel the same as its `Qwen2VLPlugin`: same rounding, same filter (bicubic). Hence in prediction it
    repeats what training did; and what went through it once, LLaMA-Factory leaves alone (except pictures at the
    edge of a tiny budget: slivers thinner than a token are stretched back to 28 pixels, whatever the budget).

    Args:
        image: mode RGB.
        max_pixels: LLaMA-Factory's image_max_pixels, in pixels (height times width).
        min_pixels: its image_min_pixels.

    Raises:
        ImageError: the budget leaves not one pixel in one direction.

    Source: LLaMA-Factory 0.9.5, data/mm_plugin.py, `_preprocess_image`.
    """
    if image.width * image.height > max_pixels:
        image = _scale_to_area(image, max_pixels)
    if image.width * image.height < min_pixels:
        image = _scale_to_area(image, min_pixels)
    if min(image.size) < SIDE_OF_TOKEN:
        image = image.resize((max(image.width, SIDE_OF_TOKEN), max(image.height, SIDE_OF_TOKEN)))
    if image.width / image.height > MAX_SIDE_RATIO:
        image = image.resize((image.height * 180, image.height))
    if image.height / image.width > MAX_SIDE_RATIO:
        image = image.resize((image.width, image.width * 180))
    return image


def is_fitted(width: int, height: int, max_pixels: int = IMAGE_MAX_PIXELS, min_pixels: int = IMAGE_MIN_PIXELS) -> bool:
    """Whether `fit_pixels` would leave a picture of this size as it is.

    >>> is_fitted(512, 512), is_fitted(513, 512)
    (True, False)
    """
    short, long = sorted((width, height))
    return min_pixels <= width * height <= max_pixels and short >= SIDE_OF_TOKEN and long <= MAX_SIDE_RATIO * short


def image_token_count(
    width: int, height: int, *, max_pixels: int = PROCESSOR_MAX_PIXELS, min_pixels: int = PROCESSOR_MIN_PIXELS
) -> int:
    """Number of image tokens of a picture: sides rounded to 28 pixels, within the bounds.

    >>> image_token_count(512, 512)
    324

    Args:
        width: pixels, as `fit_pixels` left it.
        height: pixels.
        max_pixels: of the model's processor (not LLaMA-Factory's bound, which `fit_pixels` applies).
        min_pixels: of the model's processor.

    Raises:
        ImageError: a side ratio over `MAX_SIDE_RATIO`.

    Source: transformers, models/qwen2_vl/image_processing_qwen2_vl.py, `smart_resize`.
    """
    _check_size(width, height, "picture")
    columns, rows = round(width / SIDE_OF_TOKEN), round(height / SIDE_OF_TOKEN)
    area = columns * rows * SIDE_OF_TOKEN**2
    if area > max_pixels:
        shrink = math.sqrt(width * height / max_pixels)
        columns = max(1, math.floor(width / shrink / SIDE_OF_TOKEN))
        rows = max(1, math.floor(height / shrink / SIDE_OF_TOKEN))
    elif area < min_pixels:
        grow = math.sqrt(min_pixels / (width * height))
        columns = math.ceil(width * grow / SIDE_OF_TOKEN)
        rows = math.ceil(height * grow / SIDE_OF_TOKEN)
    return columns * rows


def _check_size(width: int, height: int, name: str) -> None:
    if width < 1 or height < 1:
        raise ImageError(f"{name}: {width}x{height} pixels; an empty picture, fetch or export it again")
    if width * height > PICTURE_PIXELS:
        raise ImageError(f"{name}: {width}x{height} pixels, over {PICTURE_PIXELS}; scale it down first")
    if max(width, height) > MAX_SIDE_RATIO * min(width, height):
        raise ImageError(f"{name}: {width}x{height} pixels, sides over {MAX_SIDE_RATIO}:1; crop or pad it")


def _scale_to_area(image: Image.Image, pixels: int) -> Image.Image:
    factor = math.sqrt(pixels / (image.width * image.height))
    width, height = int(image.width * factor), int(image.height * factor)
    if not (width and height):
        raise ImageError(f"picture of {image.width}x{image.height}: {pixels} pixels leave a side of 0; allow more")
    return image.resize((width, height))


def _flatten(image: Image.Image) -> Image.Image:
    """To RGB; Pillow's own conversion would clip deep greys to white and forget transparency."""
    if image.mode in _DEEP_MODES:
        return _to_eight_bits(image).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return image.convert("RGB")


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Deep greys to 0..255. Only the 16-bit modes fix their white; for the others the brightest pixel shows it."""
    deep = image.convert("F")
    brightest = 65535.0 if image.mode.startswith("I;16") else deep.getextrema()[1]
    assert isinstance(brightest, float)  # mode F has one channel
    if not math.isfinite(brightest):
        raise ValueError("grey values that are not finite numbers")
    white = next((top for top in (1, 255, 65535) if brightest <= top), brightest)
    return deep.point(lambda grey: grey * (255 / white) + 0).convert("L")
