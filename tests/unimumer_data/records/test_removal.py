from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.records import registry
from unimumer_data.records.removal import main


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("mine", "mine_too"):
        (tmp_path / "data" / name / "folds").mkdir(parents=True)
        (tmp_path / "data" / name / f"{name}.json").write_text("[]")
        (tmp_path / "data" / name / "manifest.json").write_text("{}")
        entries = {name: f"data/{name}/{name}.json", f"{name}_fold0": f"data/{name}/folds/{name}_fold0.json"}
        registry.update(
            tmp_path / "dataset_info.json", {one: registry.file_entry(file) for one, file in entries.items()}
        )
    (tmp_path / "data/foreign").mkdir()
    return tmp_path


def test_a_set_goes_with_its_entries(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mine", "yes=true", f"output={root}"]) == 0
    assert "mine, mine_fold0" in capsys.readouterr().out
    assert not (root / "data/mine").exists() and (root / "data/mine_too").is_dir()
    entries = registry.read_registry(root / "dataset_info.json")
    assert not {"mine", "mine_fold0"} & entries.keys()
    assert {"mine_too", "mine_too_fold0"} == entries.keys()


def test_nothing_goes_without_a_yes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (root / "dataset_info.json").read_text()
    assert main(["mine", f"output={root}"]) == 1  # no terminal here
    assert "nothing was removed" in capsys.readouterr().out
    assert (root / "data/mine/mine.json").exists() and (root / "dataset_info.json").read_text() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name one data set"),
        (["mime", "yes=true"], "did you mean 'mine'?"),
        (["foreign", "yes=true"], "was not made by build"),
        (["..", "yes=true"], "is no name of a data set"),
        (["mine/folds", "yes=true"], "is no name of a data set"),
    ],
)
def test_what_is_refused(root: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, f"output={root}"]) == 2
    assert message in capsys.readouterr().err
    assert len(list((root / "data").iterdir())) == 3


def test_entries_whose_folder_is_gone_can_be_removed(root: Path) -> None:
    path = root / "dataset_info.json"
    entries = json.loads(path.read_text())
    path.write_text(json.dumps({**entries, "gone": registry.file_entry("data/gone/gone.json")}))
    assert main(["gone", "yes=true", f"output={root}"]) == 0
    assert "gone" not in registry.read_registry(path)
