import csv
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
    with pytest.raises(SourceError, match=r"one export \(JSON, CSV or TSV\) is needed, found min\.json, two\.json"):
        list(read(tmp_path, "train"))


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_the_tables_that_it_exports(tmp_path, kind):
    for name in ("a.png", "b.png", "c.png"):
        save_picture(tmp_path / name)
    boxes = json.dumps([{"x": 0, "y": 0, "width": 50, "height": 100}, {"x": 50, "y": 0, "width": 50, "height": 100}])
    with (tmp_path / f"export.{kind}").open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if kind == "tsv" else ",")
        writer.writerow(["ocr", "id", "bbox", "transcription", "annotator", "annotation_id"])
        writer.writerow(["/data/upload/3/0a1b2c3d-a.png", 1, "", r"\frac{1}{2}", 1, 1])
        writer.writerow(["/data/upload/3/0a1b2c3d-b.png", 2, "", json.dumps({"text": [r"\alpha", "+ 1"]}), 1, 2])
        writer.writerow(["/data/upload/3/0a1b2c3d-c.png", 3, boxes, json.dumps(["x", "y"]), 1, 3])
    items = list(read(tmp_path, "train"))
    assert labels(items) == {"a": r"\frac{1}{2}", "b": r"\alpha + 1"}
    assert drops(items) == {"c": "several_texts"}


def test_the_texts_of_several_boxes_are_not_the_label_of_the_picture(tmp_path):
    save_picture(tmp_path / "a.png")
    both = task("a.png", "x")
    both["annotations"][0]["result"].append({"type": "textarea", "from_name": "latex", "value": {"text": ["y"]}})
    save_text(tmp_path / "export.json", json.dumps([both]))
    assert drops(list(read(tmp_path, "train"))) == {"a": "several_texts"}
