"""A clean picture as somebody would photograph it: paper, pen, light, shadow, perspective, blur, noise, JPEG.

Pillow does each of these in a line or two, and a generator that is seeded by name decides over all of them: the same
picture and name give the same bytes in any process.
"""

from __future__ import annotations

import random
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

PAPERS = ("plain", "plain", "lined", "squared")
_PAPER_COLOURS = ((252, 252, 250), (246, 242, 230), (235, 238, 240), (250, 247, 240), (228, 226, 220))
_LINE_COLOURS = ((170, 190, 215), (190, 190, 195), (200, 170, 170))
_PENS = ((20, 20, 25), (25, 35, 110), (15, 60, 160), (60, 60, 65), (120, 25, 30))
PEN_WIDTHS = (0.08, 0.15)
"""Share of the height of strokes, the least and the most; drawings without augmentation have 0.107."""

_Colour = tuple[int, int, int]


def generator(name: str) -> random.Random:
    """What decides over one photograph."""
    return random.Random(f"photo\0{name}")


def photograph(picture: Image.Image, rng: random.Random) -> Image.Image:
    """A photograph of a picture that is dark on white; mode RGB, up to a fifth larger on each side.

    Grey pictures are written with a coloured pen; others keep their colours.
    """
    sides = [round(rng.uniform(0.04, 0.1) * max(48, *picture.size)) for _ in range(4)]
    clean = ImageOps.expand(picture, tuple(sides), fill="white")
    paper = _paper(clean.size, rng)
    if picture.mode == "L":
        photo = Image.composite(paper, Image.new("RGB", clean.size, rng.choice(_PENS)), clean)
    else:
        photo = ImageChops.multiply(paper, clean.convert("RGB"))
    photo = ImageChops.multiply(photo, Image.merge("RGB", [_light(clean.size, rng)] * 3))
    photo = _seen_aslant(photo, min(sides), rng)
    photo = photo.filter(ImageFilter.BoxBlur(rng.uniform(0.2, 0.9)))
    return _with_noise(photo, rng)


def encode_photo(photo: Image.Image, rng: random.Random) -> bytes:
    """JPEG, as well or badly as phones and messengers write it."""
    buffer = BytesIO()
    photo.save(buffer, "JPEG", quality=rng.randint(40, 92))
    return buffer.getvalue()


def _paper(size: tuple[int, int], rng: random.Random) -> Image.Image:
    paper = Image.new("RGB", size, rng.choice(_PAPER_COLOURS))
    kind, colour = rng.choice(PAPERS), rng.choice(_LINE_COLOURS)
    step = rng.uniform(22, 60)
    draw = ImageDraw.Draw(paper)
    if kind != "plain":
        for y in _steps(size[1], step, rng):
            draw.line((0, y, size[0], y), fill=colour)
    if kind == "squared":
        for x in _steps(size[0], step, rng):
            draw.line((x, 0, x, size[1]), fill=colour)
    return paper


def _steps(length: int, step: float, rng: random.Random) -> list[int]:
    start = rng.uniform(0, step)
    return [round(start + number * step) for number in range(int(length / step) + 1)]


def _light(size: tuple[int, int], rng: random.Random) -> Image.Image:
    """How bright each place is: uneven, and in half of the photographs with the shadow of a hand or a phone."""
    wide, high = (max(3, side // _COARSE) for side in size)
    grid = Image.frombytes("L", (3, 3), bytes(rng.randint(175, 255) for _ in range(9)))
    light = grid.resize((wide, high), Image.Resampling.BICUBIC)
    if rng.random() < 0.5:
        shadow = Image.new("L", light.size, 255)
        start, end = rng.uniform(-0.2, 1.0) * wide, rng.uniform(-0.2, 1.0) * wide
        side = rng.choice((-wide, 2 * wide))
        outline = [(start, 0), (end, high), (side, high), (side, 0)]
        ImageDraw.Draw(shadow).polygon(outline, fill=rng.randint(140, 215))
        light = ImageChops.multiply(light, shadow.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 2))))
    return light.resize(size, Image.Resampling.BICUBIC)


_COARSE = 8
"""Pixels of a photograph for each of the light, which has no sharp edges."""


def _seen_aslant(photo: Image.Image, margin: int, rng: random.Random) -> Image.Image:
    """The photograph from somewhat aside; the corners that it shows are within the margin."""
    wide, high = photo.size
    inward = [(rng.uniform(0, 0.8) * margin, rng.uniform(0, 0.8) * margin) for _ in range(4)]
    corners = [
        (inward[0][0], inward[0][1]),
        (wide - inward[1][0], inward[1][1]),
        (wide - inward[2][0], high - inward[2][1]),
        (inward[3][0], high - inward[3][1]),
    ]
    return photo.transform(
        photo.size, Image.Transform.PERSPECTIVE, perspective(photo.size, corners), Image.Resampling.BILINEAR
    )


def perspective(size: tuple[int, int], corners: list[tuple[float, float]]) -> tuple[float, ...]:
    """Pillow's eight numbers for the view in which these corners (clockwise from the upper left) fill the picture."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, h = (dx3 * dy2 - dx2 * dy3) / area, (dx1 * dy3 - dx3 * dy1) / area
    wide, high = size
    return (
        (x1 - x0 + g * x1) / wide, (x3 - x0 + h * x3) / high, x0,
        (y1 - y0 + g * y1) / wide, (y3 - y0 + h * y3) / high, y0,
        g / wide, h / high,
    )  # fmt: skip


def _with_noise(photo: Image.Image, rng: random.Random) -> Image.Image:
    """Grey noise of a sensor."""
    strength = rng.uniform(0.01, 0.07)
    grain = Image.frombytes("L", photo.size, rng.randbytes(photo.width * photo.height))
    grain = grain.point([round(128 + strength * (level - 128)) for level in range(256)])
    return ImageChops.add(photo, Image.merge("RGB", [grain] * 3), offset=-128)
