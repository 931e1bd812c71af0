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
