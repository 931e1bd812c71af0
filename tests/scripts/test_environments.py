"""The maker of the environments: what it decides before pip runs, and what it says when pip fails."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import environments
import pytest
from environments import EnvironmentFailed

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(environments, "ENVIRONMENTS_DIR", tmp_path)
    return tmp_path


def pip_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> Path:
    """An environment whose Python is a shell script."""
    python = tmp_path / "broken" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize("lock", LOCKS, ids=[path.name for path in LOCKS])
def test_lock_pins_everything_and_names_no_machine(lock: Path) -> None:
    lines = [line for line in lock.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 100
    assert not [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)]


@pytest.mark.parametrize(("gpu", "lock"), [(True, "vllm-cuda.lock"), (False, "vllm-cpu.lock")])
def test_vllm_build_follows_the_machine(monkeypatch: pytest.MonkeyPatch, gpu: bool, lock: str) -> None:
    monkeypatch.setattr(environments, "has_nvidia_gpu", lambda: gpu)
    assert environments.environment("vllm").lock == lock


def test_finished_environment_is_not_touched_again(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python = elsewhere / "train" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("not run")
    (elsewhere / "train" / environments.STAMP).write_text(environments._digest(environments.environment("train")))
    assert environments.make("train") == python
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("Temporary failure in name resolution; No matching distribution found for x", "index cannot be reached"),
        ("ERROR: No matching distribution found for torch==2.14.1", "no build for this Python"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("something else", "pip failed"),
    ],
)
def test_failure_of_pip_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: str, message: str
) -> None:
    python = pip_that(monkeypatch, tmp_path, f"echo '{words}'; exit 1")
    with pytest.raises(EnvironmentFailed, match=message):
        environments._pip(python, ["install", "x"], "train")
    assert words in (tmp_path / "broken" / "install.log").read_text()


def test_old_python_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(
        environments, "sys", SimpleNamespace(version_info=(3, 9), version="3.9.2 x", stderr=sys.stderr)
    )
    assert environments.main(["train"]) == 1
    assert "this is Python 3.9.2; 3.11 or newer is needed" in capsys.readouterr().err


def test_unknown_environment_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert environments.main(["vlm"]) == 1
    assert "unknown environment 'vlm'; known: train, vllm" in capsys.readouterr().err


def test_progress_is_read_from_pips_words() -> None:
    progress = environments._Progress("train")
    for line in (
        "Collecting torch==2.14.1 (from unimumer)",
        "Collecting numpy",
        "Installing collected packages: a, b",
    ):
        progress.see(line)
    assert str(progress).endswith("unpacking 2 packages")
