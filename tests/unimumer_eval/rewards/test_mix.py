"""The mixed reward, and what a model might try to get it without reading the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from unimumer_data.errors import ConfigError
from unimumer_data.tasks import prompts
from unimumer_eval.rewards import Reward, default_reward, load_reward

LABELS = [
    "x",
    "x ^ { 2 }",
    r"\frac { a ^ { 2 } + 1 } { b } = c",
    r"\sqrt { \frac { 1 } { n } } \sum \limits _ { i = 1 } ^ { n } x _ { i }",
    r"\begin {matrix} 1 & 0 \\ 0 & 1 \end {matrix}",
]


def glyphs(label: str) -> str:
    """The symbols of a label in a row, without its structure."""
    unseen = {"{", "}", "^", "_", "&", "\\\\", r"\limits", r"\begin", r"\end", "{matrix}", r"\frac", r"\sqrt"}
    return " ".join(token for token in label.split() if token not in unseen)


# what a model may try -> (answer, task, the reward that it stays below or at)
HACKS: dict[str, tuple[list[str], str, float]] = {
    "empty": ([""] * 5, "vanilla", 0.0),
    "only invisible commands": ([r"\quad \, \phantom { x }"] * 5, "vanilla", 0.0),
    "label twice": ([f"{label} {label}" for label in LABELS], "vanilla", 0.2),
    "label ten times": ([" ".join([label] * 10) for label in LABELS], "vanilla", 0.2),
    "two answers on two lines": ([f"{label}\nx + y" for label in LABELS], "vanilla", 0.0),
    "two answers in one line": ([rf"{label} \\ {label.replace('x', 'y')}" for label in LABELS], "vanilla", 0.2),
    "all glyphs in a row": ([glyphs(label) for label in LABELS[1:]], "vanilla", 0.25),
    "huge matrix": ([r"\begin {matrix} " + r"x & 1 & 2 \\ " * 200 + r"\end {matrix}"] * 5, "vanilla", 0.0),
    "label and an unclosed group": ([f"{label} {{" for label in LABELS], "vanilla", 0.0),
    "label and spaces": ([label + r" \quad" * 40 for label in LABELS], "vanilla", 0.0),
    "label and its phantom": ([rf"{label} \phantom {{ {label} x x }}" for label in LABELS], "vanilla", 0.0),
    "label and a comment": ([f"{label} % {label} {label} {label}" for label in LABELS], "vanilla", 0.0),
    "label in white": ([rf"{label} \color {{ {label} white }}" for label in LABELS], "vanilla", 0.0),
    "prompt": ([prompts.VANILLA] * 5, "vanilla", 0.0),
    "prompt and label": ([f"{prompts.VANILLA} {label}" for label in LABELS], "vanilla", 0.2),
    "100,000 tokens": (["x " * 100_000] * 5, "vanilla", 0.0),
    "label behind 100,000 tokens": (["x " * 100_000 + label for label in LABELS], "vanilla", 0.0),
    "right answer, made-up counts": ([f"x: 1, z: 7\n{label}" for label in LABELS], "can", 0.0),
    "right answer, tree of another": ([f"x\n\t2 (sub)\n{label}" for label in LABELS], "tree", 0.0),
    "counts without an answer": (["x: 1, ^: 1, 2: 1"] * 5, "can", 0.0),
}


def broken(reward: Reward) -> set[str]:
    """The hacks that get more than their bound."""
    return {
        name
        for name, (answers, task, bound) in HACKS.items()
        if max(reward(answers, LABELS[-len(answers) :], [task] * len(answers))) > bound
    }


def test_no_hack_gets_more_than_its_bound() -> None:
    assert broken(Reward()) == set()


@pytest.mark.parametrize("gate", Reward().gates)
def test_every_gate_stops_a_hack(gate: str) -> None:
    gates = {name: least for name, least in Reward().gates.items() if name != gate}
    assert broken(replace(Reward(), gates=gates))


@pytest.mark.parametrize("name", Reward().scaled_by)
def test_what_structure_denies_no_picture_gives(name: str) -> None:
    scaled_by = {one: by for one, by in Reward().scaled_by.items() if one != name}
    assert "all glyphs in a row" in broken(replace(Reward(), scaled_by=scaled_by))


@pytest.mark.parametrize("label", LABELS)
def test_right_beats_near_beats_far(label: str) -> None:
    respelled = label.replace(" ", "") if "\\" not in label else label.replace("{ ", "{")
    near, far = label.replace("x", "y").replace("1", "7").replace("2", "7"), r"\int _ { q } w"
    right, spelled, close, wrong = default_reward([label, respelled, near, far], [label] * 4)
    assert right == spelled == 1
    assert 0.5 > close >= wrong


def test_score_shows_the_components_behind_the_reward() -> None:
    values = Reward().score(["x _ { 2 }"], ["x ^ { 2 }"])
    assert values["cdm"] == [1.0]
    assert values["structure"] == [0.5]
    mixed = 0.25 * 0.5 + 0.15 * 0.5 * 1.0 + 0.1 * 0.5 * values["image_match"][0]
    assert values["reward"] == [pytest.approx(mixed)]


def test_reads_a_mix_from_yaml(tmp_path: Path) -> None:
    file = tmp_path / "reward.yaml"
    file.write_text("weights: {exact: 1, structure: 3}\ngates: {format: 0.9}\nscaled_by: {}\n", encoding="utf-8")
    reward = load_reward(file)
    assert reward.components == ("exact", "structure", "format")
    assert reward(["x _ { 2 }", r"x ^ 2 \,", "x ^ 2"], ["x ^ { 2 }"] * 3) == [0.375, 0.0, 1.0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weights": {"cmd": 1}}, "unknown component 'cmd'.*did you mean 'cdm'"),
        ({"weights": {"cdm": -1}}, "at least 0"),
        ({"weights": {}, "scaled_by": {}}, "weights must be"),
        ({"gates": {"format": 2}}, "between 0 and 1"),
        ({"scaled_by": {"length": "structure"}}, "length, which has no weight"),
        ({"wieghts": {}}, "unknown key 'wieghts'"),
    ],
)
def test_refuses_a_mix_that_makes_no_sense(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_reward(values)


def test_a_batch_must_be_whole() -> None:
    with pytest.raises(ValueError, match="zip"):
        default_reward(["x", "y"], ["x"])
