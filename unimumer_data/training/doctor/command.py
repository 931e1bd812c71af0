"""Check a recipe before a GPU is rented.

    unimumer doctor recipes/unimumer.yaml [key=value ...]

Keys of the doctor: images=N|all (pictures to open, default 200), gpus=N (default 1), gpu_memory=GB, seed=N. All other
keys override the recipe, as for `llamafactory-cli train`. Nothing is changed; the line to write is told.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from unimumer_data.errors import ConfigError
from unimumer_data.support.commandline import read_words, run_command
from unimumer_data.support.config import load_config

from ..recipe import Recipe, how_to_name_a_recipe, read_recipe
from .data import SetRecords, check_data, check_images
from .findings import Findings
from .lengths import check_lengths
from .memory import check_memory, count_parameters, shape_of
from .recipe import check_disk, check_recipe, check_versions, model_config


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorConfig:
    """Keys of the doctor itself; those of the recipe belong to LLaMA-Factory."""

    images: int | Literal["all"] = 200
    gpus: int = 1
    gpu_memory: float | None = None
    seed: int = 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 0 if nothing is wrong, 1 with errors found, else as `commandline.run_command` says."""
    command = "unimumer doctor"
    words = read_words(command, __doc__, argv, metavar="recipe.yaml key=value")
    return run_command(lambda: _report(words))


def _report(words: Sequence[str]) -> int:
    if not words:
        raise ConfigError(how_to_name_a_recipe())
    path, own = Path(words[0]), {field.name for field in fields(DoctorConfig)}
    config = load_config(DoctorConfig, [word for word in words[1:] if word.split("=")[0] in own])
    recipe = read_recipe(path, [word for word in words[1:] if word.split("=")[0] not in own])
    findings = Findings()
    examine(recipe, config, findings)
    colour = sys.stdout.isatty()
    print(findings.screen(colour=colour))
    errors, warnings = findings.count("error"), findings.count("warning")
    print(f"\n{path}: {errors} errors, {warnings} warnings")
    return 1 if errors else 0


def examine(recipe: Recipe, config: DoctorConfig, findings: Findings) -> list[SetRecords]:
    """All checks, cheap ones first; returns the data sets as read."""
    check_versions(findings)
    check_recipe(recipe, findings)
    sets = check_data(recipe, findings)
    sample = None if config.images == "all" else config.images
    sizes = check_images(sets, recipe, findings, sample=sample, seed=config.seed) if sets else {}
    lengths = check_lengths(sets, sizes, recipe, findings) if sets else []
    _check_steps(recipe, sum(found.records for found in sets), config.gpus, findings)
    shape = shape_of(str(recipe.values.get("model_name_or_path", "")), model_config(recipe))
    if shape is not None:
        cutoff = recipe.number("cutoff_len", 2048)
        tokens = min(cutoff, max((length.total for length in lengths), default=cutoff))
        check_memory(recipe, shape, findings, gpus=config.gpus, tokens=tokens, gpu_memory=config.gpu_memory)
        check_disk(recipe, count_parameters(shape), findings)
    return sets


def _check_steps(recipe: Recipe, records: int, gpus: int, findings: Findings) -> None:
    """Effective batch and optimizer steps."""
    batch = recipe.number("per_device_train_batch_size", 8) * recipe.number("gradient_accumulation_steps", 1) * gpus
    epochs = recipe.values.get("num_train_epochs", 3.0)
    steps = recipe.number("max_steps", 0)
    if steps <= 0:
        steps = math.ceil(records / batch) * math.ceil(epochs) if isinstance(epochs, int | float) else 0
    findings.add(
        "note", "steps", f"{records} records, effective batch {batch} on {gpus} GPUs: {steps} optimizer steps"
    )
    warmup = recipe.number("warmup_steps", 0)
    if records and warmup >= steps > 0:
        text = f"warmup_steps {warmup} of {steps} steps: the learning rate never comes down"
        findings.add("warning", "warmup", text, f"warmup_steps: {max(1, steps // 10)}")
    if records and batch > records:
        text = f"effective batch {batch} is larger than the {records} records: one step an epoch"
        findings.add("warning", "batch", text, "gradient_accumulation_steps: 1")


if __name__ == "__main__":
    sys.exit(main())
