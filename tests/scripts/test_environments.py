"""The environments: what the lock files hold, and what the script does before and after uv runs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
FAKE_UV = """#!/bin/sh
echo "$@" >> {folder}/calls
[ ! -e {folder}/broken ] || {{ echo no route; exit 1; }}
"""


@pytest.fixture
def environments(tmp_path: Path) -> Path:
    """A folder for environments, with a uv that notes its arguments and installs nothing."""
    uv = tmp_path / "uv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text(FAKE_UV.format(folder=tmp_path))
    uv.chmod(0o755)
    (tmp_path / "train").mkdir()
    return tmp_path


def make(environments: Path) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "UNIMUMER_ENVS": str(environments), "PYTHON": "python3"}
    command = [ROOT / "scripts" / "environment.sh", "train", "train"]
    return subprocess.run(command, env=variables, capture_output=True, text=True)


@pytest.mark.parametrize("lock", LOCKS, ids=[path.name for path in LOCKS])
def test_lock_pins_everything_and_names_no_machine(lock: Path) -> None:
    lines = lock.read_text().splitlines()
    assert len(lines) > 50
    assert not [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)]


def test_a_finished_environment_is_not_touched_again(environments: Path) -> None:
    first = make(environments)
    assert first.returncode == 0, first.stderr
    assert "pip sync" in (environments / "calls").read_text()
    (environments / "calls").unlink()
    assert make(environments).stdout == ""
    assert not (environments / "calls").exists()


def test_a_failure_says_what_to_check_and_the_next_call_tries_again(environments: Path) -> None:
    python = environments / "train" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    (environments / "broken").touch()
    failed = make(environments)
    assert failed.returncode == 1
    assert "error: train: the packages cannot be installed; check network and disk" in failed.stderr
    (environments / "broken").unlink()
    assert make(environments).returncode == 0
