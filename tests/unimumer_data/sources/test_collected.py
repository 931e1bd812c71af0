"""What was corrected on the page becomes records of all five tasks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.__main__ import main
from unimumer_data.errors import SourceError
from unimumer_data.ink import Ink
from unimumer_data.sources import collected
from unimumer_data.sources.base import Drop
from unimumer_data.sources.collected import Kept

INK = Ink(name="pad", traces={"0": [0.0, 0.0, 30.5, 40.25], "1": [30.0, 0.0, 0.0, 40.0]}, annotations={})
PICTURE = Image.new("RGB", (60, 40), "white")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three samples kept where the server keeps them: two of the three corrected."""
    monkeypatch.chdir(tmp_path)
    for sample in (
        Kept(latex="x ^ { 2 }", said="x ^ { 3 }", writer="Åsa <b>", ink=INK),
        Kept(latex=r"\frac { a } { b } + 1", said=r"\frac { a } { 6 } + 1", picture=PICTURE),
        Kept(latex="y", said="y", ink=INK),
    ):
        collected.keep(collected.FOLDER, sample)
    return tmp_path / collected.FOLDER


def test_one_command_makes_records_of_all_five_tasks(folder: Path, tmp_path: Path) -> None:
    assert main(["build", "source=collected", "workers=1"]) == 0
    names = ["own", "own_tree", "own_can", "own_error_find", "own_error_fix"]
    records = {name: json.loads((tmp_path / f"data/own/{name}.json").read_text("utf-8")) for name in names}
    assert [len(records[name]) for name in names] == [3, 3, 3, 2, 2]
    assert sorted(one["messages"][1]["value"] for one in records["own"]) == sorted(
        ["x ^ { 2 }", r"\frac { a } { b } + 1", "y"]
    )
    fixes = {one["messages"][1]["value"].split("\n")[0] for one in records["own_error_fix"]}
    assert fixes == {"REPLACE:3 -> 2", "REPLACE:6 -> b"}
    assert all((tmp_path / one["images"][0]).is_file() for one in records["own"])
    assert set(names) <= json.loads((tmp_path / "dataset_info.json").read_text("utf-8")).keys()
    assert len(list(folder.iterdir())) == 3  # the source stays as it was


def test_the_records_grow_with_what_is_kept(folder: Path, tmp_path: Path) -> None:
    assert main(["build", "source=collected", "workers=1"]) == 0
    collected.keep(folder, Kept(latex="z", said="2", ink=INK))
    assert main(["build", "source=collected", "workers=1"]) == 0
    assert len(json.loads((tmp_path / "data/own/own.json").read_text("utf-8"))) == 4
    assert len(json.loads((tmp_path / "data/own/own_error_find.json").read_text("utf-8"))) == 3


def test_nothing_to_correct_leaves_the_error_tasks_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    collected.keep(collected.FOLDER, Kept(latex="x", said="x", ink=INK))
    assert main(["build", "source=collected", "workers=1"]) == 0
    assert not (tmp_path / "data/own/own_error_find.json").exists()


def test_files_without_consent_or_damaged_ones_are_dropped_with_a_reason(folder: Path) -> None:
    first, second, third = sorted(folder.iterdir())
    first.write_bytes(first.read_bytes().replace(b"yes", b"no "))
    second.write_bytes(second.read_bytes()[:40])
    drops = [item for item in collected.read(folder, "train") if isinstance(item, Drop)]
    assert {drop.id for drop in drops} == {first.stem, second.stem}
    assert third.stem not in {drop.id for drop in drops}


def test_ink_and_notes_survive_the_file(folder: Path) -> None:
    samples = [item for item in collected.read(folder, "train") if not isinstance(item, Drop)]
    one = next(sample for sample in samples if sample.label == "x ^ { 2 }")
    assert one.ink is not None and one.writer == "Åsa <b>"
    notes = collected.read_notes(one.ink)
    assert (notes["said"], notes["consent"]) == ("x ^ { 3 }", "yes")
    assert collected.counts(folder) == (3, 2)


def test_an_empty_folder_says_where_samples_come_from(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="unimumer serve"):
        list(collected.read(tmp_path, "train"))


def test_the_set_is_not_written_over_its_source(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "source=collected", "name=collected"]) == 2
    assert "over its source" in capsys.readouterr().err
    assert len(list(folder.iterdir())) == 3
