import json

import pytest
from made_up_corpora import drops, labels, save_picture, save_text

from unimumer_data.errors import SourceError
from unimumer_data.sources.label_studio import read


def task(image, *texts, cancelled=False, **extra):
    result = [{"type": "textarea", "from_name": "latex", "to_name": "image", "value": {"text": list(texts)}}]
    annotation = {"id": 1, "was_cancelled": cancelled, "result": result if texts else []}
    return {"id": 5, "data": {"image": image, **extra}, "annotations": [annotation], "predictions": []}


def test_an_export_and_pictures_as_they_were_before_the_upload(tmp_path):
    for name in ("a.png", "b.png", "images/c.jpg"):
        save_picture(tmp_path / name)
    tasks = [
        task("/data/upload/3/0a1b2c3d-a.png", "x ^ 2"),
        task("/data/local-files/?d=set/b.png", "y", "+ 1"),
        task("http://localhost:8080/data/upload/3/ffffffff-c.jpg", "z"),
        task("/data/upload/3/0a1b2c3d-a.png", "x", cancelled=True),
        task("/data/upload/3/11111111-gone.png", "w"),
        task("/data/upload/3/0a1b2c3d-b.png"),
        "no task",
        {"id": 7, "data": {"note": "nothing"}, "annotations": []},
    ]
    save_text(tmp_path / "export.json", json.dumps(tasks))
    items = list(read(tmp_path, "train"))
    assert list(labels(items).items()) == [
        ("a", "x ^ 2"), ("b", "y + 1"), ("images__c", "z"), ("/data/upload/3/11111111-gone.png", "w"),
    ]  # fmt: skip
    assert "is a path inside Label Studio" in items[4].absent
    assert list(drops(items).values()) == ["no_label", "no_label", "bad_row", "no_image"]


def test_the_small_export_and_named_fields(tmp_path):
    save_picture(tmp_path / "a.png")
    rows = [{"id": 1, "image": "/data/upload/1/a.png", "transcription": "x"}]
    file = save_text(tmp_path / "min.json", json.dumps(rows))
    assert labels(read(file, "train")) == {"a": "x"}
    both = task("a.png", "x", scan="none.png")
    both["annotations"][0]["result"].insert(0, {"type": "textarea", "from_name": "remark", "value": {"text": "no"}})
    file = save_text(tmp_path / "two.json", json.dumps([both]))
    assert labels(read(file, "train", text="latex", image="image")) == {"a": "x"}
    with pytest.raises(SourceError, match=r"one JSON export is needed, found min\.json, two\.json"):
        list(read(tmp_path, "train"))
