"""Workers that are killed, and workers whose parent is: one sentence, no process is left, nothing waits for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from unimumer_data.errors import UniMumerError
from unimumer_data.support.workers import ordered_map

SCRIPT = """
from itertools import count
from unimumer_data.support.workers import ordered_map
{imports}

def pairs():
    yield from {pairs}

if __name__ == "__main__":
    for number, _ in enumerate({work}):
        if number % 100 == 0:
            print(number, flush=True)
"""
BUILDS = SCRIPT.format(imports="", pairs="count()", work="ordered_map(abs, pairs(), 2)")
SCORES = SCRIPT.format(
    imports="from unimumer_eval.scores.cdm import cdm_many",
    pairs='((f"x ^ {{ {n} }}", f"x _ {{ {n} }}") for n in count())',
    work="cdm_many(pairs(), workers=2)",
)


def parent_of(pid: int) -> int | None:
    """None of a process that has ended."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)


def children_of(pid: int) -> list[int]:
    found = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return [one for one in found if parent_of(one) == pid]


def lives(pid: int) -> bool:
    return parent_of(pid) is not None


def within(seconds: float, done: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(params=[BUILDS, SCORES], ids=["builds", "scores"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[subprocess.Popen[str]]:
    """A process with two workers that would work for ever."""
    script = tmp_path_factory.mktemp("script") / "script.py"
    script.write_text(request.param)
    with subprocess.Popen([sys.executable, str(script)], stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        yield process
        process.kill()


def test_a_killed_worker_ends_the_work_in_one_sentence(running: subprocess.Popen[str]) -> None:
    workers = children_of(running.pid)
    assert len(workers) >= 2
    os.kill(workers[-1], signal.SIGKILL)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "UniMumerError: a worker process was killed, most likely for lack of memory" in errors.splitlines()[-1]
    assert within(5, lambda: not any(map(lives, workers)))


def test_workers_end_with_their_parent(running: subprocess.Popen[str]) -> None:
    workers = children_of(running.pid)
    assert len(workers) >= 2
    running.kill()
    running.wait(timeout=30)
    assert within(60, lambda: not any(map(lives, workers)))


def test_what_the_work_raises_ends_the_workers() -> None:
    before = set(children_of(os.getpid()))
    with pytest.raises(ZeroDivisionError):
        list(ordered_map(_invert, count(-3), 2))
    assert within(5, lambda: set(children_of(os.getpid())) <= before)


@pytest.mark.parametrize("who", ["the command alone", "all, as a terminal does"])
def test_ctrl_c_waits_for_no_work_that_is_begun(who: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import time\nfrom itertools import count\nfrom unimumer_data.support.workers import ordered_map\n\n"
        "def work(number):\n    time.sleep(0 if number < 5 else 60)\n\n"
        "for number, _ in ordered_map(work, count(), 2):\n    print(number, flush=True)\n"
    )
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        workers = children_of(process.pid)
        begun = time.monotonic()
        os.kill(process.pid, signal.SIGINT) if who == "the command alone" else os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=50)
        assert time.monotonic() - begun < 20
    assert within(5, lambda: not any(map(lives, workers)))


def test_a_killed_worker_is_no_traceback_of_a_library() -> None:
    with pytest.raises(UniMumerError, match=r"with cdm=false if it comes back"):
        list(ordered_map(_end, count(), 2, instead="cdm=false"))


def _invert(number: int) -> float:
    return 1 / number


def _end(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
