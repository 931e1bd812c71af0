from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from unimumer_data.errors import RegistryError
from unimumer_data.records import registry

ROOT = Path(__file__).resolve().parents[3]


def test_the_registry_of_the_project_is_the_published_one() -> None:
    assert registry.read_registry(ROOT / "dataset_info.json") == registry.published()


def test_the_published_names() -> None:
    entries = registry.published()
    training = [name for names in registry.TRAINING_SETS.values() for name in names]
    assert len(training) == 26
    assert len(registry.TEST_SETS) == 10
    assert {"hme100k_error_find", "im2latex_v2_error_fix", "crohme_train_error_find", "mathwriting_symbols"} < set(
        training
    )
    assert not {"hme100k_train_error_find", "mathwriting_symbols_tree"} & set(entries)
    assert entries["hub_crohme_train_tree"]["columns"] == {"messages": "conversations", "images": "image"}
    assert {f"hub_{name}" for name in training} < set(entries)


def test_what_was_built_is_merged_and_all_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    mine = {"file_name": "mine.json", "columns": {"prompt": "q", "response": "a"}}
    old = {"mine": mine, "x": registry.file_entry("old.json"), "zoo": {"hf_hub_url": "a/b", "subset": "c"}}
    path.write_text(json.dumps(old))
    registry.update(path, {"x": registry.file_entry("new.json"), "y": registry.file_entry("y.json")})
    entries = json.loads(path.read_text())
    assert list(entries) == ["mine", "x", "zoo", "y"]
    assert entries["mine"] == mine
    assert entries["x"]["file_name"] == "new.json"


def test_the_registry_of_the_project_keeps_the_names_of_recipes(tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    path.write_text(json.dumps(registry.published()))
    folder = tmp_path / "data/crohme_train"
    folder.mkdir(parents=True)
    (folder / "crohme_train.json").write_text("[]")
    registry.update(path, {"crohme_train": registry.published()["crohme_train"]})
    assert json.loads(path.read_text()) == registry.published()


def test_a_second_update_changes_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    registry.update(path, {"x": registry.file_entry("x.json")})
    before = path.read_bytes()
    registry.update(path, {"x": registry.file_entry("x.json")})
    assert path.read_bytes() == before


def sharegpt(**changes: Any) -> dict[str, Any]:
    entry = {**registry.file_entry("x.json"), **changes}
    return {key: value for key, value in entry.items() if value is not None}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            sharegpt(columns={"images": "images"}),
            r'"columns" lacks "messages"; LLaMA-Factory would read None\. Add it',
        ),
        (sharegpt(tags={"role_tag": "from"}), '"tags" lacks content_tag, user_tag, assistant_tag'),
        (sharegpt(formatting=None), '"formatting" is not "sharegpt"'),
        (sharegpt(file_name=None), "does not say where the data is"),
        (sharegpt(columns=["messages"]), "must be objects"),
        ("x.json", "must be an object, found a str"),
    ],
)
def test_what_llama_factory_would_misread_is_refused(tmp_path: Path, entry: Any, message: str) -> None:
    path = tmp_path / "dataset_info.json"
    path.write_text(json.dumps({"good": sharegpt(), "bad": entry}))
    with pytest.raises(RegistryError, match=rf"dataset_info\.json: 'bad': .*{message}"):
        registry.read_registry(path)


@pytest.mark.parametrize(
    "text", ["{", "[]", "\ufeff{}", '{"a": 1,}', "[" * 100_000, '{"a":' * 50_000, '{"a": ' + "9" * 5000 + "}"]
)
def test_a_damaged_registry_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "dataset_info.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match="dataset_info"):
        registry.update(path, {"x": registry.file_entry("x.json")})
    assert path.read_text(encoding="utf-8") == text


def test_entries_without_columns_or_tags_are_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    path.write_text(json.dumps({"a": {"file_name": "a.json", "formatting": "sharegpt"}, "b": {"script_url": "b"}}))
    assert list(registry.read_registry(path)) == ["a", "b"]


def test_llama_factory_reads_every_record_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own parser and converter, on the bundled sample as built."""
    pytest.importorskip("llamafactory", reason="needs LLaMA-Factory: run with the Python of .venv/train")
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments

    from unimumer_data.build.command import main

    assert main([f"output={tmp_path}", "workers=1"]) == 0
    names = ["sample", "sample_tree", "sample_can", "sample_test"]
    monkeypatch.chdir(tmp_path)
    for name, attributes in zip(names, get_dataset_list(names, str(tmp_path)), strict=True):
        records = json.loads((tmp_path / attributes.dataset_name).read_text(encoding="utf-8"))
        converter = get_dataset_converter("sharegpt", attributes, DataArguments(media_dir=str(tmp_path)))
        assert len(records) == (12 if name == "sample_test" else 48)
        for record in records:
            read = converter(record)
            question, answer = record["messages"]
            assert read["_prompt"] == [{"role": "user", "content": question["value"]}]
            assert read["_response"] == [{"role": "assistant", "content": answer["value"]}]
            assert len(read["_images"]) == 1
            assert Path(read["_images"][0]).is_file()


WRITER = """
import sys
from pathlib import Path
from unimumer_data.records import registry
worker, rounds, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
sys.stdin.read(1)  # all start at once
for number in range(rounds):
    name = f"w{worker}_{number}"
    registry.update(path, {name: registry.file_entry(f"data/{name}/{name}.json")})
"""


def test_no_entry_is_lost_when_several_processes_build(tmp_path: Path) -> None:
    workers, rounds = 3, 25
    words = [str(rounds), str(tmp_path / "dataset_info.json")]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(worker), *words], stdin=subprocess.PIPE, cwd=ROOT)
        for worker in range(workers)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"x")
        writer.stdin.close()
    assert [writer.wait(120) for writer in writers] == [0] * workers
    entries = registry.read_registry(tmp_path / "dataset_info.json")
    assert {f"w{worker}_{number}" for worker in range(workers) for number in range(rounds)} <= entries.keys()
    assert {path.name for path in tmp_path.iterdir()} <= {"dataset_info.json", ".dataset_info.json.lock"}


def test_entries_without_files_go_when_their_folder_is_built_again(tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    names = ["s", "s_tree", "s_can"]
    old = {name: registry.file_entry(f"data/s/{name}.json") for name in names}
    other = registry.file_entry("data/t/t.json")
    registry.update(path, {**old, "t": other})
    (tmp_path / "data/s").mkdir(parents=True)
    (tmp_path / "data/s/s_can.json").touch()
    registry.update(path, {"s": old["s"]})
    entries = registry.read_registry(path)
    assert "s_tree" not in entries
    assert entries.keys() == {"s", "s_can", "t"}


def test_a_registry_that_is_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "dataset_info.json"
    real.write_text("{}")
    link.symlink_to(real)
    registry.update(link, {"x": registry.file_entry("x.json")})
    assert link.is_symlink()
    assert "x" in registry.read_registry(real)
    registry.remove(link, ["x", "y"])
    assert "x" not in registry.read_registry(real)
