import pickle
from io import BytesIO

import pytest
from made_up_corpora import drops, labels, save_text
from PIL import Image

from unimumer_data.errors import SourceError
from unimumer_data.sources.pickles import read

numpy = pytest.importorskip("numpy")


def arrays(*names, paper=255):
    array = numpy.full((20, 30), paper, "u1")
    array[5:9, 5:9] = 255 - paper
    return dict.fromkeys(names, array)


def save(path, content):
    path.write_bytes(pickle.dumps(content))
    return path


def test_can_layout(tmp_path):
    save(tmp_path / "train_images.pkl", arrays("a", "b", "extra"))
    save_text(tmp_path / "train_labels.txt", "a.jpg x ^ { 2 }\nb\ty\nc\tz\n")
    items = list(read(tmp_path, "train"))
    assert labels(items) == {"a": "x ^ { 2 }", "b": "y"}
    assert drops(items) == {"extra": "no_label", "c": "no_image"}
    assert Image.open(BytesIO(items[0].pixels)).size == (30, 20)


def test_bright_ink_on_dark_paper_is_inverted_and_said(tmp_path):
    save(tmp_path / "images.pkl", arrays("a", paper=0))
    save_text(tmp_path / "caption.txt", "a\tx\n")
    (sample,) = read(tmp_path, "train")
    assert Image.open(BytesIO(sample.pixels)).getpixel((0, 0)) == 255
    assert [one.reason for one in sample.replaced] == ["inverted"]
    (sample,) = read(tmp_path, "train", paper="as-is")
    assert Image.open(BytesIO(sample.pixels)).getpixel((0, 0)) == 0 and sample.replaced == ()


def test_wap_layout_with_a_channel_and_pickled_labels(tmp_path):
    save(tmp_path / "offline-train.pkl", {"a": arrays("a")["a"][None]})
    save_text(tmp_path / "train_caption.txt", "a\tx\n")
    assert labels(read(tmp_path / "offline-train.pkl", "train")) == {"a": "x"}
    given = save(tmp_path / "given.pkl", {"a": ["x", "+", "y"]})
    assert labels(read(tmp_path / "offline-train.pkl", "train", labels=str(given))) == {"a": "x + y"}


def test_several_pickles_of_one_list(tmp_path):
    save(tmp_path / "train_images_0.pkl", arrays("a"))
    save(tmp_path / "train_images_1.pkl", arrays("b"))
    save_text(tmp_path / "train_labels.txt", "b y\na x\n")
    save_text(tmp_path / "train_images.list", "elsewhere/train_images_0.pkl\nelsewhere/train_images_1.pkl\n")
    expected = {"a": "x", "b": "y"}
    assert labels(read(tmp_path, "train")) == labels(read(tmp_path / "train_images.list", "train")) == expected


def test_what_is_no_picture_is_dropped(tmp_path):
    save(tmp_path / "images.pkl", {"a": "text", "b": numpy.zeros((2, 3, 4, 5), "u1"), **arrays("c")})
    save_text(tmp_path / "caption.txt", "a\tx\nb\ty\nc\tz\n")
    items = list(read(tmp_path, "train"))
    assert labels(items) == {"c": "z"} and drops(items) == {"a": "image", "b": "image"}


def test_errors_say_what_to_write(tmp_path):
    with pytest.raises(SourceError, match="no such pickle"):
        list(read(tmp_path, "train"))
    save(tmp_path / "images.pkl", [1, 2])
    with pytest.raises(SourceError, match="Write labels=FILE"):
        list(read(tmp_path, "train"))
    save_text(tmp_path / "caption.txt", "a\tx\n")
    with pytest.raises(SourceError, match="holds a list"):
        list(read(tmp_path, "train"))
