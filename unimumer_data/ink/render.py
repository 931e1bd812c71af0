"""Draw ink as the published offline images look: black on white, strokes of 3 pixels, symbols of the same size.

The defaults were fitted to the CROHME 2014 pictures that WAP, BTTR, CoMER, TAMER and Uni-MuMER share: over its
986 inks the root mean square height of the strokes is the measure that predicts the scale of those pictures best.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImagePath

from unimumer_data.errors import InkError
from unimumer_data.images import IMAGE_MAX_PIXELS, IMAGE_MIN_PIXELS, MAX_SIDE_RATIO, image_token_count

from .reader import Ink

_SUPERSAMPLING = 2  # each pixel is the mean of 2 x 2 drawn ones: anti-aliased
_LEGIBLE = 2.0  # pixels of stroke height
_SMALLEST_SIDE = math.isqrt(IMAGE_MIN_PIXELS)  # a smaller picture would be scaled up later


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How ink is drawn.

    Args:
        stroke_height: the strokes' root mean square height in pixels: the size of the writing.
        pen_width: share of ``stroke_height``, so that a smaller writing has thinner strokes.
        margin: pixels of paper on every side, from the middle of the outermost stroke.
        max_pixels: height times width; a larger expression is drawn smaller. The default is the paper's
            image_max_pixels, hence LLaMA-Factory leaves the picture alone.
        max_tokens: image tokens of Qwen2.5-VL, likewise; None for no bound of its own.
    """

    stroke_height: float = 28.0
    pen_width: float = 0.107
    margin: int = 12
    max_pixels: int = IMAGE_MAX_PIXELS
    max_tokens: int | None = None


def render(ink: Ink, style: Style = Style()) -> Image.Image:
    """The picture of an ink: aspect kept, round joins and ends, anti-aliased; the same ink gives the same pixels.

    Returns:
        (height, width) pixels, mode L, 0 ink, 255 paper; each side at least 32 pixels, which is left as it is later.

    Raises:
        InkError: the ink is so wide, or one stray stroke so far off, that nothing could be read.
    """
    strokes = [ImagePath.Path(points) for points in ink.traces.values()]
    boxes = [stroke.getbbox() for stroke in strokes]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    width, height = max(box[2] for box in boxes) - left, max(box[3] for box in boxes) - top
    writing = _writing_size(boxes)
    scale = _scale(width, height, style.stroke_height / writing, style)
    pen = scale * writing * style.pen_width
    if scale * writing < _LEGIBLE:
        raise InkError(
            f"{ink.name}: strokes would be {scale * writing:.2g} pixels high in a picture of {style.max_pixels}; "
            "look for a stray stroke, or allow more"
        )
    columns, rows = (_side(extent * scale, style) for extent in (width, height))
    if max(columns, rows) > MAX_SIDE_RATIO * min(columns, rows):
        raise InkError(f"{ink.name}: drawn {columns}x{rows}, sides over {MAX_SIDE_RATIO}:1; look for a stray stroke")
    zoom = scale * _SUPERSAMPLING
    shift_x = columns * _SUPERSAMPLING / 2 - zoom * (left + width / 2)
    shift_y = rows * _SUPERSAMPLING / 2 - zoom * (top + height / 2)
    canvas = Image.new("L", (columns * _SUPERSAMPLING, rows * _SUPERSAMPLING), 255)
    for stroke in strokes:
        stroke.transform((zoom, 0, shift_x, 0, zoom, shift_y))
    _draw(canvas, strokes, max(_SUPERSAMPLING, round(pen * _SUPERSAMPLING)))
    return canvas.reduce(_SUPERSAMPLING)


def encode_png(image: Image.Image) -> bytes:
    """PNG of a picture of mode L, several times as fast as Pillow's own encoder, and not larger.

    Drawings are long runs of white: deflate without row filters takes them as they are, in its run-length mode.
    """
    assert image.mode == "L"
    width, height = image.size
    rows = Image.new("L", (width + 1, height), 0)  # column 0: the filter type of each row, none
    rows.paste(image, (1, 0))
    packer = zlib.compressobj(6, zlib.DEFLATED, 15, 8, zlib.Z_RLE)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
            _chunk(b"IDAT", packer.compress(rows.tobytes()) + packer.flush()),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))


def _writing_size(boxes: list[tuple[float, float, float, float]]) -> float:
    """Root mean square height of the strokes, in device units; of flat or pointlike ink what extent there is."""
    tall = math.sqrt(sum((box[3] - box[1]) ** 2 for box in boxes) / len(boxes))
    wide = math.sqrt(sum((box[2] - box[0]) ** 2 for box in boxes) / len(boxes))
    return max(tall, wide / 4) or 1.0


def _scale(width: float, height: float, scale: float, style: Style) -> float:
    """Pixels per device unit: ``scale``, or the largest smaller one within the bounds of ``style``."""
    while True:
        columns, rows = _side(width * scale, style), _side(height * scale, style)
        excess = columns * rows / style.max_pixels
        if style.max_tokens is not None:
            excess = max(excess, image_token_count(columns, rows) / style.max_tokens)
        if excess <= 1 or columns == rows == _side(0, style):
            return scale
        scale *= min(0.99, 1 / math.sqrt(excess))


def _side(extent: float, style: Style) -> int:
    return max(_SMALLEST_SIDE, math.ceil(extent) + 2 * style.margin)


def _draw(canvas: Image.Image, strokes: list[ImagePath.Path], pen: int) -> None:
    """Black polylines, a disc on every vertex."""
    draw = ImageDraw.Draw(canvas).draw
    radius = pen / 2
    for stroke in strokes:
        stroke.compact(0.7 * pen)  # the pen covers what is closer
        draw.draw_lines(stroke, 0, pen)
        stroke.transform((1, 0, -radius, 0, 1, -radius))
        values = iter(stroke.tolist(True))
        for left, top in zip(values, values, strict=True):
            draw.draw_ellipse((left, top, left + pen, top + pen), 0, 1)
