"""Learning rates of the vision tower and of the projector, apart from the language model's ``learning_rate``.

LLaMA-Factory has one rate for all parameters (its issue 5831 asks for more). Its trainer asks one function for a
special optimizer before it makes the usual one; here that function gives the usual one, with a group of parameters for
each part. DeepSpeed keeps groups, so ZeRO stages and the scheduler work as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from unimumer_data.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn
    from transformers import TrainingArguments

RATE_KEYS = {"vision_lr": "vision tower", "projector_lr": "projector"}
Part = Literal["vision", "projector", "language"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Learning rates of two parts; None leaves a part at the recipe's ``learning_rate``."""

    vision: float | None = None
    projector: float | None = None

    def of(self, part: Part, other: float) -> float:
        """The rate of a part, where ``other`` is the recipe's."""
        rate = {"vision": self.vision, "projector": self.projector, "language": None}[part]
        return other if rate is None else rate


def read_rates(recipe: Mapping[str, Any], origin: str) -> Rates | None:
    """The rates that a recipe names; None where it names none.

    Raises:
        ConfigError: no positive number, or the part is frozen.
    """
    found = {key.removesuffix("_lr"): recipe[key] for key in RATE_KEYS if recipe.get(key) is not None}
    frozen = {"vision": "freeze_vision_tower", "projector": "freeze_multi_modal_projector"}
    for part, rate in found.items():
        if isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0:
            raise ConfigError(f"{origin}: {part}_lr must be a number above 0, got {rate!r}")
        if recipe.get(frozen[part], True):
            raise ConfigError(f"{origin}: {part}_lr has no effect while {frozen[part]} is true; set it to false")
    return Rates(**found) if found else None


def part_of(name: str, model_type: str) -> Part:
    """The part that a parameter belongs to, by LLaMA-Factory's table of composite models."""
    from llamafactory.model.model_utils.visual import COMPOSITE_MODELS

    parts = COMPOSITE_MODELS[model_type]
    if any(f".{key}." in f".{name}" for key in parts.projector_keys):
        return "projector"
    return "vision" if any(f".{key}." in f".{name}" for key in parts.vision_model_keys) else "language"


def parameter_groups(model: nn.Module, args: TrainingArguments, rates: Rates) -> list[dict[str, Any]]:
    """The trained parameters, each in one group, with the learning rate and weight decay of the group.

    Raises:
        ConfigError: LLaMA-Factory does not know the parts of this model.
    """
    from llamafactory.model.model_utils.visual import COMPOSITE_MODELS
    from llamafactory.train.trainer_utils import _get_decay_parameter_names

    model_type = str(getattr(model.config, "model_type", None))
    if model_type not in COMPOSITE_MODELS:
        raise ConfigError(f"vision_lr and projector_lr: LLaMA-Factory does not know the parts of a {model_type}")
    decayed = set(_get_decay_parameter_names(model))
    groups: dict[tuple[Part, bool], dict[str, Any]] = {}
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        part, decays = part_of(name, model_type), name in decayed
        empty = {
            "params": [],
            "lr": rates.of(part, args.learning_rate),
            "weight_decay": args.weight_decay if decays else 0.0,
        }
        groups.setdefault((part, decays), empty)["params"].append(weight)
    return list(groups.values())


@contextmanager
def separate_rates(rates: Rates | None) -> Iterator[None]:
    """Within it, LLaMA-Factory's trainer of the stage sft gives each part its rate.

    Raises:
        ConfigError: the recipe asks for a special optimizer, such as GaLore, which has groups of its own.
    """
    if rates is None:
        yield
        return
    from llamafactory.train.sft import trainer
    from transformers import Trainer

    special = trainer.create_custom_optimizer

    def create(model: Any, args: Any, finetuning_args: Any) -> Any:
        if special(model, args, finetuning_args) is not None:
            raise ConfigError("vision_lr and projector_lr do not go with a special optimizer; delete it or them")
        kind, options = Trainer.get_optimizer_cls_and_kwargs(args)
        return kind(parameter_groups(model, args, rates), **options)

    trainer.create_custom_optimizer = create
    try:
        yield
    finally:
        trainer.create_custom_optimizer = special
