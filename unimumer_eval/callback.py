"""ExpRate of a validation set while LLaMA-Factory trains: a callback that lets the model write, and counts.

It generates by itself, through the evaluation's transformers engine, so that a figure in the log is the figure that
``eval/run.py engine=transformers`` gives for the same weights. LLaMA-Factory's own ``predict_with_generate`` leaves
out position ids that Qwen2.5-VL needs (0.9.5 with transformers 5.6) and would read 5 of 12 where this reads 12.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import torch
from accelerate.utils import gather_object
from transformers import AutoProcessor, TrainerCallback
from transformers.integrations import get_reporting_integration_callbacks

from unimumer_data.errors import ConfigError, ImageError, RegistryError
from unimumer_data.images import load_image
from unimumer_data.tasks.answers import final_expression, is_boxed
from unimumer_data.training.bounds import write_bounds
from unimumer_data.training.recipe import MAX_PIXELS, MIN_PIXELS, Recipe

from .train_config import ExpRateConfig

if TYPE_CHECKING:
    from transformers import TrainerControl, TrainerState, TrainingArguments

    from .engines.transformers import TransformersEngine
    from .inference.items import Item

METRIC = "eval_exprate"  # transformers' prefix of figures from a validation set; TensorBoard shows it as eval/exprate
RUNTIME = f"{METRIC}_runtime"
TRAINER_LOG = "trainer_log.jsonl"  # LLaMA-Factory's, one line a logged step
TENSORBOARD_FOLDER = "TENSORBOARD_LOGGING_DIR"  # transformers' variable
BEST = "best"
_CURE = "name one that is on this machine: exprate_dataset=..."


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationSet:
    """What is asked.

    Args:
        items: samples that can be asked.
        faults: why each of the others cannot; they count as wrong.
    """

    items: tuple[Item, ...]
    faults: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.items) + len(self.faults)


def load_validation(config: ExpRateConfig, dataset_dir: Path) -> ValidationSet:
    """Read the validation sets and open each picture once, so that nothing of it can fail in the middle of training.

    Raises:
        ConfigError: none is named; neither a data set nor a file; not built yet, or on the hub.
        RecordError: a file that holds no records.
    """
    from .inference.items import load_sets

    if not config.dataset:
        raise ConfigError(f"no validation set; {_CURE}")
    try:
        sets = load_sets(config.dataset, dataset_dir=dataset_dir)
    except (ConfigError, RegistryError) as error:
        raise ConfigError(f"validation set: {str(error).removeprefix('data=')}; {_CURE}") from error
    items = [item for one in sets for item in one.items]
    if len(items) > config.samples:
        items = Random(0).sample(items, config.samples)
    faults = {number: fault for number, item in enumerate(items) if (fault := _fault(item))}
    return ValidationSet(
        items=tuple(item for number, item in enumerate(items) if number not in faults),
        faults=tuple(faults.values()),
    )


def _fault(item: Item) -> str | None:
    if item.fault:
        return f"{item.id}: {item.fault}"
    if item.gt is None:
        return f"{item.id}: record: no answer"
    try:
        load_image(item.image)
    except ImageError as error:
        return str(error)
    return None


class BoundsCallback(TrainerCallback):
    """Stores how pictures are scaled beside each checkpoint and beside the model that training ends in."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if args.should_save:
            write_bounds(_folder(args) / f"checkpoint-{state.global_step}", self._recipe)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if args.should_save:
            write_bounds(_folder(args), self._recipe)


class ExpRateCallback(TrainerCallback):
    """Measures strict ExpRate when it is due, logs it, and has the best checkpoint kept.

    Args:
        config: when, how much, how.
        validation: of `load_validation`, the same on every process.
        recipe: LLaMA-Factory's keys; model_name_or_path, output_dir, image_max_pixels and image_min_pixels are read.
    """

    def __init__(self, config: ExpRateConfig, validation: ValidationSet, recipe: Mapping[str, Any]) -> None:
        self._config, self._validation, self._recipe = config, validation, recipe
        # otherwise each writer names its folder by the second in which it starts
        runs = Path(recipe.get("output_dir", ".")) / "runs" / time.strftime("%Y-%m-%d_%H-%M-%S")
        os.environ.setdefault(TENSORBOARD_FOLDER, str(runs))
        self._processor: Any = None
        self._reporters: list[Any] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # our own processor: the trainer's pads on the right
        self._processor = AutoProcessor.from_pretrained(self._recipe["model_name_or_path"])
        # The trainer gives callbacks no way to report. Reporters of our own write to the same place beside it: a
        # second event file in TensorBoard's folder, which shows both as one, or the run that is open (wandb ...).
        self._reporters = [reporter() for reporter in get_reporting_integration_callbacks(args.report_to)]

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        every = self._config.every
        if every != "epoch" and (state.global_step % every == 0 or state.global_step >= state.max_steps):
            self._measure(args, state, control, kwargs["model"])

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._config.every == "epoch":
            self._measure(args, state, control, kwargs["model"])

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if self._config.keep_best and args.should_save and state.best_global_step == state.global_step:
            folder = _folder(args)
            temporary = folder / f".{BEST}"
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(f"checkpoint-{state.global_step}")
            temporary.replace(folder / BEST)

    def _measure(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: Any) -> None:
        start = time.perf_counter()
        with _undisturbed(model, args) as bare:
            right = self._count_right(args, bare)
        rate = 100 * right / len(self._validation)
        self._log(args, state, control, {METRIC: rate, RUNTIME: round(time.perf_counter() - start, 2)})
        if self._config.keep_best and (state.best_metric is None or rate > state.best_metric):
            # The trainer's own memory of the best: it is saved with the checkpoint, and rotation spares the folder.
            state.best_metric, state.best_global_step = rate, state.global_step
            state.best_model_checkpoint = str(_folder(args) / f"checkpoint-{state.global_step}")
            control.should_save = True

    def _count_right(self, args: TrainingArguments, model: Any) -> int:
        """Of all processes together."""
        from .config import Sampling
        from .engines.base import Request
        from .scores.forms import read

        items = self._validation.items
        mine = share(len(items), args.world_size, args.process_index)
        requests = [Request(index=n, image=items[n].image, prompt=items[n].prompt) for n in mine]
        sampling = Sampling(max_tokens=self._config.max_tokens, logprobs=False)
        right = []
        for answer in self._engine(model).predict(requests, sampling):
            item = items[answer.index]
            text = (
                final_expression(answer.outputs[0].text, item.task, boxed=is_boxed(item.gt)) if answer.outputs else ""
            )
            if text and read(text).strict == read(item.gt or "").strict:
                right.append(answer.index)
        return len(set(gather_object(right)))

    def _engine(self, model: Any) -> TransformersEngine:
        from .config import AskConfig
        from .engines.transformers import TransformersEngine

        config = AskConfig(
            engine="transformers",
            model=self._recipe["model_name_or_path"],
            template_args=self._config.template_args,
            image_max_pixels=self._recipe.get("image_max_pixels", MAX_PIXELS),
            image_min_pixels=self._recipe.get("image_min_pixels", MIN_PIXELS),
            batch_size=self._config.batch_size,
        )
        return TransformersEngine(config, loaded=(model, self._processor))

    def _log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, figures: dict[str, float]
    ) -> None:
        entry = {**figures, "epoch": state.epoch, "step": state.global_step}
        state.log_history.append(entry)
        if not state.is_world_process_zero:
            return
        print(f"\nstep {state.global_step}: ExpRate {figures[METRIC]:.2f} of {len(self._validation)}", flush=True)
        for reporter in self._reporters:
            reporter.on_log(args, state, control, logs=figures)
        folder = _folder(args)
        folder.mkdir(parents=True, exist_ok=True)
        line = {"current_steps": state.global_step, "total_steps": state.max_steps, **figures, "epoch": state.epoch}
        with (folder / TRAINER_LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def share(count: int, processes: int, rank: int) -> list[int]:
    """Which of ``count`` samples one of several processes takes.

    All take equally many, some of them sample 0 once more: under ZeRO-3 all must generate in step.

    >>> [share(4, 3, rank) for rank in range(3)]
    [[0, 3], [1, 0], [2, 0]]
    """
    mine = list(range(rank, count, processes))
    return mine + [0] * (-(-count // processes) - len(mine))


def _folder(args: TrainingArguments) -> Path:
    return Path(args.output_dir or ".")


@contextmanager
def _undisturbed(model: Any, args: TrainingArguments) -> Iterator[Any]:
    """The model ready to write, out of its LoRA wrapper; afterwards training goes on as if nothing had been asked."""
    bare = model.get_base_model() if hasattr(model, "get_base_model") else model
    training, generation = model.training, bare.generation_config
    kind = args.device.type
    dtype = torch.bfloat16 if args.bf16 else torch.float16
    model.eval()
    try:
        with (
            torch.random.fork_rng(devices=[] if kind == "cpu" else [args.device], device_type=kind),
            torch.autocast(kind, dtype=dtype, enabled=args.bf16 or args.fp16),
        ):
            yield bare
    finally:
        bare.generation_config = generation
        model.train(training)
