"""Train with verifiable rewards: TRL's GRPOTrainer on this project's record files.

    unimumer grpo recipes/grpo.yaml [key=value ...]

Answers are sampled for each picture, scored by `unimumer_eval.rewards`, and the better ones of each group become more
likely. Runs in an environment of its own, with the extra ``rl`` (make rl-env). Several GPUs:

    torchrun --nproc-per-node 8 -m unimumer_eval.grpo recipes/grpo.yaml

The keys below are this project's, and those of ExpRate (``exprate_dataset=...``, docs/training.md); all others are
those of TRL's GRPOConfig.
"""

from __future__ import annotations

if __name__ == "__main__":  # a missing package is one sentence here too
    from unimumer_data.__main__ import check

    check("grpo")

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from unimumer_data.errors import ConfigError, ImageError, RecordError, suggestion
from unimumer_data.images import fit_pixels, load_image
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import REQUIRED, make_config, option
from unimumer_data.support.start import require
from unimumer_data.support.tables import show
from unimumer_data.training.recipe import MAX_PIXELS, MIN_PIXELS, Recipe, how_to_name_a_recipe, read_recipe

from .inference.items import Item, load_sets
from .rewards.adapters.trl import trl_reward
from .rewards.mix import load_reward
from .train import split_keys

if TYPE_CHECKING:
    from .train_config import ExpRateConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpoConfig:
    """Keys of this project in a GRPO recipe."""

    model_name_or_path: str = option(REQUIRED, "model to start from, after supervised training")
    dataset: tuple[str, ...] = option(REQUIRED, "names of dataset_info.json or record files, of any task")
    dataset_dir: Path = option(Path(), "folder of dataset_info.json")
    eval_dataset: tuple[str, ...] = option((), "validation set of ExpRate, where exprate_dataset names none")
    image_max_pixels: int = option(MAX_PIXELS, "pixels to which larger pictures are scaled, as in supervised training")
    image_min_pixels: int = option(MIN_PIXELS, "pixels to which smaller pictures are scaled")
    reward: Any = option(None, "YAML file of the reward, or its keys; by default the recommended mix")
    finetuning_type: Literal["full", "lora"] = option("full", "train all weights, or an adapter")
    lora_rank: int = option(16, "rank of the adapter")
    lora_alpha: int = option(32, "scale of the adapter")
    use_vllm: Literal["auto"] | bool = option(
        "auto", "sample with vLLM in the same process; auto: where there are a GPU and vLLM"
    )


def read_keys(recipe: Recipe) -> tuple[GrpoConfig, ExpRateConfig, dict[str, Any]]:
    """Our keys, ExpRate's, and those of TRL's GRPOConfig.

    Raises:
        ConfigError: an unknown key, a wrong value, a reward that makes no sense.
    """
    from trl import GRPOConfig

    origin = str(recipe.path)
    exprate, rest = split_keys(recipe.values, origin)
    ours = {one.name for one in fields(GrpoConfig)}
    config = make_config(GrpoConfig, {key: value for key, value in rest.items() if key in ours}, origin=origin)
    theirs = {key: value for key, value in rest.items() if key not in ours}
    known = {one.name for one in fields(GRPOConfig) if one.init}
    for key in theirs:
        if key not in known:
            raise ConfigError(f"{origin}: unknown key {key!r}{suggestion(key, known | ours)}; see TRL's GRPOConfig")
    load_reward(config.reward)
    return config, exprate, theirs | {"use_vllm": _with_vllm(config)}


def _with_vllm(config: GrpoConfig) -> bool:
    if config.use_vllm != "auto":
        return config.use_vllm
    import torch

    return torch.cuda.is_available() and find_spec("vllm") is not None


def load_rows(config: GrpoConfig) -> Any:
    """The records as TRL reads them: a `datasets.Dataset` of prompt, image, label and task. Pictures open on demand.

    Every picture is opened once before training, so that none can fail in the middle of it. What cannot be asked is
    left out, and the reasons are counted on standard error.

    Raises:
        ConfigError: neither a data set nor a file.
        RecordError: no record is left.
    """
    from datasets import Dataset

    items = [item for one in load_sets(config.dataset, dataset_dir=config.dataset_dir) for item in one.items]
    faults = {id(item): fault for item in items if (fault := _fault(item))}
    for fault, count in Counter(faults.values()).items():
        show(f"warning: {count} of {len(items)} records left out: {fault}", file=sys.stderr)
    good = [item for item in items if id(item) not in faults]
    if not good:
        raise RecordError(f"{', '.join(config.dataset)}: none of {len(items)} records can be asked; see the warnings")
    rows = Dataset.from_list(
        [{"path": str(one.image), "prompt": one.prompt, "label": one.gt, "task": one.task} for one in good]
    )

    def open_batch(batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        return {
            "prompt": [[{"role": "user", "content": prompt}] for prompt in batch["prompt"]],
            "image": [
                fit_pixels(load_image(Path(path)), config.image_max_pixels, config.image_min_pixels)
                for path in batch["path"]
            ],
            "label": batch["label"],
            "task": batch["task"],
        }

    return rows.with_transform(open_batch)


def _fault(item: Item) -> str | None:
    if item.fault:
        return item.fault
    if not item.gt:
        return "record: no answer"
    try:
        load_image(item.image)
    except ImageError:
        return "image: missing or cannot be opened"
    return None


def train(recipe: Recipe) -> None:
    """Train as a recipe says.

    Raises:
        ConfigError: a wrong key or value; a folder that holds a finished model.
    """
    config, exprate, arguments = read_keys(recipe)
    output = Path(str(arguments.get("output_dir") or "outputs/grpo"))
    resume = arguments.get("resume_from_checkpoint")
    if not resume and any((output / name).exists() for name in ("config.json", "adapter_config.json")):
        raise ConfigError(
            f"{output} holds a trained model; name another output_dir, or go on with resume_from_checkpoint=true"
        )
    from peft import LoraConfig
    from trl import GRPOConfig, GRPOTrainer

    from .callback import BoundsCallback, ExpRateCallback, load_validation

    validation = load_validation(exprate, config.dataset_dir)
    rows = load_rows(config)
    try:
        settings = GRPOConfig(**{**arguments, "output_dir": str(output)})
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{recipe.path}: TRL refuses the recipe: {error}") from error
    adapter = None
    if config.finetuning_type == "lora":
        adapter = LoraConfig(r=config.lora_rank, lora_alpha=config.lora_alpha, target_modules="all-linear")
    trainer = GRPOTrainer(
        model=config.model_name_or_path,
        reward_funcs=trl_reward(config.reward),
        args=settings,
        train_dataset=rows,
        peft_config=adapter,
        callbacks=[ExpRateCallback(exprate, validation, recipe.values), BoundsCallback(recipe)],
    )
    trainer.train(resume_from_checkpoint=resume)
    trainer.save_model(str(output))
    trainer.save_state()


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer grpo", __doc__, argv, keys=keys_of(GrpoConfig), metavar="recipe.yaml key=value")
    return run_command(lambda: _run(words))


def _run(words: Sequence[str]) -> None:
    if not words:
        raise ConfigError(how_to_name_a_recipe())
    require("trl", "peft", "datasets", extra="[rl]")
    train(read_recipe(Path(words[0]), words[1:]))


if __name__ == "__main__":
    sys.exit(main())
