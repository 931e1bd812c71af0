import json

import pytest
from made_up_corpora import drops, labels, save_picture, save_text

from unimumer_data.errors import RecordError
from unimumer_data.records.record import Record
from unimumer_data.sources.published import read
from unimumer_data.tasks import prompts


def save(path, *records):
    return save_text(path, json.dumps(records, ensure_ascii=False, indent=1))


def record(name, instruction, answer):
    return Record.of(f"./data/x/images/{name}.jpg", instruction, answer).to_dict()


def test_the_label_is_the_last_line_unchanged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_picture(tmp_path / "data/x/images/a.jpg")
    for number, (instruction, answer) in enumerate(
        [
            (prompts.VANILLA, r"\lt x"),
            (prompts.TREE, "\\lt\nx (right)\n\\lt x"),
            (prompts.COUNT, "\\lt: 1, x: 1\n\\lt x"),
        ]
    ):
        file = save(tmp_path / f"{number}.json", record("a", instruction, answer))
        assert labels(read(file, "train")) == {"a": r"\lt x"}


def test_root_and_bad_records(tmp_path):
    save_picture(tmp_path / "root/data/x/images/a.jpg")
    file = save(
        tmp_path / "x.json", record("a", prompts.VANILLA, "x"), {"text": "y"}, record("b", prompts.VANILLA, "z")
    )
    items = list(read(file, "train", root=str(tmp_path / "root")))
    assert labels(items) == {"a": "x"} and drops(items) == {"record_1": "bad_row", "b": "no_image"}


def test_error_detection_is_refused(tmp_path):
    question = prompts.ERROR_FIND.format(candidate="x")
    with pytest.raises(RecordError, match="error detection records hold no label"):
        list(read(save(tmp_path / "x.json", record("a", question, "<error_start> x <error_end>")), "train"))
