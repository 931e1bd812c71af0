"""How commands end."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from unimumer_data.errors import ConfigError, SourceError, UnknownTaskError
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import REQUIRED, option


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


def test_help_lists_each_key_with_meaning_choices_and_default() -> None:
    @dataclass
    class Config:
        path: str = option(REQUIRED, "folder of the corpus")
        limit: int | None = option(None, "maximum number of samples")
        mode: Literal["copy", "none"] = option("copy", "what to do with pictures", section="pictures")
        tasks: tuple[str, ...] = option(("a", "b"), "tasks to write, separated by commas")
        loud: bool = option(True, "print more")
        options: dict[str, str] = option(about="options of the source", factory=dict)

    assert keys_of(Config).splitlines() == [
        "keys:",
        "  path             folder of the corpus (required)",
        "  limit            maximum number of samples",
        "",
        "pictures:",
        "  mode             what to do with pictures (copy | none) (default: copy)",
        "  tasks            tasks to write, separated by commas (default: a,b)",
        "  loud             print more (default: true)",
        "  options          options of the source",
    ]


def test_of_an_endless_error_the_start_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(failing(ConfigError("a.yaml: unknown split " + "x" * 5_000_000))) == 2
    said = capsys.readouterr().err
    assert said.startswith("ConfigError: a.yaml: unknown split x") and said.endswith("x ...\n") and len(said) < 5000
