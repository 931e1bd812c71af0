import pytest
from made_up_corpora import drops, labels, save_picture, save_text

from unimumer_data.errors import SourceError
from unimumer_data.sources.im2latex_csv import read


@pytest.fixture
def corpus(tmp_path):
    save_picture(tmp_path / "outside.png")
    tmp_path = tmp_path / "corpus"
    rows = ["formula,image,image"]
    for name in ("aa", "bb", "cc", "dd"):
        for style in ("basic", "arial"):
            save_picture(tmp_path / style / f"{name}.png")
        rows.append(f'"{name} , x",basic/{name}.png,arial/{name}.png')
    rows += ["gone,basic/gone.png", "none", "out,../outside.png"]
    save_text(tmp_path / "im2latexv2_train.csv", "\n".join(rows))
    return tmp_path


def test_one_style_a_formula_and_always_the_same(corpus):
    items = list(read(corpus, "train"))
    assert sorted(labels(items).values()) == ["aa , x", "bb , x", "cc , x", "dd , x"]
    assert len({item.image.parent.name for item in items[:4]}) == 2
    assert items == list(read(corpus, "train"))
    assert set(drops(items).values()) == {"no_image"} and len(drops(items)) == 3


def test_all_styles_and_chosen_ones(corpus):
    assert len(labels(read(corpus, "train", styles="all"))) == 8
    assert set(labels(read(corpus, "train", styles="arial"))) == {
        f"arial__{name}" for name in ("aa", "bb", "cc", "dd")
    }


def test_flat_copies(tmp_path):
    save_picture(tmp_path / "formula_images_processed" / "aa.png")
    save_text(tmp_path / "im2latex_validate.csv", "formula,image\nx,aa.png\n")
    assert labels(read(tmp_path, "valid")) == {"aa": "x"}


def test_which_table(corpus):
    save_text(corpus / "train_normalized.csv", "formula,image\nx,basic/aa.png\n")
    with pytest.raises(SourceError, match="write table="):
        list(read(corpus, "train"))
    assert labels(read(corpus, "train", table="train_normalized.csv")) == {"basic__aa": "x"}
    with pytest.raises(SourceError, match="no such table"):
        list(read(corpus, "train", table="none.csv"))


@pytest.mark.parametrize(
    "name", [".", "/", "..", "b" * 300 + ".png", "q/" * 3000 + "a.png", "a\0.png", "/etc/hostname"]
)
def test_names_that_are_no_pictures_leave_the_others_alone(corpus, name):
    save_text(corpus / "im2latex_validate.csv", f"formula,image\nx,{name}\ny,basic/aa.png\n")
    items = list(read(corpus, "valid"))
    assert labels(items) == {"basic__aa": "y"} and list(drops(items).values()) == ["no_image"]
