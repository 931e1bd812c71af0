"""Reading what is to be answered."""

import json
from pathlib import Path

import pytest

from unimumer_data.errors import ConfigError, RecordError
from unimumer_data.records.record import Record
from unimumer_data.tasks import TASKS, Expression
from unimumer_eval.inference.items import load_sets, picture_items


def write(path: Path, records: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    return path


def record(image: str, task: str = "vanilla", label: str = "x ^ { 2 }") -> dict[str, object]:
    return Record.of(image, TASKS[task].instruction, TASKS[task].answer(Expression(label))).to_dict()


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if not task.fields])
def test_the_label_is_the_expression_of_the_answer(task: str, tmp_path: Path) -> None:
    path = write(tmp_path / "set.json", [record("./data/a.png", task)])
    (one,) = load_sets([str(path)], dataset_dir=tmp_path)
    (item,) = one.items
    assert (one.name, item.id, item.gt, item.task) == ("set", "a", "x ^ { 2 }", task)
    assert item.prompt == TASKS[task].instruction


def test_a_registered_name_is_found_with_its_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "root/data/toy/toy.json", [record("./data/toy/images/a.png")])
    write(tmp_path / "root/dataset_info.json", {"toy": {"file_name": "data/toy/toy.json"}})
    image = tmp_path / "root/data/toy/images/a.png"
    image.parent.mkdir()
    image.touch()
    (by_name,) = load_sets(["toy"], dataset_dir=tmp_path / "root")
    monkeypatch.chdir(tmp_path)  # a record file by its path finds its images from anywhere
    (by_path,) = load_sets(["root/data/toy/toy.json"], dataset_dir=Path("elsewhere"))
    assert by_name.items[0].image.samefile(image)
    assert by_path.items[0].image.samefile(image)


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "dataset_info.json", {"crohme_2014": {"file_name": "x.json"}})
    with pytest.raises(ConfigError, match="did you mean 'crohme_2014'"):
        load_sets(["crohme2014"], dataset_dir=tmp_path)
    with pytest.raises(ConfigError, match="build the set first, with"):
        load_sets(["crohme_2014"], dataset_dir=tmp_path)


def test_a_prediction_file_is_no_record_file(tmp_path: Path) -> None:
    path = write(tmp_path / "x_pred.json", [{"gt": "x", "pred": "x"}])
    with pytest.raises(RecordError, match="engine=replay"):
        load_sets([str(path)], dataset_dir=tmp_path)


def test_records_that_cannot_be_asked_keep_their_place(tmp_path: Path) -> None:
    records = [record("a.png"), {"messages": []}, {**record("b.png"), "images": []}, "nonsense", record("c.png")]
    (one,) = load_sets([str(write(tmp_path / "set.json", records))], dataset_dir=tmp_path)
    assert [item.index for item in one.items] == [0, 1, 2, 3, 4]
    assert [item.fault for item in one.items] == [
        None,
        "record: no human turn",
        "record: no image",
        "record: no human turn",
        None,
    ]
    assert len({item.id for item in one.items}) == 5


def test_the_published_hub_columns_and_openai_roles_are_read(tmp_path: Path) -> None:
    hub = {"image": "a.png", "conversations": record("a.png")["messages"]}
    other = {"images": ["b.png"], "messages": [{"role": "user", "content": "<image>Read."}]}
    (one,) = load_sets([str(write(tmp_path / "set.json", [hub, other]))], dataset_dir=tmp_path)
    assert [(item.id, item.gt, item.fault) for item in one.items] == [("a", "x ^ { 2 }", None), ("b", None, None)]
    assert one.items[1].prompt == "Read."


def test_pictures_of_one_name_get_different_ids(tmp_path: Path) -> None:
    records = [record("one/a.png"), record("two/a.png"), record("two/a.png")]
    (both,) = load_sets([str(write(tmp_path / "x.json", records[:2]))], dataset_dir=tmp_path)
    (all_three,) = load_sets([str(write(tmp_path / "y.json", records))], dataset_dir=tmp_path)
    assert [item.id for item in both.items] == ["one/a", "two/a"]
    assert len({item.id for item in all_three.items}) == 3


def test_limit_and_two_sets_of_one_name(tmp_path: Path) -> None:
    path = write(tmp_path / "set.json", [record("a.png"), record("b.png")])
    (one,) = load_sets([str(path)], dataset_dir=tmp_path, limit=1)
    assert len(one.items) == 1
    with pytest.raises(ConfigError, match="two sets called 'set'"):
        load_sets([str(path), str(path)], dataset_dir=tmp_path)


def test_a_record_without_an_answer_has_no_label(tmp_path: Path) -> None:
    question = record("a.png")
    question["messages"] = question["messages"][:1]
    (one,) = load_sets([str(write(tmp_path / "set.json", [question]))], dataset_dir=tmp_path)
    assert (one.items[0].gt, one.items[0].fault) == (None, None)


def test_pictures_are_items_without_labels() -> None:
    items = picture_items([Path("a/1.png"), Path("b/1.png")])
    assert [(item.index, item.id, item.gt, item.task) for item in items] == [
        (0, "a/1", None, "vanilla"),
        (1, "b/1", None, "vanilla"),
    ]
