"""Files are whole or absent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from unimumer_data.errors import OutputError
from unimumer_data.support.files import clear_partials, partial_path, whole_folder, write_whole


def test_the_folder_is_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / "a.json", "π\n")
    assert (tmp_path / "new" / "a.json").read_bytes() == "π\n".encode()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.json"]


def test_a_file_that_cannot_be_replaced_keeps_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write_whole(path, "old")

    def full(self: Path, *_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"a\.json: cannot be written \(No space left on device\); make room"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_two_writers_share_a_partial_file(tmp_path: Path) -> None:
    assert len({partial_path(tmp_path / "a.json") for _ in range(100)}) == 100


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    others = [tmp_path / name for name in (".a.json.partial", "a.json", ".b.json.x-y.partial", "a.1-2.partial")]
    for path in (*others, partial_path(tmp_path / "a.json"), partial_path(tmp_path / "b.json")):
        path.touch()
    clear_partials(tmp_path, "a.json")
    assert len(list(tmp_path.iterdir())) == len(others) + 1
    clear_partials(tmp_path)
    assert set(tmp_path.iterdir()) == set(others)


KILLED = """
import sys, time
from pathlib import Path
from unimumer_data.support.files import whole_folder
with whole_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("x")
    print("begun", flush=True)
    time.sleep(60)
"""


def test_the_folder_of_a_killed_process_is_removed_by_the_next(tmp_path: Path) -> None:
    output = tmp_path / "out"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    runs = [
        subprocess.Popen([sys.executable, "-c", KILLED, output], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    for run in runs:
        assert run.stdout is not None and run.stdout.readline() == "begun\n"
    killed, alive = runs
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with whole_folder(output) as folder:
        (folder / "whole").write_text("y")
    (left,) = (path for path in tmp_path.iterdir() if path != output)
    assert f"-{alive.pid}.partial" in left.name  # the one that still runs keeps its own
    assert [path.name for path in output.iterdir()] == ["whole"]
    alive.kill()
    alive.wait()


def test_nothing_is_left_of_a_folder_that_is_not_finished(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), whole_folder(tmp_path / "new" / "out"):
        raise ValueError("no")
    assert list((tmp_path / "new").iterdir()) == []
