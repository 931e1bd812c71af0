"""GRPO on a CPU: rewards alone teach a tiny model which of its answers are right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workshop import ROOT, Workshop

SMALL = (
    "dataset=six", "image_max_pixels=16384", "use_cpu=true", "bf16=false", "gradient_checkpointing=false",
    "num_generations=16", "per_device_train_batch_size=96", "gradient_accumulation_steps=1",
    "max_completion_length=24", "exprate_max_tokens=24", "learning_rate=3.0e-4", "lr_scheduler_type=linear",
    "warmup_steps=5", "logging_steps=1",
)  # fmt: skip
STEPS = 60


Train = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def grpo(half_trained: Workshop, rl_python: Path) -> Train:
    """Trains from the half-trained model; takes an output folder and ``key=value`` words, gives the log."""

    def train(output: str, *words: str) -> list[dict[str, Any]]:
        words = (*SMALL, "model_name_or_path=outputs/doubtful", f"output_dir={output}", *words)
        half_trained.run(rl_python, "-m", "unimumer_data", "grpo", ROOT / "recipes" / "grpo.yaml", *words)
        history: list[dict[str, Any]] = half_trained.read(f"{output}/trainer_state.json")["log_history"]
        return history

    return train


@pytest.fixture(scope="module")
def half_trained(rl_python: Path, workshop: Workshop) -> Workshop:
    """A model that learned three labels of each of six pictures, one of them right, and answers each as often."""
    by_label = {record["messages"][1]["value"]: record for record in workshop.read("data/sample/sample.json")}
    six = sorted(list(by_label.values())[::3][:12], key=lambda one: len(one["messages"][1]["value"].split()))[:6]
    workshop.register("six", six)
    doubtful = [
        {**record, "messages": [record["messages"][0], six[(number + shift) % 6]["messages"][1]]}
        for number, record in enumerate(six)
        for shift in (0, 1, 3)
    ]
    workshop.register("doubtful", doubtful)
    workshop.train(
        "recipes/smoke.yaml",
        *("dataset=doubtful", "per_device_train_batch_size=18", "max_steps=50", "plot_loss=false"),
        "output_dir=outputs/doubtful",
    )
    return workshop


@pytest.fixture(scope="module")
def history(grpo: Train) -> list[dict[str, Any]]:
    return grpo("outputs/rewarded", f"max_steps={STEPS}", f"save_steps={STEPS - 5}", "exprate_every=1")


def test_the_mean_reward_rises(history: list[dict[str, Any]]) -> None:
    rewards = [entry["reward"] for entry in history if "reward" in entry]
    assert len(rewards) == STEPS
    assert sum(rewards[:2]) / 2 < 0.5
    assert sum(rewards[-10:]) / 10 > 0.9


def test_strict_exprate_rises_with_it(history: list[dict[str, Any]]) -> None:
    """The learning rate of the first step is 0, so the first figure is that of the model before."""
    rates = [entry["eval_exprate"] for entry in history if "eval_exprate" in entry]
    assert len(rates) == STEPS
    assert rates[-1] > max(rates[0], 80)


def test_every_component_is_logged(history: list[dict[str, Any]]) -> None:
    entry = next(entry for entry in history if "reward" in entry)
    parts = {key.partition("/")[2] for key in entry if key.startswith("reward_parts/")}
    assert parts == {"exact", "cdm", "structure", "image_match", "consistency", "format", "length"}


def test_the_model_keeps_its_pixel_bounds(half_trained: Workshop, history: list[dict[str, Any]]) -> None:
    assert half_trained.read("outputs/rewarded/unimumer.json")["image_max_pixels"] == 16384
    assert (half_trained.folder / "outputs/rewarded/model.safetensors").is_file()


def test_goes_on_from_a_checkpoint(grpo: Train, history: list[dict[str, Any]]) -> None:
    first = STEPS - 5
    resumed = grpo(
        "outputs/resumed",
        *(f"max_steps={first + 1}", f"resume_from_checkpoint=outputs/rewarded/checkpoint-{first}"),
        *("save_steps=1000", "exprate_every=1000"),
    )
    steps = [entry["step"] for entry in resumed if "reward" in entry]
    assert steps == list(range(1, first + 2))


def test_lora_leaves_an_adapter(grpo: Train, half_trained: Workshop) -> None:
    history = grpo(
        "outputs/rewarded_adapter", "finetuning_type=lora", "max_steps=1", "save_steps=1000", "exprate_every=1000"
    )
    assert any("reward" in entry for entry in history)
    assert (half_trained.folder / "outputs/rewarded_adapter/adapter_model.safetensors").is_file()
