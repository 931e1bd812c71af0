import pytest
from made_up_corpora import drops, labels, save_picture, save_text

from unimumer_data.errors import SourceError
from unimumer_data.sources.unimer import read


@pytest.fixture
def corpus(tmp_path):
    for number in (0, 2, 9):
        save_picture(tmp_path / "images" / f"{number:07d}.png")
    save_picture(tmp_path / "images" / "cover.png")
    save_text(tmp_path / "train.txt", "x\ny\nz\n")
    return tmp_path


def test_the_gap_is_reported(corpus):
    items = list(read(corpus, "train"))
    assert labels(items) == {"0000000": "x", "0000002": "z"}
    assert drops(items) == {"0000001": "no_image", "0000009": "no_label", "cover": "no_label"}


def test_the_kinds_of_the_test_set(tmp_path):
    for kind in ("spe", "hwe"):
        save_picture(tmp_path / kind / "0000000.png")
        save_text(tmp_path / f"{kind}.txt", f"{kind}\n")
    assert labels(read(tmp_path, "test", kind="hwe")) == {"0000000": "hwe"}
    with pytest.raises(SourceError, match="write kind="):
        list(read(tmp_path, "test"))
    with pytest.raises(SourceError, match="kind must be one of"):
        list(read(tmp_path, "test", kind="abc"))


def test_pictures_that_are_not_numbered(tmp_path):
    save_picture(tmp_path / "images" / "a.png")
    save_text(tmp_path / "train.txt", "x\n")
    with pytest.raises(SourceError, match="line number"):
        list(read(tmp_path, "train"))
