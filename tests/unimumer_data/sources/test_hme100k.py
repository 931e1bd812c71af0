import pytest
from made_up_corpora import drops, labels, save_picture, save_text

from unimumer_data.errors import SourceError
from unimumer_data.sources.hme100k import SOURCE, read


@pytest.fixture
def corpus(tmp_path):
    for number in range(4):
        save_picture(tmp_path / "train_images" / f"train_{number}.jpg")
    rows = ["train_0.jpg\tx ^ { 2 }", "train_1.jpg\t公 因 数 = 2", "train_2.jpg 7 、 8", "train_9.jpg\ty", ""]
    save_text(tmp_path / "train_labels.txt", "\r\n".join(rows))
    return tmp_path


def test_samples_and_what_is_missing(corpus):
    items = list(read(corpus, "train"))
    assert labels(items) == {"train_0": "x ^ { 2 }", "train_1": "公 因 数 = 2", "train_2": "7 、 8"}
    assert drops(items) == {"train_9": "no_image", "train_3": "no_label"}
    assert SOURCE.count(corpus, "train") == 4


def test_cjk_can_be_left_out(corpus):
    items = list(read(corpus, "train", cjk="drop"))
    assert list(labels(items)) == ["train_0"]
    assert drops(items)["train_1"] == drops(items)["train_2"] == "cjk"


def test_split_in_a_folder_of_its_own(tmp_path):
    save_picture(tmp_path / "test" / "test_images" / "test_0.jpg")
    save_text(tmp_path / "test" / "test_labels.txt", "test_0.jpg\tx\n")
    assert labels(read(tmp_path, "test")) == {"test_0": "x"}


def test_wrong_folder_and_option(corpus, tmp_path):
    with pytest.raises(SourceError, match=r"looked for test_labels\.txt"):
        list(read(corpus, "test"))
    with pytest.raises(SourceError, match="cjk must be keep or drop"):
        list(read(corpus, "train", cjk="no"))
    with pytest.raises(SourceError, match="no such folder"):
        list(read(tmp_path / "none", "train"))
