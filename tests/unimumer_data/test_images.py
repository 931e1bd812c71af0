"""Pictures: opened the same way in training and prediction, scaled as LLaMA-Factory scales them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from unimumer_data.errors import ImageError
from unimumer_data.images import fit_pixels, image_token_count, load_image

SIZES = [(256, 256), (900, 300), (512, 512), (513, 512), (20, 31), (31, 33), (1, 1), (3000, 20), (27, 5000), (100, 9)]


def encode(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def drawing(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    pen.line((0, 0, width, height), fill="black", width=3)
    pen.line((0, height, width, height // 3), fill=(200, 10, 60), width=2)
    return image


def corner(image: Image.Image) -> object:
    return image.getpixel((0, 0))


def test_a_file_and_its_bytes_give_the_same_rgb_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    drawing(40, 30).save(path)
    assert load_image(path).mode == "RGB"
    assert load_image(path).tobytes() == load_image(path.read_bytes()).tobytes() == drawing(40, 30).tobytes()


def test_exif_orientation_is_applied() -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste("black", (0, 0, 10, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side; to be turned by 90 degrees clockwise
    turned = load_image(encode(image, "JPEG", quality=95, exif=exif))
    assert turned.size == (20, 40)
    assert sum(turned.getpixel((10, 3))) < 60 < 700 < sum(turned.getpixel((10, 35)))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_paper_becomes_white(mode: str) -> None:
    image = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (10, 10, 20, 20))
    opened = load_image(encode(image.convert(mode)))
    assert corner(opened) == (255, 255, 255)
    assert opened.getpixel((15, 15)) == (0, 0, 0)


def test_a_transparent_colour_of_an_opaque_mode_becomes_white() -> None:
    image = Image.new("L", (30, 30), 7)
    image.paste(0, (10, 10, 20, 20))
    opened = load_image(encode(image, transparency=7))
    assert (corner(opened), opened.getpixel((15, 15))) == ((255, 255, 255), (0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "form", "white", "black"),
    [
        ("1", "PNG", 1, 0),
        ("L", "PNG", 255, 0),
        ("P", "GIF", (255, 255, 255), (0, 0, 0)),
        ("CMYK", "JPEG", (0, 0, 0, 0), (0, 0, 0, 255)),
        ("I;16", "PNG", 65535, 0),
        ("I", "TIFF", 65535, 0),
        ("I", "TIFF", 255, 0),
        ("F", "TIFF", 1.0, 0.0),
    ],
)
def test_every_mode_keeps_its_white_and_its_black(mode: str, form: str, white: object, black: object) -> None:
    image = Image.new(mode, (30, 30), white)
    for x in range(10, 30):
        for y in range(10, 30):
            image.putpixel((x, y), black)
    opened = load_image(encode(image, form))
    assert min(corner(opened)) >= 250
    assert max(opened.getpixel((20, 20))) <= 5


def test_sixteen_bit_greys_are_scaled_and_not_clipped() -> None:
    opened = load_image(encode(Image.new("I;16", (30, 30), 0x4000)))
    assert opened.getpixel((5, 5)) in {(63, 63, 63), (64, 64, 64)}


def bomb() -> bytes:
    """A PNG of 40,000 x 40,000 pixels in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 40000, 40000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a picture"),
        (b"<ink/>", "not a picture"),
        (encode(drawing(400, 400), "JPEG")[:3000], "truncated"),
        (encode(drawing(400, 400))[:1000], "truncated"),
        (bomb(), "pixels"),
        (encode(Image.new("L", (2010, 10))), "200:1"),
        (encode(Image.new("L", (9000, 9000))), "scale it down"),
    ],
    ids=["empty", "xml", "half a jpeg", "half a png", "bomb", "sliver", "too large"],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_bad_pictures_are_refused_with_name_and_cure(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=message) as error:
        load_image(path)
    assert str(path) in str(error.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"nowhere\.png: no such file"):
        load_image(tmp_path / "nowhere.png")
    with pytest.raises(ImageError, match=r"damaged"):
        load_image(tmp_path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of the TIFF reader
def test_damage_anywhere_is_an_image_error_or_a_picture() -> None:
    for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF"):
        whole = encode(drawing(60, 40), form)
        for place in range(0, len(whole), max(1, len(whole) // 60)):
            try:
                load_image(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
            except ImageError:
                continue


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("max_pixels", [262144, 16384])
def test_fit_pixels_is_llama_factorys_own(size: tuple[int, int], max_pixels: int) -> None:
    plugin = pytest.importorskip("llamafactory.data.mm_plugin", reason="compares with LLaMA-Factory")
    theirs = plugin.get_mm_plugin("qwen2_vl", image_token="<|image_pad|>", video_token="<|video_pad|>")
    expected = theirs._preprocess_image(drawing(*size), image_max_pixels=max_pixels, image_min_pixels=1024)
    ours = fit_pixels(drawing(*size), max_pixels)
    assert (ours.size, ours.tobytes()) == (expected.size, expected.tobytes())


@pytest.mark.parametrize("size", [(256, 256), (900, 300), (3000, 200), (2000, 4000), (40, 50)])
def test_fit_pixels_leaves_alone_what_it_made(size: tuple[int, int]) -> None:
    once = fit_pixels(drawing(*size))
    assert once.width * once.height <= 262144
    assert fit_pixels(once) is once


def test_fit_pixels_refuses_a_budget_that_leaves_nothing() -> None:
    with pytest.raises(ImageError, match="allow more"):
        fit_pixels(drawing(200, 1), max_pixels=100)


def test_tokens_of_an_image_by_hand() -> None:
    assert image_token_count(28 * 5, 28 * 3) == 15
    assert image_token_count(10, 10) == 4  # at least 56 x 56 pixels
    assert image_token_count(4000, 4000, max_pixels=28 * 28 * 100) == 100
    with pytest.raises(ImageError, match="200:1"):
        image_token_count(5000, 20)


@pytest.mark.parametrize("size", [size for size in SIZES if max(size) <= 200 * min(size)])
@pytest.mark.parametrize("max_pixels", [12845056, 16384])
def test_tokens_are_those_of_transformers(size: tuple[int, int], max_pixels: int) -> None:
    module = pytest.importorskip(
        "transformers.models.qwen2_vl.image_processing_qwen2_vl", reason="compares with transformers"
    )
    height, width = module.smart_resize(size[1], size[0], factor=28, min_pixels=3136, max_pixels=max_pixels)
    assert image_token_count(*size, max_pixels=max_pixels) == height * width // 28**2
