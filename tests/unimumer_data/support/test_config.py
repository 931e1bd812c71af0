from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from unimumer_data.errors import ConfigError
from unimumer_data.support.config import load_config, option, to_yaml


@dataclass(frozen=True, kw_only=True)
class Config:
    path: Path
    seed: int | None = None
    rate: float = 0.5
    tasks: tuple[str, ...] = ("vanilla",)
    mode: Literal["copy", "none"] = "copy"
    repair: bool = False
    options: dict[str, Any] = field(default_factory=dict)


def test_shell_beats_yaml_beats_default(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("path: corpus\nseed: 1\nrepair: true\n")
    config = load_config(Config, [str(file), "seed=2", "tasks=vanilla, tree"])
    assert config == Config(path=Path("corpus"), seed=2, repair=True, tasks=("vanilla", "tree"))


def test_only_the_first_equals_sign_splits() -> None:
    assert load_config(Config, ["path=a=b"]).path == Path("a=b")


def test_values_are_yaml() -> None:
    config = load_config(Config, ["path=1", "seed=null", "options={a: 1, b: x}"])
    assert (config.path, config.seed, config.options) == (Path("1"), None, {"a": 1, "b": "x"})


def test_text_stays_the_text_that_was_typed(tmp_path: Path) -> None:
    assert load_config(Config, ["path=0123"]).path == Path("0123")
    assert load_config(Config, ["path=12:30"]).path == Path("12:30")
    assert load_config(Config, ["path=2024-02-30"]).path == Path("2024-02-30")
    file = tmp_path / "c.yaml"
    file.write_text("path: 0123\n")
    assert load_config(Config, [str(file)]).path == Path("0123")


def test_a_number_may_have_an_exponent() -> None:
    assert load_config(Config, ["path=x", "rate=1e-5"]).rate == 1e-5


def test_all_problems_come_at_once_with_a_suggestion() -> None:
    with pytest.raises(
        ConfigError, match=r"command line: 4 problems: .*'sed' \(did you mean 'seed'\?\).*rate.*mode.*path is m"
    ):
        load_config(Config, ["sed=1", "rate=fast", "mode=move"])


@pytest.mark.parametrize(
    "word",
    [
        "seed=1.5",
        "seed=true",
        "repair=1",
        "repair=maybe",
        "seed=a",
        "seed=.inf",
        "seed=1:30",
        "seed=" + "9" * 5000,
        f"seed={2**63}",
        "path=a\0b",
    ],
)
def test_a_wrong_type_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match=word.partition("=")[0]):
        load_config(Config, ["path=x", word])


@pytest.mark.parametrize("word", [f"seed={2**63}", "path=a\0b"])
def test_what_no_system_takes_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match=word.partition("=")[0] + " must be"):
        load_config(Config, ["path=x", word])


def test_a_word_without_equals_sign_is_refused() -> None:
    with pytest.raises(ConfigError, match="write key=value"):
        load_config(Config, ["path=x", "seed"])


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- b\n",
        "a: [",
        "\t",
        "~: 1",
        "a: 1\na: 2",
        "1: 1",
        "? [a]\n: 1",
        "tasks: " + "[" * 60 + "]" * 60,
        "a: &a [x, x]\nb: &b [*a, *a]\ntasks: [*b, *b]",
        "path: !!python/object/apply:os.getcwd []",
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"c\.yaml"):
        load_config(Config, [str(file)])


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(Config, ["nowhere.yaml"])


def test_the_resolved_configuration_reads_back(tmp_path: Path) -> None:
    config = Config(path=Path("x"), tasks=("vanilla", "tree"), options={"a": "b"})
    file = tmp_path / "c.yaml"
    file.write_text(to_yaml(config))
    assert load_config(Config, [str(file)]) == config


@dataclass(frozen=True, kw_only=True)
class OfFiles:
    seed: int | None = None
    data: tuple[str, ...] = option((), "what to read", also=("image", "folder"), files=True)


@pytest.mark.parametrize("name", ["photo.png", "photos", "table.csv"])
def test_a_file_or_folder_alone_is_told_its_key(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x89PNG") if path.suffix else path.mkdir()
    with pytest.raises(ConfigError, match=rf"{name} is (a folder, )?no YAML file; write data=.*{name}"):
        load_config(OfFiles, [str(path)])


@pytest.mark.parametrize("word", ["image=a.png", "folder=a"])
def test_other_words_for_a_key_lead_to_it(word: str) -> None:
    with pytest.raises(ConfigError, match=r"unknown key '\w+' \(did you mean 'data'\?\)"):
        load_config(OfFiles, [word])


def test_a_choice_that_is_mistyped_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"mode must be one of copy, none, got 'Copy' \(did you mean 'copy'\?\)"):
        load_config(Config, ["path=x", "mode=Copy"])
