"""Every kind of prediction file, written by hand as its maker writes it."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from unimumer_data.errors import MissingPredictionError, PredictionError
from unimumer_data.records.predictions import find_prediction_files, read_prediction_file, set_name
from unimumer_data.tasks import prompts
from unimumer_eval.pair_files import read_labels, read_predictions, write_published
from unimumer_eval.scores import Pair


def test_the_published_format_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "toy_pred.json"
    pairs = [
        Pair(id="a", gt="x", pred="\\alpha \u2028 é", image_path="./data/a.jpg"),
        Pair(id="b", gt="y", pred="", failure="image", image_path="b.jpg", extra={"detail": "image: b.jpg: damaged"}),
    ]
    write_published(path, pairs)
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert rows[0] == {"gt": "x", "pred": "\\alpha \u2028 é", "image_path": "./data/a.jpg", "img_id": "a"}
    assert rows[1]["failure"] == "image: b.jpg: damaged"
    assert read_predictions(path) == pairs


def test_published_files_are_read(shared_data: Path) -> None:
    files = find_prediction_files([shared_data / "predictions"])
    assert len(files) == 6
    assert len(read_predictions(files["crohme_2014"])) == 986


def test_tamer_object(tmp_path: Path) -> None:
    path = tmp_path / "pred_test.json"
    path.write_text(json.dumps({"test_1.jpg": {"pred": "x", "gt": "y", "dist": 1}}))
    assert read_predictions(path) == [Pair(id="test_1", gt="y", pred="x")]


def result_zip(path: Path) -> Path:
    """As BTTR, CoMER and PosFormer write it; the last as TAMER does, with a list between the dollars."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("18_em_0.txt", "%18_em_0\n$x _ { k }$")
        archive.writestr("18_em_1.txt", "%18_em_1\n$$")
        archive.writestr("18_em_2.txt", "%18_em_2\n$" + str(["\\frac", "{", "a", "}", "{", "b", "}"]) + "$")
    return path


def test_result_zip_takes_labels_from_a_table(tmp_path: Path) -> None:
    table = tmp_path / "caption.txt"
    table.write_text("18_em_0\tx _ { k }\n18_em_1\ty\n18_em_2\tz\n")
    pairs = read_predictions(result_zip(tmp_path / "2014.zip"), labels=read_labels(table))
    assert [(pair.gt, pair.pred) for pair in pairs] == [
        ("x _ { k }", "x _ { k }"),
        ("y", ""),
        ("z", "\\frac { a } { b }"),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("l.txt", "x ^ 2\ny\n"),
        ("l.txt", "a\tx ^ 2\nb\ty\n"),
        ("l.tsv", "image\tlatex\na.png\tx ^ 2\nb.png\ty\n"),
        ("l.tsv", "latex\tpath\nx ^ 2\ta.png\ny\tb.png\n"),
        ("l.csv", "file_name,formula\na.png,x ^ 2\nb.png,y\n"),
        ("l.csv", 'a.png,"x ^ 2"\nb.png,y\n'),
        ("l.jsonl", '{"label": "x ^ 2"}\n{"label": "y"}\n'),
        ("l.jsonl", '{"image": "a.png", "latex": "x ^ 2"}\n{"image": "b.png", "latex": "y"}\n'),
        ("l.jsonl", '"x ^ 2"\n"y"\n'),
        ("l.json", '[{"image": "a.png", "latex": "x ^ 2"}, {"image": "b.png", "latex": "y"}]'),
        ("l.json", '{"a.png": "x ^ 2", "b.png": "y"}'),
    ],
)
def test_labels_of_any_table_match_by_place_where_ids_are_missing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    path = tmp_path / "generated_predictions.jsonl"
    path.write_text("".join(json.dumps({"prompt": "", "predict": one, "label": ""}) + "\n" for one in ("x ^ 2", "z")))
    pairs = read_predictions(path, labels=read_labels(tmp_path / name))
    assert [(pair.gt, pair.pred) for pair in pairs] == [("x ^ 2", "x ^ 2"), ("y", "z")]


def test_result_zip_needs_labels_and_all_predictions(tmp_path: Path) -> None:
    path = result_zip(tmp_path / "2014.zip")
    with pytest.raises(PredictionError, match="labels="):
        read_predictions(path)
    labels = {"18_em_0": "x", "18_em_1": "y", "18_em_2": "z", "18_em_3": "w"}
    with pytest.raises(MissingPredictionError, match=r"1 of 4 .* first: 18_em_3"):
        read_predictions(path, labels=labels)
    assert len(read_predictions(path, labels=labels, missing="wrong")) == 4


def test_llamafactory_predictions_with_their_chat_turns(tmp_path: Path) -> None:
    path = tmp_path / "sft" / "generated_predictions.jsonl"
    path.parent.mkdir()
    chat = "system\nYou are a helpful assistant.\nuser\n{}\nassistant\n"
    rows = [
        {"prompt": chat.format(prompts.VANILLA), "predict": "x", "label": "y"},
        {"prompt": chat.format(prompts.COUNT), "predict": "x: 1\nx", "label": "y: 1\ny"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [(pair.id, pair.gt, pair.pred) for pair in read_predictions(path)] == [("0", "y", "x"), ("1", "y", "x")]
    assert set_name(path) == "sft"


def test_labels_in_order_replace_damaged_ones(tmp_path: Path) -> None:
    path = tmp_path / "set_pred.json"
    path.write_text(json.dumps([{"gt": "{", "pred": "x", "img_id": "a"}, {"gt": "y", "pred": "y", "img_id": "b"}]))
    assert [pair.gt for pair in read_predictions(path, labels=["x", "y"])] == ["x", "y"]
    with pytest.raises(MissingPredictionError, match="2 predictions, but 1 labels"):
        read_predictions(path, labels=["x"])


def test_a_prediction_that_is_not_text_fails_alone(tmp_path: Path) -> None:
    path = tmp_path / "set_pred.json"
    path.write_text(json.dumps([{"gt": "x", "pred": None}, {"gt": "y", "pred": "y"}]))
    assert [pair.failure for pair in read_predictions(path)] == ["not text", None]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '[{"messages": []}]', "is it a record file"),
        ("a.json", "[]", "no predictions"),
        ("a.json", "3", "must be an array"),
        ("a.json", '[{"pred": "x", "gt": 3}]', "label must be text"),
        ("a.json", '[{"pred"', "cannot be read"),
        ("a.zip", "no zip", "cannot be read"),
        ("a.tsv", "x y", "line 1"),
        ("a.pdf", "", "not a kind"),
    ],
)
def test_other_files_are_refused_by_name(name: str, content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(PredictionError, match=message):
        read_predictions(path)


def test_folders_and_names(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_published(tmp_path / folder / "set_pred.json", [Pair(id="a", gt="x", pred="x")])
    assert list(find_prediction_files([tmp_path / "one"])) == ["set"]
    assert list(find_prediction_files([tmp_path / "one", tmp_path / "two"])) == ["one_set", "two_set"]
    with pytest.raises(PredictionError, match=r"no \*_pred.json"):
        find_prediction_files([tmp_path])
    with pytest.raises(PredictionError, match="no such file or folder"):
        find_prediction_files([tmp_path / "three"])


def test_samples_are_written_beside_the_first_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "toy_pred.json"
    pairs = [
        Pair(id="a", gt="x", pred="x", extra={"samples": ["x", "X"]}),
        Pair(id="b", gt="y", pred="", failure="image", extra={"detail": "image: damaged"}),
    ]
    write_published(path, pairs, {"n": 2, "temperature": 0.9, "seed": 7})
    first = json.loads(path.read_text(encoding="utf-8"))[0]
    assert first["sampling"] == {"n": 2, "temperature": 0.9, "seed": 7}
    assert [one.texts for one in read_prediction_file(path)] == [("x", "X"), ()]


def test_labels_with_ids_are_matched_by_place_where_predictions_have_none(tmp_path: Path) -> None:
    path = tmp_path / "generated_predictions.jsonl"
    path.write_text("".join(json.dumps({"prompt": "", "predict": text, "label": ""}) + "\n" for text in "xy"))
    pairs = read_predictions(path, labels={"a": "x", "b": "z"})
    assert [(pair.id, pair.gt, pair.pred) for pair in pairs] == [("a", "x", "x"), ("b", "z", "y")]
    with pytest.raises(MissingPredictionError, match="2 predictions, but 1 labels"):
        read_predictions(path, labels={"a": "x"})


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'[{"pred": "x", "n": ' + b"9" * 5000 + b"}]",
        b'[{"pred": "x", "confidence": NaN}]',
        b'[{"pred": "x", "confidence": 7}]',
        b'[{"pred": "x", "confidence": "0.5"}]',
    ],
)
def test_what_is_no_prediction_file_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "toy_pred.json"
    path.write_bytes(content)
    with pytest.raises(PredictionError, match=r"toy_pred\.json"):
        read_predictions(path)


def test_half_characters_and_runaways_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "toy_pred.json"
    path.write_text('[{"pred": "x \\ud83d", "gt": "y \\udc00"}, {"pred": "%s", "gt": "x"}]' % ("x " * 60_000))
    first, second = read_predictions(path)
    assert (first.pred, first.gt) == ("x \ufffd", "y \ufffd")
    assert (second.pred, second.failure) == ("", "too long")


def test_a_zip_that_grows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unimumer_data.records.predictions.PREDICTION_BYTES", 2**20)
    path = tmp_path / "result.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "%a\n$" + "x " * 2**20 + "$")
    with pytest.raises(PredictionError, match="MiB when unpacked"):
        read_predictions(path, labels={"a": "x"})


@pytest.mark.parametrize("body", ["['a', 1, 'b']", "['a', {}, 'b']", "['a' + 'b']"])
def test_a_list_that_is_none_is_named(body: str, tmp_path: Path) -> None:
    path = tmp_path / "result.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", f"%a\n${body}$")
    with pytest.raises(PredictionError, match=r"a\.txt: not a list of tokens"):
        read_predictions(path, labels={"a": "x"})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("l.json", '{"a": null}', "label of 'a' must be text, found None"),
        ("l.json", '{"a": 3}', "must be text"),
        ("l.csv", 'id,latex\na,"x\nb,y\n', r"line 2: a quote .* does not close"),
        ("l.json", "[" * 100_000, "cannot be read as labels"),
        ("l.json", '["' + "x" * 10 + '", ' + "9" * 5000 + "]", "cannot be read as labels"),
        ("l.jsonl", "{", "cannot be read as labels"),
    ],
)
def test_labels_that_are_none_are_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / "a_pred.json").write_text('[{"img_id": "a", "pred": "x"}, {"img_id": "b", "pred": "y"}]')
    (tmp_path / name).write_text(content)
    with pytest.raises(PredictionError, match=message):
        read_labels(tmp_path / name)


@pytest.mark.parametrize("harm", ["encrypted", "method", "deflate"])
def test_members_that_cannot_be_unpacked_are_named(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "result.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "%a\n$" + "x + " * 50 + "y$")
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    if harm == "encrypted":
        data[6] |= 1
        data[central + 8] |= 1
    elif harm == "method":
        data[8] = data[central + 10] = 99
    else:
        data[36:44] = b"\xff" * 8
    path.write_bytes(data)
    with pytest.raises(PredictionError, match=r"result\.zip: cannot be read"):
        read_predictions(path, labels={"a": "x"})


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e308", '"0.5"', "[1]", "{}", "true", "-3", "7"])
def test_a_confidence_is_a_number_from_0_to_1(tmp_path: Path, value: str) -> None:
    path = tmp_path / "toy_pred.json"
    path.write_text(f'[{{"gt": "x", "pred": "x", "confidence": {value}}}]')
    with pytest.raises(PredictionError, match="'confidence' must be a number from 0 to 1"):
        read_predictions(path)


def test_half_characters_anywhere_in_a_prediction_can_be_written_again(tmp_path: Path) -> None:
    path = tmp_path / "toy_pred.json"
    keys = ("gt", "pred", "img_id", "image_path", "failure")
    path.write_text(
        json.dumps([{"gt": "x", "pred": "x", "img_id": str(n), key: "\ud800"} for n, key in enumerate(keys)])
    )
    write_published(tmp_path / "out.json", read_predictions(path))
    assert len(json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))) == 5


def test_a_pipe_is_no_prediction_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a_pred.json")
    with pytest.raises(PredictionError, match="is not a file"):
        read_predictions(tmp_path / "a_pred.json")
