"""The folder of a run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from unimumer_data.errors import OutputError
from unimumer_eval.inference.folder import default_folder, link_latest, only_writer


def test_the_same_command_finds_its_folder_and_another_gets_its_own(tmp_path: Path) -> None:
    first = default_folder("outputs/my model", "sample", {"seed": 0}, tmp_path)
    assert first.name.startswith("my-model_sample_")
    assert default_folder("outputs/my model", "sample", {"seed": 0}, tmp_path) == first
    second = default_folder("outputs/my model", "sample", {"seed": 1}, tmp_path)
    assert second.name == f"{first.name}_2"


def test_latest_follows(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        link_latest(tmp_path / name, tmp_path)
    assert (tmp_path / "latest").readlink() == Path("b")


def test_a_folder_called_latest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    (tmp_path / "a").mkdir()
    link_latest(tmp_path / "a", tmp_path)
    assert not (tmp_path / "latest").is_symlink()


def test_a_second_writer_is_turned_away_and_told_who_was_first(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from unimumer_eval.inference.folder import only_writer\n"
        "with only_writer(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert first.stdout is not None
    assert first.stdout.readline() == b"held\n"
    with pytest.raises(OutputError, match=f"process {first.pid} on"), only_writer(tmp_path):
        pass
    first.kill()
    first.wait()
    with only_writer(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == [] or {path.name for path in tmp_path.iterdir()} <= {".lock"}


def test_a_run_without_results_leaves_no_folder_of_ours(tmp_path: Path) -> None:
    folders = [default_folder("model", "set", {"seed": seed}, tmp_path) for seed in (0, 1)]
    for folder, names in zip(folders, ([], ["set_pred.json"]), strict=True):
        with suppress(ZeroDivisionError), only_writer(folder):
            for name in names:
                (folder / name).touch()
            raise ZeroDivisionError
    assert {path.name for path in tmp_path.rglob("*")} == {folders[1].name, "request.json", "set_pred.json"}


def test_a_folder_that_was_taken_away_meanwhile_hides_no_error(tmp_path: Path) -> None:
    folder = default_folder("model", "set", {}, tmp_path)

    def fail_without_it() -> None:
        shutil.rmtree(folder)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), only_writer(folder):
        fail_without_it()
