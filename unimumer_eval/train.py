"""Train with LLaMA-Factory and see strict ExpRate of a validation set beside the loss.

    unimumer train recipes/crohme.yaml exprate_dataset=crohme_2014 [key=value ...]

All other keys are LLaMA-Factory's, and it does the training; ``llamafactory-cli train`` is the same without ExpRate.
Several GPUs are used by themselves; FORCE_TORCHRUN, NPROC_PER_NODE, NNODES, NODE_RANK, MASTER_ADDR, MASTER_PORT and
the variables of elastic launching mean what they mean there.
"""

from __future__ import annotations

if __name__ == "__main__":  # a missing package is one sentence here too
    from unimumer_data.__main__ import check

    check("train")

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unimumer_data.errors import ConfigError, UniMumerError
from unimumer_data.support.commandline import entry, keys_of, read_words, report_error
from unimumer_data.support.config import make_config
from unimumer_data.support.start import require
from unimumer_data.support.tables import show
from unimumer_data.training.recipe import how_to_name_a_recipe, read_recipe, split_names

from .learning_rates import RATE_KEYS, read_rates, separate_rates
from .train_config import PREFIX, ExpRateConfig

if TYPE_CHECKING:
    from .callback import ValidationSet


def split_keys(recipe: Mapping[str, Any], origin: str) -> tuple[ExpRateConfig, dict[str, Any]]:
    """Our keys apart from LLaMA-Factory's, which refuses what it does not know.

    Raises:
        ConfigError: an unknown key of ours, or a wrong value; a clash with LLaMA-Factory's own choice of the best.
    """
    ours = {key.removeprefix(PREFIX): value for key, value in recipe.items() if key.startswith(PREFIX)}
    theirs = {key: value for key, value in recipe.items() if not key.startswith(PREFIX) and key not in RATE_KEYS}
    for source in ("eval_dataset", "dataset"):
        if not ours.get("dataset") and theirs.get(source):
            names = split_names(theirs[source])
            ours["dataset"] = names if source == "eval_dataset" else names[:1]
    config = make_config(ExpRateConfig, ours, origin=f"{origin}, keys {PREFIX}*")
    if config.keep_best and (theirs.get("load_best_model_at_end") or theirs.get("metric_for_best_model")):
        raise ConfigError(f"{origin}: exprate_keep_best and metric_for_best_model both choose the best; keep one")
    return config, theirs


def launcher(words: Sequence[str], environment: Mapping[str, str]) -> list[str] | None:
    """The torchrun command that LLaMA-Factory would give, with this module in it; None to train in this process.

    Source: LLaMA-Factory 0.9.5, launcher.py. Differs: one process, not none, where there is no GPU, and paths may
    hold spaces.
    """
    from llamafactory.extras.misc import find_available_port, get_device_count, is_env_enabled, use_kt, use_ray

    if "LOCAL_RANK" in environment:  # torchrun has started us
        return None
    devices = get_device_count()
    if not is_env_enabled("FORCE_TORCHRUN") and (devices <= 1 or use_ray() or use_kt()):
        return None
    nodes, address = environment.get("NNODES", "1"), environment.get("MASTER_ADDR", "127.0.0.1")
    port = environment.get("MASTER_PORT") or str(find_available_port())
    options = {"--nproc-per-node": environment.get("NPROC_PER_NODE", str(max(1, devices)))}
    if "RDZV_ID" in environment:
        low, high = environment.get("MIN_NNODES"), environment.get("MAX_NNODES")
        options |= {
            "--nnodes": f"{low}:{high}" if low and high else nodes,
            "--rdzv-id": environment["RDZV_ID"],
            "--rdzv-backend": "c10d",
            "--rdzv-endpoint": f"{address}:{port}",
            "--max-restarts": environment.get("MAX_RESTARTS", "0"),
        }
    else:
        rank = environment.get("NODE_RANK", "0")
        options |= {"--nnodes": nodes, "--node-rank": rank, "--master-addr": address, "--master-port": port}
    flags = [word for option in options.items() for word in option]
    return [sys.executable, "-m", "torch.distributed.run", *flags, "-m", "unimumer_eval.train", *words]


def _torchrun_environment() -> dict[str, str]:
    """As LLaMA-Factory sets it for speed; OPTIM_TORCH=0 leaves the variables alone."""
    from llamafactory.extras.misc import is_env_enabled

    speed = {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True", "TORCH_NCCL_AVOID_RECORD_STREAMS": "1"}
    return {**os.environ, **(speed if is_env_enabled("OPTIM_TORCH", "1") else {})}


def _announce(config: ExpRateConfig, validation: ValidationSet, recipe: Mapping[str, Any]) -> None:
    when = "epoch" if config.every == "epoch" else f"{config.every} steps"
    show(f"ExpRate of {len(validation)} samples of {', '.join(config.dataset)}, every {when}")
    if set(config.dataset) & set(split_names(recipe.get("dataset", ""))):
        show(
            "warning: these are training samples, so ExpRate shows what was memorised; "
            "name a validation set: exprate_dataset=...",
            file=sys.stderr,
        )
    if validation.faults:
        show(
            f"warning: {len(validation.faults)} samples cannot be asked and count as wrong, first: "
            f"{validation.faults[0]}",
            file=sys.stderr,
        )


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 0 when training has ended, 1 for data that cannot be used, 2 for wrong usage."""
    lines = [entry(key, f"learning rate of the {part}; default: learning_rate") for key, part in RATE_KEYS.items()]
    keys = "\n".join([keys_of(ExpRateConfig, prefix=PREFIX), *lines])
    words = read_words("unimumer train", __doc__, argv, keys=keys, metavar="recipe.yaml key=value")
    if not words:
        return report_error(ConfigError(how_to_name_a_recipe()))
    require("llamafactory", extra="[train]")
    from llamafactory.train.tuner import run_exp

    from .callback import BoundsCallback, ExpRateCallback, load_validation

    try:
        read = read_recipe(Path(words[0]), words[1:])
        config, recipe = split_keys(read.values, words[0])
        rates = read_rates(read.values, words[0])
        validation = load_validation(config, Path(str(recipe.get("dataset_dir", "data"))))
    except UniMumerError as error:
        return report_error(error)
    command = launcher(words, os.environ)
    if command is not None:
        return subprocess.run(command, env=_torchrun_environment()).returncode
    if os.environ.get("RANK", "0") == "0":
        _announce(config, validation, recipe)
    with separate_rates(rates):
        run_exp(recipe, [ExpRateCallback(config, validation, recipe), BoundsCallback(read)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
