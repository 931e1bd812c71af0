"""One sentence where Python is too old or a package is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from unimumer_data.support.start import require

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
