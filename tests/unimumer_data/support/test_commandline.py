"""How commands end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from unimumer_data.errors import ConfigError, SourceError, UnknownTaskError
from unimumer_data.support.commandline import keys_of, read_words, run_command


def failing(error: BaseException) -> Any:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (ConfigError("seed must be an integer"), 2, "ConfigError: seed must be an integer\n"),
        (UnknownTaskError("no such task"), 2, "UnknownTaskError: no such task\n"),
        (SourceError("a.tsv: no such file"), 1, "SourceError: a.tsv: no such file\n"),
        (FileNotFoundError(2, "No such file or directory", "a.tsv"), 1, "FileNotFoundError: "),
        (KeyboardInterrupt(), 130, "\nstopped; run the same command again"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_a_code(
    error: BaseException, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(failing(error)) == code
    assert capsys.readouterr().err.startswith(told)


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(failing(ZeroDivisionError()))


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1)])
def test_the_code_of_the_command_is_returned(returned: int | None, code: int) -> None:
    assert run_command(lambda: returned) == code


def test_help_shows_both_texts_as_they_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        read_words("python -m x", "What it does:\n    an example", ["--help"], keys="key: its meaning")
    shown = capsys.readouterr().out
    assert "    an example\n" in shown and "key: its meaning" in shown
    assert read_words("python -m x", None, ["a.yaml", "k=v"]) == ["a.yaml", "k=v"]


def test_keys_are_told_with_their_defaults() -> None:
    @dataclass
    class Config:
        """Keys.

        seed: of the draw.
        """

        path: str
        limit: int | None = None
        seed: int = 3
        tasks: tuple[str, ...] = ("a", "b")
        loud: bool = True

    assert keys_of(Config) == "Keys.\n\nseed: of the draw.\n\nDefaults:\n  seed=3 tasks=a,b loud=true"
