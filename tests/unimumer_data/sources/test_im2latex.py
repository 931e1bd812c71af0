import pytest
from made_up_corpora import drops, labels, picture, save_picture, save_text

from unimumer_data.errors import SourceError
from unimumer_data.sources.im2latex import SOURCE, cut_page, read


@pytest.fixture
def corpus(tmp_path):
    for name in ("aa", "bb", "cc"):
        save_picture(tmp_path / "images" / f"{name}.png")
    save_text(tmp_path / "formulas.lst", b"x\ny \xe9\nz\x0cz\r\n")
    rows = "0 aa basic\n1 bb basic\n2 cc basic\n7 dd basic\n1 ee basic\nwhat is this\n\n"
    save_text(tmp_path / "train.lst", rows)
    save_text(tmp_path / "validate.lst", "0 aa basic\n")
    return tmp_path


def test_rows_formulas_and_pictures(corpus):
    items = list(read(corpus, "train"))
    assert labels(items) == {"aa": "x", "bb": "y é", "cc": "z\x0cz"}
    assert [[one.reason for one in item.replaced] for item in items[:3]] == [[], ["encoding"], []]
    assert drops(items) == {"dd": "no_label", "ee": "no_image", "line_6": "bad_row"}
    assert SOURCE.count(corpus, "train") == 6


def test_validation_under_any_of_its_names(corpus):
    assert labels(read(corpus, "valid")) == labels(read(corpus, "validate")) == {"aa": "x"}


def test_names_of_the_zenodo_record_and_preprocessed_lists(tmp_path):
    save_picture(tmp_path / "formula_images" / "aa.png")
    save_text(tmp_path / "im2latex_formulas.lst", "x\n")
    save_text(tmp_path / "im2latex_train.lst", "0 aa basic\n")
    save_text(tmp_path / "test_filter.lst", "aa.png 0\n")
    assert labels(read(tmp_path, "train")) == labels(read(tmp_path, "test")) == {"aa": "x"}


def test_pages_are_cut_to_the_formula():
    page = picture(size=(1654, 2339))
    cut = cut_page(page)
    assert cut.width < 40 and cut.height < 40
    assert cut.getcolors() and min(color for _, color in cut.getcolors())[0] < 50
    blank = picture("", size=(50, 50))
    assert cut_page(blank).size == (50, 50)


def test_wrong_folder(tmp_path):
    with pytest.raises(SourceError, match=r"no list of the split; looked for train\.lst"):
        list(read(tmp_path, "train"))


@pytest.mark.parametrize(("split", "count"), [("train", 1000), ("validate", 100), ("test", 100)])
def test_the_real_sample_loads_whole(shared_data, split, count):
    items = list(read(shared_data / "im2latex-sample", split))
    assert len(labels(items)) == count and not drops(items)
