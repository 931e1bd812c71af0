"""Vision tower, projector and language model each move by their own learning rate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("llamafactory", reason="needs the training environment: make envs")

from unimumer_data.errors import ConfigError
from unimumer_data.training.tiny import TinyConfig, make_tiny
from unimumer_eval.learning_rates import Rates, parameter_groups, part_of, read_rates, separate_rates

FREE = {"freeze_vision_tower": False, "freeze_multi_modal_projector": False}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    make_tiny(TinyConfig(output=folder))
    return folder


def test_weights_move_by_the_ratio(tiny: Path, tmp_path: Path) -> None:
    import torch
    from llamafactory.train.sft import trainer
    from transformers import Qwen2_5_VLForConditionalGeneration, TrainingArguments

    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(tiny)
    args = TrainingArguments(output_dir=str(tmp_path), learning_rate=1e-3, use_cpu=True, optim="adamw_torch")
    usual = trainer.create_custom_optimizer
    with separate_rates(Rates(vision=1e-4, projector=1e-2)):
        optimizer = trainer.create_custom_optimizer(model, args, _NoSpecialOptimizer())
    assert trainer.create_custom_optimizer is usual
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    optimizer.step()  # Adam's first step moves each weight by the learning rate
    moved: dict[str, list[float]] = {}
    for name, weight in model.named_parameters():
        step = (weight - before[name]).abs().mean().item()
        moved.setdefault(part_of(name, "qwen2_5_vl"), []).append(step)
    for part, rate in {"vision": 1e-4, "projector": 1e-2, "language": 1e-3}.items():
        assert moved[part] == pytest.approx([rate] * len(moved[part]), rel=1e-2)


class _NoSpecialOptimizer:
    """LLaMA-Factory's arguments, none of which asks for a special optimizer."""

    loraplus_lr_ratio = None

    def __getattr__(self, name: str) -> bool:
        return False


def test_each_trained_parameter_is_in_one_group(tiny: Path, tmp_path: Path) -> None:
    from transformers import Qwen2_5_VLForConditionalGeneration, TrainingArguments

    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(tiny)
    model.model.visual.patch_embed.requires_grad_(False)
    args = TrainingArguments(output_dir=str(tmp_path), learning_rate=1e-3, weight_decay=0.1, use_cpu=True)
    groups = parameter_groups(model, args, Rates(vision=1e-4))
    grouped = [id(weight) for group in groups for weight in group["params"]]
    assert sorted(grouped) == sorted(id(weight) for weight in model.parameters() if weight.requires_grad)
    assert {(group["lr"], group["weight_decay"]) for group in groups} == {
        (lr, decay) for lr in (1e-4, 1e-3) for decay in (0.0, 0.1)
    }


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({}, None),
        ({"vision_lr": 1e-6, **FREE}, Rates(vision=1e-6)),
        ({"vision_lr": 1e-6, "projector_lr": 1, **FREE}, Rates(vision=1e-6, projector=1)),
    ],
)
def test_rates_of_a_recipe(recipe: dict[str, Any], expected: Rates | None) -> None:
    assert read_rates(recipe, "r.yaml") == expected


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"vision_lr": "1e-6", **FREE}, "r.yaml: vision_lr must be a number above 0, got '1e-6'"),
        ({"projector_lr": 0, **FREE}, "projector_lr must be a number above 0, got 0"),
        ({"vision_lr": 1e-6}, "no effect while freeze_vision_tower is true"),
    ],
)
def test_wrong_rates(recipe: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_rates(recipe, "r.yaml")
