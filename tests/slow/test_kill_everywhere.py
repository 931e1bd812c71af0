"""SIGKILL before each file call of a build over an earlier one: the next build leaves what an undisturbed one does."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.build import command as build

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

CALLS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir"}


def corpus(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        Image.new("L", (60 + number + count, 50), 200).save(folder / f"p{number}.png")
    rows = (f"p{number}.png\t{'x' if number % 3 else '{ x'} {number}\n" for number in range(count))
    (folder / "t.tsv").write_text("".join(rows))
    return folder


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def killed(words: list[str], call: int) -> bool:
    """Build in a process that is killed before its ``call``-th change of a folder; whether it came so far."""
    process = os.fork()
    if process == 0:
        done = 0

        def hook(event: str, _: tuple[Any, ...]) -> None:
            nonlocal done
            if event in CALLS:
                done += 1
                if done == call:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(hook)
            with Path(os.devnull).open("w") as silent, redirect_stdout(silent), redirect_stderr(silent):
                os._exit(build.main(words))
        finally:
            os._exit(3)
    status = os.waitpid(process, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status != 0


def test_before_each_file_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, output = tmp_path / "old", tmp_path / "o"
    common = ["source=table", "name=s", "workers=1", f"output={output}"]
    first = [*common, f"path={corpus(tmp_path / 'a', 7)}", "split=test"]
    second = [*common, f"path={corpus(tmp_path / 'b', 5)}", "tasks=vanilla,tree"]
    assert build.main(first) == 0
    shutil.copytree(output, old)
    assert build.main(second) == 0
    wanted = contents(output)
    call = 0
    while True:
        call += 1
        shutil.rmtree(output)
        shutil.copytree(old, output)
        if not killed(second, call):
            break
        assert build.main(second) == 0
        assert contents(output) == wanted, call
    assert call > 30
