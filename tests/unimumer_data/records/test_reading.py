from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unimumer_data.errors import ConfigError, RecordError
from unimumer_data.records import registry
from unimumer_data.records.json_array import read_json_array
from unimumer_data.records.labelled import read_labelled
from unimumer_data.records.reading import image_root, label_of, parts_of, read_records
from unimumer_data.records.record import Record
from unimumer_data.records.sets import read_set
from unimumer_data.sources.published import read as read_published
from unimumer_data.tasks import TASKS, Expression
from unimumer_eval.inference.items import load_sets

LABEL = r"\frac { 1 } { 2 }"


def record(task: str = "vanilla") -> dict[str, Any]:
    expression = Expression(LABEL, "1 / 2")
    return Record.of("p/a.png", TASKS[task].question(expression), TASKS[task].answer(expression)).to_dict()


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if task.labelled])
def test_the_label_of_every_task(task: str) -> None:
    assert label_of(record(task), "x.json, record 0") == LABEL
    assert parts_of(record(task)).task == task


def test_error_detection_has_no_label() -> None:
    with pytest.raises(RecordError, match=r"x\.json, record 7: error detection records hold no label"):
        label_of(record("error_find"), "x.json, record 7")


@pytest.mark.parametrize(
    "other",
    [
        {"image": "p/a.png", "conversations": record()["messages"]},
        {"images": ["p/a.png"], "messages": [{"from": "system", "value": "Be exact."}, *record()["messages"]]},
        {
            "images": ["p/a.png"],
            "messages": [
                {"role": "user", "content": record()["messages"][0]["value"]},
                {"role": "assistant", "content": LABEL},
            ],
        },
    ],
)
def test_records_of_others(other: dict[str, Any]) -> None:
    assert label_of(other, "") == LABEL
    assert (parts_of(other).image, parts_of(other).instruction) == ("p/a.png", TASKS["vanilla"].instruction)


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (None, "no human turn"),
        ({"messages": 3}, "no human turn"),
        ({"messages": [{"from": "human", "value": None}]}, "no human turn"),
        ({**record(), "images": []}, "no image"),
        ({**record(), "images": [3]}, "no image"),
    ],
)
def test_what_is_missing_is_said(broken: Any, fault: str) -> None:
    assert parts_of(broken).fault == fault


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data/mine").mkdir(parents=True)
    (tmp_path / "data/mine/mine.json").write_text(json.dumps([record()]))
    entries = {"mine": registry.file_entry("data/mine/mine.json"), "away": registry.file_entry("data/away/away.json")}
    registry.update(tmp_path / "dataset_info.json", entries)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mime", r"neither a file nor a data set of .* \(did you mean 'mine'\?\)"),
        ("quite_another", r"neither a file nor a data set of .*; `unimumer build` makes data sets"),
        ("away", r"away\.json does not exist yet; build the set first, with: unimumer build"),
        ("hub_crohme_train", r"'hub_crohme_train' is on the hub \(phxember/Uni-MuMER-Data\)"),
        ("none.json", "no such file"),
    ],
)
def test_all_commands_say_the_same_about_a_name(root: Path, name: str, message: str) -> None:
    said = set()
    for read in (
        lambda: read_set(root, name),
        lambda: read_labelled(name, root=root),
        lambda: load_sets([name], dataset_dir=root),
    ):
        with pytest.raises(ConfigError, match=message) as caught:
            read()
        said.add(str(caught.value))
    assert len(said) == 1


def test_all_readers_find_the_same_picture(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = root / "p/a.png"
    picture.parent.mkdir()
    picture.touch()
    file = root / "data/mine/mine.json"
    monkeypatch.chdir("/")  # neither the working directory nor dataset_dir has it: a folder above the file does
    (labelled,) = read_labelled(str(file)).items
    (sample,) = read_published(file, "train")
    (found,) = load_sets([str(file)], dataset_dir=Path("elsewhere"))
    assert {labelled.image, sample.image, found.items[0].image} == {picture}  # type: ignore[union-attr]
    assert image_root(file, ["p/b.png"], dataset_dir=Path("x")) == Path("x")
    assert image_root(file, ["p/a.png"], media_dir=Path("y")) == Path("y")


def test_json_lines_are_records_too(tmp_path: Path) -> None:
    for name in ("x.jsonl", "x.json"):
        file = tmp_path / name
        file.write_text("\n".join(json.dumps(record()) for _ in range(2)) + "\n")
        assert [place for _, place in read_records(file)] == [f"{file}, line 1", f"{file}, line 2"]
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(RecordError, match=r"x\.jsonl, line 2: broken JSON"):
        list(read_records(tmp_path / "x.jsonl"))
    (tmp_path / "x.jsonl").write_text('\n[{"a": 1}]')
    assert [item for item, _ in read_records(tmp_path / "x.jsonl")] == [{"a": 1}]


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("items", [[], [1], [12, "a,]", {"b": [1, {"c": None}]}, -1.5e3, "\\ü\n"]])
def test_items_of_an_array_whatever_the_block(tmp_path: Path, block: int, items: list[Any]) -> None:
    file = tmp_path / "x.json"
    for indent in (None, 2):
        file.write_text("\ufeff " + json.dumps(items, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")
        assert list(read_json_array(file, block)) == items


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a JSON array is needed"),
        ('{"a": 1}', "a JSON array is needed"),
        ("[1, 2", "broken JSON at character 4"),
        ("[1 2]", "broken JSON at character 3"),
        ("[1,, 2]", "broken JSON at character 3"),
        ("[1, 2,]", "broken JSON at character 6"),
        ("[,1]", "broken JSON at character 1"),
        ("[1] x", "something after the array at character 4: 'x'"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "1" * 5000 + "]", "broken JSON"),
    ],
)
def test_what_is_no_array(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    for block in (2, 1 << 20):
        with pytest.raises(RecordError, match=message):
            list(read_json_array(file, block))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b'["\xb1"]')
    with pytest.raises(RecordError, match="cannot be read as UTF-8 JSON"):
        list(read_json_array(file))
    with pytest.raises(RecordError, match="no such file"):
        list(read_json_array(tmp_path / "none.json"))
