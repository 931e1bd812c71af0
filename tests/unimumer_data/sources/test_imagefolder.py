import pytest
from made_up_corpora import drops, labels, save_picture, save_text

from unimumer_data.errors import SourceError
from unimumer_data.sources.imagefolder import count, read


def test_metadata_of_each_split(tmp_path):
    for name in ("train/a", "train/deep/b", "validation/a"):
        save_picture(tmp_path / f"{name}.png")
    rows = '{"file_name": "a.png", "text": "x"}\n{"file_name": "deep/b.png", "text": "y"}\n{"file_name": 7, "text": "'
    save_text(tmp_path / "train/metadata.jsonl", rows)
    save_text(tmp_path / "validation/metadata.csv", 'file_name,latex\na.png,"f(x, y)"\nb.png,z\n')
    items = list(read(tmp_path, "train"))
    assert labels(items) == {"a": "x", "deep__b": "y"} and drops(items) == {"metadata.jsonl:3": "bad_row"}
    items = list(read(tmp_path, "valid"))
    assert labels(items) == {"a": "f(x, y)", "b": "z"} and "there is no picture of that name" in items[1].absent
    assert count(tmp_path, "train") == 3


def test_one_file_of_metadata_for_all_splits(tmp_path):
    names = ("train/a", "train/b", "test/a")
    for name in names:
        save_picture(tmp_path / f"{name}.png")
    save_text(
        tmp_path / "metadata.csv",
        "file_name,formula,writer\n" + "".join(f"{name}.png,{name[-1]},w\n" for name in names),
    )
    assert labels(read(tmp_path, "train")) == {"train__a": "a", "train__b": "b"}
    assert labels(read(tmp_path, "test", label_column="writer")) == {"test__a": "w"}


def test_a_folder_without_metadata_says_what_was_looked_for(tmp_path):
    with pytest.raises(SourceError, match=r"no metadata of an image folder; looked for train/metadata\.jsonl, "):
        list(read(tmp_path, "train"))
