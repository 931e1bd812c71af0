"""Workers of a killed build live for a second longer; the next build is not disturbed by what they do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from unimumer_data.build import staging
from unimumer_data.build.staging import Staging


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """The folder of a set whose build was killed."""
    folder = tmp_path / "a"
    with Staging(folder, ["a.json"], [], "key") as first:
        first.append("a.json", ['{"n": 1}'])
        first.save()
    return folder


def test_it_goes_on_while_a_picture_takes_its_place(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    glob = Path.glob
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [*glob(self, pattern), self / "1.partial"])
    with Staging(begun, ["a.json"], [], "key") as second:
        assert second.checkpoint.sizes == {"a.json": len('[\n{"n": 1}')}


@pytest.mark.parametrize("number", [39, 2])  # a folder that is filled again; a file that is gone
def test_what_was_left_is_removed_in_the_end(begun: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    remove, calls = shutil.rmtree, []

    def disturbed(folder: Path, *rest: object) -> None:
        calls.append(folder)
        if len(calls) == 1:
            raise OSError(number, "an orphan was quicker")
        remove(folder)

    monkeypatch.setattr(shutil, "rmtree", disturbed)
    monkeypatch.setattr(staging.time, "sleep", lambda seconds: None)
    with Staging(begun, ["a.json"], [], "another key") as second:
        assert second.checkpoint.sizes == {}
    assert len(calls) == 2
