"""One sentence where Python is too old or a package is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from unimumer_data.support.start import note_other_checkout, require

ROOT = Path(__file__).resolve().parents[3]


def test_nothing_is_said_where_all_is_there() -> None:
    require("json", "yaml")


def test_what_is_missing_is_named_with_the_cure() -> None:
    with pytest.raises(SystemExit, match=r"no_such, nor_this; run: .*pip install -e '\.\[eval\]'"):
        require("json", "no_such", "nor_this", extra="[eval]")


def test_an_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed"):
        require()


@pytest.mark.parametrize("name", ["build", "latex", "doctor"])
def test_a_command_without_packages_ends_in_one_sentence(name: str) -> None:
    command = [sys.executable, "-S", "-m", "unimumer_data", name]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "pylatexenc" in done.stderr


@pytest.mark.parametrize("script", ["run", "compare", "leaderboard"])
def test_the_scripts_of_a_checkout_run_its_own_code(tmp_path: Path, script: str) -> None:
    (tmp_path / "eval").mkdir()
    (tmp_path / "unimumer_data").mkdir()
    shutil.copy(ROOT / f"eval/{script}.py", tmp_path / "eval")
    (tmp_path / "unimumer_data/__init__.py").touch()
    (tmp_path / "unimumer_data/__main__.py").write_text("def main(words):\n    print('here', *words)\n    return 0\n")
    command = [sys.executable, str(tmp_path / f"eval/{script}.py"), "key=value"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.stdout.startswith("here ") and done.stdout.endswith(" key=value\n")


def test_a_user_in_another_checkout_is_told_whose_code_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    note_other_checkout()
    assert capsys.readouterr().err == ""
    (tmp_path / "unimumer_data/support").mkdir(parents=True)
    (tmp_path / "unimumer_data/support/start.py").touch()
    note_other_checkout()
    assert f"the code of {ROOT}, not that of {tmp_path}" in capsys.readouterr().err
    monkeypatch.chdir(ROOT / "docs")
    note_other_checkout()
    assert capsys.readouterr().err == ""
