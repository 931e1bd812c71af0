"""Check a recipe before a GPU is rented.

    unimumer doctor recipes/unimumer.yaml [key=value ...]

The keys below are the doctor's own. All other keys override the recipe, as for `llamafactory-cli train`. It changes
nothing, and prints the line to write for each problem.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from unimumer_data.errors import ConfigError
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.tables import show

from ..hub import Place, find_model
from ..recipe import Recipe, how_to_name_a_recipe, read_recipe
from .data import SetRecords, check_data, check_images, check_loading
from .findings import Findings, count_of
from .lengths import check_lengths
from .memory import built_parameters, check_memory, count_parameters, shape_of
from .model import family_of, model_config, model_name
from .packing import Packs, check_packing, check_packing_keys, is_packed
from .recipe import check_disk, check_recipe
from .versions import check_known_bad, check_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorConfig:
    """Keys of the doctor itself; those of the recipe belong to LLaMA-Factory."""

    images: int | Literal["all"] = option(200, "number of pictures to open, or")
    gpus: int = option(1, "GPUs of the training, in all machines together")
    gpu_memory: float | None = option(None, "GB of each GPU; more than this is an error")
    seed: int = option(0, "random seed for the choice of pictures")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 0 if nothing is wrong, 1 with errors found, else as `commandline.run_command` says."""
    command = "unimumer doctor"
    words = read_words(command, __doc__, argv, keys=keys_of(DoctorConfig), metavar="recipe.yaml key=value")
    return run_command(lambda: _report(words))


def _report(words: Sequence[str]) -> int:
    if not words:
        raise ConfigError(how_to_name_a_recipe())
    path, own = Path(words[0]), {field.name for field in fields(DoctorConfig)}
    config = load_config(DoctorConfig, [word for word in words[1:] if word.split("=")[0] in own])
    recipe = read_recipe(path, [word for word in words[1:] if word.split("=")[0] not in own])
    findings = Findings()
    examine(recipe, config, findings)
    findings.show()
    errors, warnings = findings.count("error"), findings.count("warning")
    show(f"\n{path}: {count_of(errors, 'error')}, {count_of(warnings, 'warning')}")
    return 1 if errors else 0


def examine(recipe: Recipe, config: DoctorConfig, findings: Findings) -> list[SetRecords]:
    """All checks, cheap ones first; returns the data sets as read."""
    check_versions(findings)
    _say("asking LLaMA-Factory, which takes some seconds to start")
    check_known_bad(recipe, findings)
    check_recipe(recipe, findings)
    check_packing_keys(recipe, findings)
    place = _check_place(model_name(recipe), findings)
    _say("reading the data sets")
    sets = check_data(recipe, findings)
    sample = None if config.images == "all" else config.images
    sizes = check_images(sets, recipe, findings, sample=sample, seed=config.seed) if sets else {}
    _say("loading records as LLaMA-Factory does, and counting tokens")
    check_loading(sets, recipe, findings, with_model=place in ("local", "cached"))
    sets = [found for found in sets if not found.unread]
    lengths = check_lengths(sets, sizes, recipe, findings, place=place) if sets else []
    records = sum(found.records for found in sets if not found.held_out)
    packs = check_packing(recipe, lengths[:records], findings, seed=config.seed)
    _check_steps(recipe, records, packs, config.gpus, findings)
    cutoff = recipe.count("cutoff_len", 2048)
    longest = max((length.total for length in lengths), default=cutoff)
    _check_size(recipe, cutoff if is_packed(recipe) else min(cutoff, longest), config, findings)
    return sets


def _check_size(recipe: Recipe, tokens: int, config: DoctorConfig, findings: Findings) -> None:
    """Memory and disk, with sequences of so many tokens; nothing for a model whose sizes are not known here."""
    name = model_name(recipe)
    shape = shape_of(name, model_config(recipe))
    if shape is None:
        return
    parameters = built_parameters(name)
    if parameters is None and family_of(recipe) == "qwen2.5-vl":
        parameters = count_parameters(shape)
    if parameters is None:
        text = "the parameters of this model are counted by transformers, which is not installed or cannot build it"
        findings.add("note", "memory_unchecked", text, "pip install 'unimumer[train]'")
        return
    check_memory(
        recipe,
        shape,
        findings,
        gpus=config.gpus,
        tokens=tokens,
        gpu_memory=config.gpu_memory,
        parameters=parameters,
    )
    check_disk(recipe, parameters, findings)


def _say(text: str) -> None:
    """What takes time, on standard error."""
    show(f"doctor: {text} ...", file=sys.stderr, flush=True)


def _check_place(name: str, findings: Findings) -> Place:
    """Where the model is; the hub is asked once, not by each package that wants a file of it."""
    place = find_model(name) if name else "missing"
    if place == "refused":
        text = f"the hub has no model {name!r}, or shows it only with a token"
        findings.add("error", "model_missing", text, "Correct model_name_or_path, or: hf auth login")
    elif place == "unreachable":
        text = f"{name} is not on this machine and the hub cannot be reached, so its files are not checked"
        findings.add("note", "model_unchecked", text, f"hf download {name}")
    return place


def _check_steps(recipe: Recipe, records: int, packs: Packs | None, gpus: int, findings: Findings) -> None:
    """Effective batch and optimizer steps; of packed training in sequences."""
    batch = recipe.count("per_device_train_batch_size", 8) * recipe.count("gradient_accumulation_steps", 1) * gpus
    epochs = recipe.values.get("num_train_epochs", 3.0)
    steps = recipe.number("max_steps", 0)
    rows = len(packs.records) if packs else records
    if steps <= 0:
        steps = math.ceil(rows / batch) * math.ceil(epochs) if isinstance(epochs, int | float) else 0
    of = f" sequences, about {round(batch * packs.each)} records," if packs else ""
    machine = "CPU" if recipe.values.get("use_cpu") else count_of(gpus, "GPU")
    findings.add(
        "note",
        "steps",
        f"{count_of(records, 'record')}, effective batch {batch}{of} on {machine}: "
        f"{count_of(steps, 'optimizer step')}",
    )
    warmup = recipe.number("warmup_steps", 0)
    if records and warmup >= steps > 0:
        text = f"warmup_steps {warmup} of {steps} steps: the learning rate never comes down"
        findings.add("warning", "warmup", text, f"warmup_steps: {max(1, steps // 10)}")
    if records and batch > rows:
        what = "sequences" if packs else "records"
        text = f"effective batch {batch} is larger than the {rows} {what}: one step an epoch"
        findings.add("warning", "batch", text, "gradient_accumulation_steps: 1")


if __name__ == "__main__":
    sys.exit(main())
