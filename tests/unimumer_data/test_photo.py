"""Pictures that look photographed: what may change, and what must not."""

from __future__ import annotations

import random

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from unimumer_data.photo import encode_photo, generator, perspective, photograph


def drawing(size: tuple[int, int] = (300, 100)) -> Image.Image:
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).rectangle((20, 20, size[0] - 20, size[1] - 20), outline=0, width=4)
    return image


def bytes_of(picture: Image.Image, name: str) -> bytes:
    rng = generator(name)
    return encode_photo(photograph(picture, rng), rng)


def test_the_same_name_gives_the_same_bytes_and_another_name_others() -> None:
    assert bytes_of(drawing(), "a") == bytes_of(drawing(), "a") != bytes_of(drawing(), "b")


@pytest.mark.parametrize("number", range(20))
def test_the_writing_stays_in_the_picture_and_legible(number: int) -> None:
    photo = photograph(drawing(), generator(str(number)))
    assert photo.mode == "RGB"
    assert 300 < photo.width <= 360 and 100 < photo.height <= 160
    # three sides of the frame are crossed by a line through the middle, wherever light and paper are darker
    grey = photo.convert("L")
    for line in (
        grey.crop((0, grey.height // 2, grey.width, grey.height // 2 + 1)),
        grey.crop((grey.width // 2, 0, grey.width // 2 + 1, grey.height)),
    ):
        levels = list(line.tobytes())
        ground = sorted(levels)[len(levels) // 2]
        dark = [place for place, level in enumerate(levels) if level < 0.7 * ground]
        assert dark and dark[0] < len(levels) / 2 < dark[-1]


def test_photographs_differ_in_paper_light_and_pen() -> None:
    photos = [photograph(drawing(), generator(str(number))) for number in range(30)]
    means = {tuple(round(level / 8) for level in ImageStat.Stat(photo).mean) for photo in photos}
    assert len(means) > 10


def test_colours_of_a_picture_stay() -> None:
    red = Image.new("RGB", (200, 80), "white")
    ImageDraw.Draw(red).rectangle((40, 20, 160, 60), fill=(200, 0, 0))
    r, g, b = photograph(red, generator("a")).resize((3, 3), Image.Resampling.BOX).getpixel((1, 1))
    assert r > 2 * max(g, b)


def test_corners_fill_the_picture() -> None:
    image = Image.linear_gradient("L").resize((100, 80))
    whole = [(0.0, 0.0), (100.0, 0.0), (100.0, 80.0), (0.0, 80.0)]
    same = image.transform(image.size, Image.Transform.PERSPECTIVE, perspective(image.size, whole))
    assert ImageChops.difference(image, same).getextrema()[1] == 0
    corners = [(10.0, 5.0), (90.0, 10.0), (95.0, 70.0), (5.0, 75.0)]
    a, b, c, d, e, f, g, h = perspective(image.size, corners)
    for (x, y), wanted in zip([(0, 0), (100, 0), (100, 80), (0, 80)], corners, strict=True):
        down = g * x + h * y + 1
        assert ((a * x + b * y + c) / down, (d * x + e * y + f) / down) == pytest.approx(wanted)


def test_a_tiny_picture_can_be_photographed() -> None:
    assert photograph(Image.new("L", (1, 1), 0), random.Random(0)).width >= 3
