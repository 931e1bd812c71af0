import pytest
from made_up_corpora import drops, labels, picture_bytes, save_text

from unimumer_data.errors import SourceError
from unimumer_data.sources import hub_parquet
from unimumer_data.sources.hub_parquet import read
from unimumer_data.tasks import prompts


def conversation(answer):
    return [{"from": "human", "value": f"<image>{prompts.VANILLA}"}, {"from": "gpt", "value": answer}]


def test_rows_in_order_and_pictures_untouched(tmp_path, monkeypatch):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(hub_parquet, "ROWS", 1)
    data = picture_bytes()
    rows = [
        {"image": {"bytes": data, "path": "a.jpg"}, "conversations": conversation("x ^ { 2 }")},
        {"image": {"bytes": data, "path": None}, "conversations": conversation("y")},
        {"image": {"bytes": None, "path": "c.jpg"}, "conversations": conversation("z")},
        {"image": {"bytes": data, "path": "d.jpg"}, "conversations": []},
    ]
    (tmp_path / "crohme_train").mkdir()
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "crohme_train" / "train-0.parquet")
    items = list(read(tmp_path, "train"))
    assert labels(items) == {"a": "x ^ { 2 }", "train-0_1": "y"}
    assert items[0].pixels == data
    assert drops(items) == {"c": "no_image", "d": "bad_row"}


def test_a_file_without_the_columns(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"text": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="no column conversations, image"):
        list(read(tmp_path, "train"))
    save_text(tmp_path / "a.parquet", "not parquet")
    with pytest.raises(SourceError, match="cannot be read as parquet"):
        list(read(tmp_path, "train"))


def test_without_pyarrow_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    save_text(tmp_path / "a.parquet", "x")
    with pytest.raises(SourceError, match="pip install pyarrow"):
        list(read(tmp_path, "train"))


def test_no_file(tmp_path):
    with pytest.raises(SourceError, match=r"no \.parquet file"):
        list(read(tmp_path, "train"))


def test_rows_of_other_types_leave_the_others_alone(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    data = picture_bytes()
    turns = [(None, "x"), ("q", None), ("q", "x"), ("q", "y")]
    rows = [
        {
            "image": {"bytes": data, "path": number},
            "conversations": [{"value": asked, "from": "human"}, {"value": said, "from": "gpt"}],
        }
        for number, (asked, said) in enumerate(turns)
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    items = list(read(tmp_path, "train"))
    assert drops(items) == {"a_0": "bad_row", "a_1": "bad_row"}
    assert list(labels(items)) == ["a_2", "a_3"]
    numbers = [{"image": {"bytes": data, "path": "a.png"}, "conversations": [{"from": "human", "value": 3}]}]
    parquet.write_table(pyarrow.Table.from_pylist(numbers), tmp_path / "a.parquet")
    assert drops(read(tmp_path, "train")) == {"a": "bad_row"}


def test_a_row_that_is_no_utf8_is_dropped_alone(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    offsets = b"".join(number.to_bytes(4, "little") for number in (0, 2, 4))
    ids = pyarrow.StringArray.from_buffers(2, pyarrow.py_buffer(offsets), pyarrow.py_buffer(b"\xff\xfeok"))
    image = pyarrow.array([{"bytes": picture_bytes(), "path": "a.png"}] * 2)
    turns = pyarrow.array([conversation("x")] * 2)
    parquet.write_table(pyarrow.table({"id": ids, "image": image, "conversations": turns}), tmp_path / "a.parquet")
    items = list(read(tmp_path, "train"))
    assert drops(items) == {"a_0": "encoding"} and labels(items) == {"ok": "x"}
