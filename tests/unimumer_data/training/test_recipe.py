"""One parser of recipes: what it gives is what LLaMA-Factory trains on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from unimumer_data.errors import ConfigError
from unimumer_data.training.recipe import Recipe, read_recipe, split_names

ROOT = Path(__file__).resolve().parents[3]
SMOKE = ROOT / "recipes" / "smoke.yaml"

pytest.importorskip("omegaconf", reason="needs the extra 'recipes'")


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-5", 1e-5), ("1E-5", 1e-5), ("1.0e-5", 1e-5), ("5e-06", 5e-6), ("'1e-5'", "1e-5"), ("2", 2), ("no", False)],
)
def test_values_are_those_of_omegaconf(tmp_path: Path, text: str, value: object) -> None:
    found = read_recipe(written(tmp_path, f"learning_rate: {text}\n")).values["learning_rate"]
    assert found == value and type(found) is type(value)


def test_as_llamafactory_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = pytest.importorskip("llamafactory.hparams.parser", reason="needs the training environment")
    words = [
        "learning_rate=2e-4",
        "dataset=sample, sample_tree",
        "bf16=true",
        "max_steps=3",
        "lora_target=[a,b]",
        "x=",
    ]
    monkeypatch.setattr(sys, "argv", ["train", str(SMOKE), *words])
    assert read_recipe(SMOKE, words).values == parser.read_args()


def test_the_command_line_beats_the_file_and_is_remembered(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, "cutoff_len: 512\nstage: sft\n"), ["cutoff_len=1e3", "seed=1=2"])
    assert recipe.values == {"cutoff_len": 1000.0, "stage": "sft", "seed": "1=2"}
    assert recipe.place("seed") == "seed=... on the command line"
    assert recipe.place("stage") == f"the line stage: ... in {recipe.path}"


@pytest.mark.parametrize("text", ["a: [1", "- a", "a: ${"])
def test_what_is_no_recipe_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"mine\.yaml: (cannot be read as YAML|must hold 'key: value' lines)"):
        read_recipe(written(tmp_path, text))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mine.yaml")
    with pytest.raises(ConfigError, match=r"mine\.yaml: cannot be read as YAML: .*is a pipe or a device"):
        read_recipe(tmp_path / "mine.yaml")


def test_a_missing_file_and_a_word_without_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="'max_steps' on the command line: write key=value"):
        read_recipe(SMOKE, ["max_steps"])
    monkeypatch.chdir(ROOT)
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file; .* recipes/unimumer.yaml"):
        read_recipe(Path("recipes/none.yaml"))
    monkeypatch.chdir(tmp_path)  # as in an installed package
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file; name a YAML file"):
        read_recipe(Path("none.yaml"))


@pytest.mark.parametrize("value", ["a, b", " a,b ", ["a", "b"], ("a", "b")])
def test_names_of_data_sets(value: object) -> None:
    assert split_names(value) == ["a", "b"]
    assert Recipe(path=Path("r"), values={"eval_dataset": value}).names("eval_dataset") == ["a", "b"]
    assert Recipe(path=Path("r"), values={"eval_dataset": value}).names("dataset") == []
