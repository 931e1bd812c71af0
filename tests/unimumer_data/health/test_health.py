import json

import pytest
from PIL import Image

from unimumer_data.health.command import main
from unimumer_data.health.ledger import read_ledger


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    return write


def prediction(label, image_id, image="none.png"):
    return {"gt": label, "pred": "", "img_id": image_id, "image_path": image}


def test_lint_counts_and_shows(write, capsys, tmp_path):
    output = tmp_path / "lint.json"
    words = ["lint", write("a_captions.json", ["x", "x ^ { 2", r"M \ltN"]), f"output={output}"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "a: 3 labels, 1 without a finding" in printed
    assert "unbalanced: 1" in printed and "a_1: " in printed
    assert "repair glued_command: 1" in printed
    assert [hit["kind"] for hit in json.loads(output.read_text())["a"]["a_1"]] == ["unbalanced"]


def test_overlap_adds_a_row_to_the_ledger(write, tmp_path):
    test, training = write("test.json", ["x", r"\frac12", "y", "z"]), write("train.json", [r"\frac { 1 } { 2 }", "a"])
    ledger = tmp_path / "ledger.yaml"
    for system in ("Other", "Reader", "Reader"):  # the second row of one system and set replaces the first
        assert main(["overlap", test, training, f"ledger={ledger}", f"system={system}", "source=a paper"]) == 0
    assert [(row.system, row.set, row.share, row.by) for row in read_ledger(ledger)] == [
        ("Other", "test", 25.0, "labels"),
        ("Reader", "test", 25.0, "labels"),
    ]


def test_a_row_needs_a_system_and_two_sets(write, tmp_path, capsys):
    one, ledger = write("test.json", ["x"]), f"ledger={tmp_path / 'ledger.yaml'}"
    assert main(["overlap", one, ledger, "system=Reader", "source=a paper"]) == 2
    assert "two sets" in capsys.readouterr().err
    assert main(["overlap", one, one, ledger]) == 2
    assert "needs system= and source=" in capsys.readouterr().err


def test_overlap_table(write, capsys, tmp_path):
    a, b = write("a.json", ["x", r"\frac12"]), write("b.json", [prediction(r"\frac { 1 } { 2 }", "b1")])
    assert main(["overlap", a, b, f"output={tmp_path / 'o.json'}"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["a", "b", "2", "1", "50.0", "%", "1", "-", "-", "-"] in lines
    assert ["b", "a", "1", "1", "100.0", "%", "1"] in lines
    assert [one["labels"] for one in json.loads((tmp_path / "o.json").read_text())] == [0, 1, 0]


def test_guard_finds_the_test_sample(write, capsys, tmp_path):
    Image.new("RGB", (30, 20), "white").save(tmp_path / "p.png")
    test = write("test.json", [prediction("x", "t1", "p.png")])
    records = [
        {"images": ["p.png"], "messages": [{"from": "human", "value": "<image>?"}, {"from": "gpt", "value": "y"}]}
    ]
    training = write("training.json", records)
    root = f"root={tmp_path}"
    assert main(["guard", training, f"tests={test}", root]) == 1
    assert "training: 1 of 1 are test samples" in capsys.readouterr().out
    assert main(["guard", training, f"tests={test}", root, "pictures=false"]) == 0


def test_a_set_by_its_name(write, capsys, tmp_path):
    write("dataset_info.json", {"mine": {"file_name": "mine.json"}, "gone": {"file_name": "gone.json"}})
    write("mine.json", ["x"])
    assert main(["lint", "mine", f"root={tmp_path}"]) == 0
    assert main(["lint", "mime", f"root={tmp_path}"]) == 2
    assert "did you mean 'mine'?" in capsys.readouterr().err
    assert main(["lint", "gone", f"root={tmp_path}"]) == 2
    assert "build the set first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "Known: lint, overlap, guard"),
        (["overlab", "x"], 2, "did you mean 'overlap'?"),
        (["lint"], 2, "name at least one set"),
        (["lint", "x", "exmples=2"], 2, "did you mean 'examples'?"),
        (["guard", "x"], 2, "no such file"),
        (["lint", "none.json"], 2, "no such file"),
    ],
)
def test_usage(words, code, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("content", [[1], [{"text": "x"}], [{"images": [], "messages": []}], {"a": 1}])
def test_files_of_no_known_shape(write, content, capsys):
    assert main(["lint", write("a.json", content)]) == 1
    assert "RecordError" in capsys.readouterr().err
