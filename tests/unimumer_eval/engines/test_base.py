"""What the engines share."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from unimumer_data.errors import ImageError
from unimumer_eval.engines.base import Request, pictures


def test_pictures_come_in_order_and_few_ahead(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (300, 200), (0, 0, 0, 0)).save(path)
    drawn: list[int] = []

    def requests() -> Iterator[Request]:
        for index in range(50):
            drawn.append(index)
            yield Request(index=index, image=path if index % 5 else tmp_path / "missing.png", prompt="")

    source = pictures(requests(), max_pixels=15_000, min_pixels=1_024, window=4)
    for index in range(50):
        request, picture = next(source)
        assert request.index == index
        assert len(drawn) <= index + 5
        if index % 5:
            assert isinstance(picture, Image.Image)
            assert picture.size == (150, 100)
            assert picture.getpixel((0, 0)) == (255, 255, 255)
        else:
            assert isinstance(picture, ImageError)
            assert "missing.png" in str(picture)
    assert next(source, None) is None


def test_a_consumer_may_leave_early(tmp_path: Path) -> None:
    requests = [Request(index=index, image=tmp_path / "missing.png", prompt="") for index in range(10)]
    source = pictures(requests, max_pixels=15_000, min_pixels=1_024, window=4)
    next(source)
    source.close()
