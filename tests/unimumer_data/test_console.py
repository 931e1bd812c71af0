"""The one command: its list, its help, and what it does with words that it does not know."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from importlib import import_module
from importlib.util import find_spec

import pytest

from unimumer_data import __version__
from unimumer_data.__main__ import COMMANDS, OTHER_WORDS, main


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)
    assert "example:" in shown


def test_help_of_a_command_may_be_asked_for_either_way(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["help", "build"])
    assert capsys.readouterr().out.startswith("usage: unimumer build")


@pytest.mark.parametrize("word", ["--version", "version"])
def test_version(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    assert capsys.readouterr().out == f"unimumer {__version__}\n"


def test_an_unknown_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["biuld"]) == 2
    assert "unknown command 'biuld' (did you mean 'build'?)" in capsys.readouterr().err


@pytest.mark.parametrize(("word", "name"), [("predict", "recognize"), ("stats", "card"), ("Evaluate", "eval")])
def test_what_other_tools_call_a_command_leads_to_it(word: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 2
    assert f"(did you mean {name!r}?)" in capsys.readouterr().err


def test_no_command_is_another_word_for_one() -> None:
    words = [word for others in OTHER_WORDS.values() for word in others]
    assert len(set(words)) == len(words) and not set(words) & set(COMMANDS) and set(OTHER_WORDS) <= set(COMMANDS)


def test_both_packages_are_the_same_command() -> None:
    script = [sys.executable, "-m", "unimumer_eval", "--version"]
    assert subprocess.run(script, capture_output=True, text=True, check=True).stdout == f"unimumer {__version__}\n"


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


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_a_command_begins_with_what_it_does_and_has_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = COMMANDS[name]
    if not all(map(find_spec, command.needs)):
        pytest.skip(f"needs {command.extra}")
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert f"usage: unimumer {name}" in shown
    about, _, rest = shown.partition("\n\n")[2].partition("\n\n")
    assert re.fullmatch(r"[A-Z][a-z]+ .*[.?]", " ".join(about.split())), "one sentence"
    assert f"    unimumer {name} " in rest.partition("\n\n")[0] + "\n", "an example"
    assert "Args:" not in shown and "docstring" not in shown
    assert callable(import_module(command.module).main)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_key_has_a_help_text(name: str) -> None:
    command = COMMANDS[name]
    if not all(map(find_spec, command.needs)):
        pytest.skip(f"needs {command.extra}")
    found = vars(import_module(command.module)).values()
    for config in [one for one in found if isinstance(one, type) and one.__name__.endswith("Config")]:
        assert is_dataclass(config)
        assert [one.name for one in fields(config) if not one.metadata.get("about")] == [], config


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["build", "source=tabel", "path=x"], "did you mean 'table'?"),
        (["build", "surce=table"], "did you mean 'source'?"),
        (["lint", "x.json", "exmaples=1", "a"], "did you mean 'examples'?"),
        (["export", "set=x", "format=parket", "output=y"], "did you mean 'parquet'?"),
        (["latex", "srtict"], "did you mean 'strict'?"),
        (["completion", "bsh"], "did you mean 'bash'?"),
        (["errors", "data=x", "synthetic=look-alike"], "did you mean 'look-alikes'?"),
        (["tiny", "hiden_size=1"], "did you mean 'hidden_size'?"),
    ],
)
def test_a_slip_is_answered_with_the_nearest_word(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(words)
    except SystemExit as end:
        code = int(str(end.code))
    assert code in (1, 2)
    assert message in capsys.readouterr().err
