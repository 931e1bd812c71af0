"""The one command: its list, its help, and what it does with words that it does not know."""

from __future__ import annotations

import subprocess
import sys

import pytest

from unimumer_data import __version__
from unimumer_data.__main__ import COMMANDS, main


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)
    assert "example:" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"unimumer {__version__}\n"


def test_an_unknown_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["biuld"]) == 2
    assert "unknown command 'biuld' (did you mean 'build'?)" in capsys.readouterr().err


def test_the_package_and_the_list_of_commands_need_no_other_package() -> None:
    script = "import sys; from unimumer_data.__main__ import main; main(['--help']); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "numpy", "yaml", "PIL", "rich", "transformers"} & set(loaded.split("\n")[-2].split())


def test_the_data_side_needs_neither_torch_nor_numpy() -> None:
    script = "import sys, unimumer_data.build.command; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "numpy", "transformers"} & set(loaded.split())


def test_completion_knows_commands_and_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    shown = capsys.readouterr().out
    assert "preview" in shown and "path=" in shown
