"""Everything that can be a picture or ink becomes the picture that the model gets, or a reason."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy
import pytest
from PIL import Image, ImageDraw

from unimumer_data.errors import InkError
from unimumer_data.images import fit_pixels, load_image
from unimumer_data.ink import Ink, read_inkml
from unimumer_eval.recognize.inputs import is_one_source, read_input, read_source, strokes_to_ink

ROOT = Path(__file__).resolve().parents[3]
INK = sorted((ROOT / "unimumer_data" / "sample" / "test").glob("*.inkml"))[0]
BUDGET = 262144


def picture(width: int = 120, height: int = 60) -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).line((5, 5, width - 9, height // 2), fill="black", width=4)
    return image


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def as_read(source: object) -> Image.Image:
    return read_source(source, max_pixels=BUDGET)[0]


def test_one_picture_in_all_its_guises(tmp_path: Path) -> None:
    path = tmp_path / "é 1.png"
    path.write_bytes(encoded(picture()))
    pixels = numpy.asarray(picture())
    guises = [path, str(path), path.read_bytes(), bytearray(path.read_bytes()), picture(), pixels, pixels / 255.0]
    assert {as_read(guise).tobytes() for guise in guises} == {picture().tobytes()}


def test_arrays_of_one_channel_and_of_truth_values() -> None:
    grey = numpy.asarray(picture().convert("L"))
    assert as_read(grey).tobytes() == as_read(grey[:, :, None]).tobytes() == as_read(grey.astype("int64")).tobytes()
    assert as_read(grey > 128).getpixel((0, 0)) == (255, 255, 255)


def test_one_ink_in_all_its_guises() -> None:
    ink = read_inkml(INK)
    strokes = [list(zip(points[::2], points[1::2], strict=True)) for points in ink.traces.values()]
    mappings = [[{"x": x, "y": y, "t": 7} for x, y in stroke] for stroke in strokes]
    guises = [INK, str(INK), INK.read_bytes(), ink, strokes, mappings]
    assert len({as_read(guise).tobytes() for guise in guises}) == 1
    assert all(isinstance(read_source(guise, max_pixels=BUDGET)[1], Ink) for guise in guises)


def test_a_collection_is_not_taken_for_one_source() -> None:
    assert all(map(is_one_source, ["a.png", Path("a"), b"", picture(), numpy.zeros((3, 3)), [[(0, 0), (1, 1)]]]))
    assert not any(map(is_one_source, [["a.png"], [Path("a")], [picture()], [], iter(()), {"a.png"}]))


def test_modes_that_phones_and_scanners_write(tmp_path: Path) -> None:
    cmyk = picture().convert("CMYK")
    deep = Image.fromarray(numpy.asarray(picture().convert("L")).astype("uint16") * 257)
    for image, form in [(cmyk, "JPEG"), (deep, "PNG"), (picture().convert("RGBA"), "WEBP")]:
        read = as_read(encoded(image, form))
        assert read.mode == "RGB"
        assert min(read.getpixel((2, 50))) > 240, form


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"just text", "not a picture"),
        (encoded(picture(400, 300))[:300], "truncated"),
        (b"<ink><trace>1 2, three</trace></ink>", "trace 0"),
        (b"", "not a picture"),
    ],
)
def test_what_cannot_be_read_is_a_reason_with_the_name(content: bytes, words: str) -> None:
    read = read_input(content, "mine.png", max_pixels=BUDGET, min_pixels=1024)
    assert read.picture is None
    assert read.failure and words in read.failure and "mine.png" in read.failure


@pytest.mark.parametrize(
    "strokes",
    [[], [[]], [[(1,)]], [[("a", 2)]], [[(float("nan"), 0)]], [[(1e300, 0)]], [["xy"]], [7], [[{"x": 1}]]],
)
def test_strokes_that_are_none(strokes: list[object]) -> None:
    with pytest.raises(InkError, match="pad"):
        strokes_to_ink(strokes, "pad")


def test_a_sliver_reaches_the_engine_as_a_file_would() -> None:
    sliver = picture(5000, 30)
    read = read_input(sliver, "sliver", max_pixels=16384, min_pixels=1024)
    assert read.picture is not None
    again = fit_pixels(read.whole or read.picture, 16384, 1024)
    assert again.tobytes() == fit_pixels(load_image(encoded(sliver)), 16384, 1024).tobytes()
    assert again.tobytes() == read.picture.tobytes()
