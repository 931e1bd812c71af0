import pytest
from made_up_corpora import drops, labels, save_ink, save_picture, save_text

from unimumer_data.errors import SourceError
from unimumer_data.sources.crohme2023 import SOURCE, read

ID = "form_5_241_E1202"
GRAPH = "O, a, x, 1.0, O\nO, b, 2, 1.0, OSup\nR, a, b, Sup, 1.0\n"


def add(root, split, part, stem, *, truth=None, image=True, graph=GRAPH):
    if truth is not None:
        save_ink(root / "INKML" / split / part / f"{stem}.inkml", truth=truth, writer="w7")
    if image:
        save_picture(root / "IMG" / split / part / f"{stem}.png")
    if graph:
        save_text(root / "SymLG" / split / part / f"{stem}.lg", graph)


def test_three_trees_make_one_sample(tmp_path):
    add(tmp_path, "test", "CROHME2023_test", ID, truth="x ^ 2")
    (sample,) = read(tmp_path, "test")
    assert (sample.id, sample.label, sample.split, sample.writer, sample.replaced) == (ID, "x ^ 2", "test", "w7", ())
    assert sample.image.name == f"{ID}.png" and sample.ink is None


def test_ink_on_request(tmp_path):
    add(tmp_path, "test", "CROHME2023_test", ID, truth="x ^ 2")
    (sample,) = read(tmp_path, "test", picture="ink")
    assert sample.ink.name == f"{ID}.inkml" and sample.image is None


@pytest.mark.parametrize("truth", ["", "x ^ { 2", r"\frac { x }", "x ABOVE {2}"])
def test_a_damaged_truth_gives_way_to_the_label_graph(tmp_path, truth):
    add(tmp_path, "test", "CROHME2023_test", ID, truth=truth)
    (sample,) = read(tmp_path, "test")
    assert sample.label == "x ^ { 2 }"
    (replaced,) = sample.replaced
    assert (replaced.reason, replaced.before) == ("label_graph", truth)


def test_pictures_without_ink_take_the_label_graph(tmp_path):
    add(tmp_path, "train", "OffHME", "off_1")
    (sample,) = read(tmp_path, "train")
    assert (sample.label, sample.replaced[0].message) == ("x ^ { 2 }", "label graph (no truth string)")


def test_what_has_no_picture_or_no_label_is_said(tmp_path):
    add(tmp_path, "train", "p", "only_graph", image=False)
    add(tmp_path, "train", "p", "only_image", graph="")
    add(tmp_path, "train", "p", "broken_graph", graph="O, a")
    add(tmp_path, "train", "p", "good")
    items = list(read(tmp_path, "train"))
    assert labels(items) == {"good": "x ^ { 2 }"}
    assert drops(items) == {"only_graph": "no_image", "only_image": "no_label", "broken_graph": "no_label"}


def test_splits_parts_and_repeated_stems(tmp_path):
    add(tmp_path, "train", "CROHME2019", "same", truth="a")
    add(tmp_path, "train", "Artificial_data", "same", truth="b")
    add(tmp_path, "val", "CROHME2016_test", "v", truth="c")
    assert labels(read(tmp_path, "train")) == {"Artificial_data__same": "b", "CROHME2019__same": "a"}
    assert labels(read(tmp_path, "train", parts="CROHME2019")) == {"same": "a"}
    assert labels(read(tmp_path, "valid")) == labels(read(tmp_path, "val")) == {"v": "c"}


def test_files_side_by_side(tmp_path):
    save_ink(tmp_path / f"{ID}.inkml", truth="x")
    save_picture(tmp_path / f"{ID}.png")
    assert labels(read(tmp_path, "test")) == {ID: "x"}


def test_unreadable_ink_does_not_lose_the_sample(tmp_path):
    add(tmp_path, "test", "p", ID)
    save_text(tmp_path / "INKML" / "test" / "p" / f"{ID}.inkml", "<ink><trace>")
    (sample,) = read(tmp_path, "test")
    assert sample.label == "x ^ { 2 }" and "ink unreadable" in sample.replaced[0].message


def test_wrong_folder(tmp_path):
    with pytest.raises(SourceError, match=r"no \.inkml, \.png or \.lg file of the split 'train'"):
        list(read(tmp_path, "train"))
    assert SOURCE.conventions == "crohme2023"
