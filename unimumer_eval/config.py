"""The keys of evaluation, and those that it shares with every other command that asks a model."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from unimumer_data.errors import ConfigError, suggestion
from unimumer_data.images import IMAGE_MAX_PIXELS, IMAGE_MIN_PIXELS
from unimumer_data.support.config import option
from unimumer_data.tasks import TASKS
from unimumer_data.training.hub import can_be_on_the_hub

from .engine_table import CHOICES, is_engine

REPLAY = "replay"
"""The engine that is none: evaluation scores prediction files."""
_ON_LABELS = [name for name, task in TASKS.items() if not task.fields]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Decoding; temperature 0 is greedy.

    Args:
        logprobs: ask for the log-probability of each text.
        steps: ask for the tokens of each text too, with their log-probabilities; see `engines.base.Step`.
        alternatives: with steps, this many of the likeliest tokens at each place; 0 for none, at most 20.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    n: int = 1
    seed: int = 0
    max_tokens: int = 2048
    logprobs: bool = True
    steps: bool = False
    alternatives: int = 0


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """What is to be answered."""

    data: tuple[str, ...] = option(
        (),
        "record files (JSON or JSON lines), names of dataset_info.json, pictures, or folders of pictures or InkML",
        section="what to answer",
        also=("image", "images", "picture", "pictures", "input", "path", "file", "folder", "dataset", "records"),
        files=True,
    )
    dataset_dir: Path = option(Path(), "folder of dataset_info.json; relative image paths start here too")
    media_dir: Path | None = option(
        None, "where relative image paths start, if not in dataset_dir; a picture outside this folder is refused"
    )
    absolute_paths: bool = option(False, "with media_dir=, take pictures that a record names by an absolute path too")
    limit: int | None = option(None, "only this many samples of each set, the first ones")


@dataclass(frozen=True, kw_only=True)
class AskConfig:
    """Who is asked, and how: the keys that all commands with a model in them share."""

    task: str = option(
        "record",
        f"what to ask: what each record asks (record), one task for all ({', '.join(_ON_LABELS)}), the expression "
        "alone, with tree and with counts, and take what most of them mean (three), or recognise, detect errors and "
        "correct them (refine)",
        section="what to ask",
    )
    rounds: int = option(1, "corrections that task=refine may make, at most")
    vote: int = option(
        0, "ask for this many samples and take the expression that most of them mean; needs temperature above 0"
    )

    engine: str = option("vllm", f"what runs the model: {' | '.join(CHOICES)}", section="who answers")
    model: str | None = option(None, "folder or hub name of the model; with engine=openai the served model's name")
    adapter: Path | None = option(None, "folder of a LoRA adapter (transformers, vllm)")
    system: str | None = option(None, "system prompt; null leaves it to the model's chat template")
    template_args: dict[str, Any] = option(
        about="further arguments of the chat template, such as {enable_thinking: false}", factory=dict
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = option(
        "auto",
        "number format of the weights; auto is the checkpoint's own on GPU, and float32 on CPU (in vllm bfloat16 for "
        "Qwen3.5)",
    )

    engine_args: dict[str, Any] = option(
        about="further arguments of the engine's own constructor, such as {max_num_batched_tokens: 8192} of vllm",
        factory=dict,
    )

    temperature: float = option(0.0, "0 decodes greedily, more samples", section="how the answer is decoded")
    top_p: float = option(1.0, "sample from the likeliest tokens of this total probability")
    n: int = option(1, "samples of each answer; all are kept, the first is scored")
    seed: int = option(0, "of sampling")
    max_tokens: int = option(2048, "longest answer, in tokens")
    image_max_pixels: int = option(IMAGE_MAX_PIXELS, "LLaMA-Factory's upper limit of training; must be the same here")
    image_min_pixels: int = option(IMAGE_MIN_PIXELS, "LLaMA-Factory's lower limit of training; must be the same here")
    logprobs: bool = option(True, "ask for log-probabilities, for the confidence")
    calibration: Path | None = option(
        None,
        "file of `unimumer calibrate`: confidence becomes the probability of being right, and accept says which "
        "answers can be trusted",
    )

    batch_size: int | None = option(
        None, "requests that the engine works on at once; by default what fits the device", section="how fast"
    )
    window: int = option(64, "pictures decoded ahead")
    max_model_len: int | None = option(None, "tokens of prompt and answer (vllm); by default enough for max_tokens")
    tensor_parallel: int = option(1, "GPUs that one copy of the model is spread over (vllm)")
    data_parallel: int = option(1, "copies of the model (vllm); with scale=ray in the whole cluster")
    gpu_memory_utilization: float = option(0.9, "share of the GPU's memory that vllm takes")
    scale: Literal["local", "ray"] = option("local", "run vllm on this machine, or on many through Ray Data")

    base_url: str | None = option(
        None,
        "such as http://localhost:8000/v1; by default OPENAI_BASE_URL",
        section="endpoint (engine=openai); the key comes from the environment only, OPENAI_API_KEY",
    )
    concurrency: int = option(8, "requests in flight at once")
    requests_per_minute: float | None = option(None, "rate limit")
    timeout: float = option(300.0, "seconds that one request may take, from start to end")
    retries: int = option(5, "further attempts after a failure that may pass")
    backoff: float = option(1.0, "seconds before the first retry; each later pause is twice as long")
    price_in: float | None = option(None, "price of a million prompt tokens")
    price_out: float | None = option(None, "price of a million answer tokens")

    def __post_init__(self) -> None:
        problems = [message for wrong, message in self._checks() if wrong]
        if problems:
            raise ConfigError("; ".join(problems))

    def _checks(self) -> list[tuple[bool, str]]:
        """Whether something is wrong, and the sentence that says so."""
        sampled = max(self.n, self.vote)
        return [
            (self.task not in known_tasks(), _unknown_task(self.task)),
            (not self._known_engine(), _unknown_engine(self.engine, self._choices())),
            (self._needs_model and not self.model, "name who answers: model=<folder or hub name>"),
            (_no_folder(self), f"model={self.model}: no such folder"),
            (self.vote == 1 or self.vote < 0, "vote must be 2 or more, or 0 for none"),
            (self.vote > 1 and self.n > 1, "vote and n both set the number of samples; give one"),
            (self.vote > 1 and self.task in ("refine", "three"), f"vote and task={self.task} do not go together"),
            (sampled > 1 and self.temperature <= 0, f"{sampled} samples need temperature > 0, such as 0.7"),
            (self.temperature < 0, "temperature must not be negative"),
            (self.n > 1 and self.task == "refine", "task=refine starts from one recognition; leave n at 1"),
            (self.n > 1 and self.task == "three", "task=three takes one answer of each kind; leave n at 1"),
            (self.adapter is not None and not self._takes_adapters, _ADAPTER),
            (bool(self.engine_args) and self.engine not in ("vllm", "transformers"), _ENGINE_ARGS),
            (self.data_parallel > 1 and self.engine != "vllm", "data_parallel= is for engine=vllm"),
            (self.scale == "ray" and sampled > 1, "scale=ray gives one sample each; leave n and vote alone"),
            (self.scale == "ray" and self.engine != "vllm", "scale=ray is for engine=vllm"),
            *_below_one(self, _COUNTS),
        ]

    def _known_engine(self) -> bool:
        return is_engine(self.engine)

    def _choices(self) -> tuple[str, ...]:
        return CHOICES

    @property
    def _asks(self) -> bool:
        """Whether there is a model to ask."""
        return self.engine != REPLAY

    @property
    def _needs_model(self) -> bool:
        return self._asks and self.engine_name != "python"

    @property
    def _takes_adapters(self) -> bool:
        return self.engine in ("transformers", "vllm") and self.scale == "local"

    @property
    def engine_name(self) -> str:
        """The engine without what follows its colon."""
        return self.engine.partition(":")[0]

    @property
    def endpoint(self) -> str | None:
        """Address of the endpoint, if one is named here or in the environment."""
        return self.base_url or os.environ.get("OPENAI_BASE_URL")

    def dtype_on(self, device: str) -> str:
        """Number format of the weights on ``cpu`` or ``cuda``; ``auto`` is the checkpoint's own."""
        return "float32" if self.dtype == "auto" and device == "cpu" else self.dtype

    @property
    def sampling(self) -> Sampling:
        """The decoding that the keys ask for."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            n=self.vote or self.n,
            seed=self.seed,
            max_tokens=self.max_tokens,
            logprobs=self.logprobs,
        )


@dataclass(frozen=True, kw_only=True)
class EvalConfig(AskConfig, DataConfig):
    """Keys of `unimumer eval [config.yaml] [key=value ...]`."""

    engine: str = option(
        "vllm",
        f"what runs the model: {' | '.join(CHOICES)}; or {REPLAY}, score prediction files",
        section="who answers",
    )
    plain: bool = option(
        True, "with vote, tree, can and refine: ask for plain recognition too, to compare with", section="results"
    )
    output: Path | None = option(
        None, "folder of the results; by default results/<model>_<set>_<date>, and results/latest links to it"
    )
    cdm: bool = option(True, "score CDM and structure F1 too, at most a millisecond a pair")
    resume: bool = option(True, "go on where a killed run stopped, keep what is complete; false asks everything again")
    retry_failures: bool = option(False, "ask again what has failed")
    overwrite: bool = option(False, "replace a finished run that has other settings")
    max_failures: float = option(
        0.2, "share of samples that may fail; with more the command ends with code 1, and all files are kept"
    )

    predictions: tuple[Path, ...] = option(
        (), "prediction files, or folders of them", section=f"prediction files (engine={REPLAY})"
    )
    labels: Path | None = option(
        None,
        "of prediction files that have no labels or damaged ones: a record file, a list of labels in the same order "
        "(JSON), or a table of id and label",
    )
    missing: Literal["error", "wrong"] = option("error", "what to do when a label has no prediction")

    def _checks(self) -> list[tuple[bool, str]]:
        return [
            (not self._asks and not self.predictions, "engine=replay needs predictions=<file or folder>"),
            (self._asks and bool(self.predictions), "predictions= is for engine=replay"),
            (self._asks and self.labels is not None, "labels= is for engine=replay; records bring their own"),
            (
                self._asks and not self.data,
                "name what to answer: data=<record file, set name or folder>",
            ),
            (not 0 <= self.max_failures <= 1, "max_failures is a share, from 0 to 1"),
            *super()._checks(),
            *_below_one(self, ("limit",)),
        ]

    def _known_engine(self) -> bool:
        return self.engine == REPLAY or super()._known_engine()

    def _choices(self) -> tuple[str, ...]:
        return (*CHOICES, REPLAY)


def known_tasks() -> tuple[str, ...]:
    """What ``task=`` may be: tasks that need no wrong prediction, and the three that are no tasks."""
    return ("record", *(name for name, task in TASKS.items() if not task.fields), "three", "refine")


def _unknown_task(name: str) -> str:
    if name in TASKS:
        return f"task={name} asks about a wrong prediction; evaluate its own data set with task=record, or task=refine"
    return f"unknown task {name!r}{suggestion(name, known_tasks())}. Known: {', '.join(known_tasks())}"


def _unknown_engine(name: str, known: tuple[str, ...]) -> str:
    return f"engine must be one of {', '.join(known)}, got {name!r}{suggestion(name, known)}"


def _no_folder(config: AskConfig) -> bool:
    """Whether ``model`` is a path, unlike a hub's ``owner/name``, and nothing is there."""
    if config.engine_name in ("openai", "python", REPLAY) or not config.model:
        return False
    return not Path(config.model).is_dir() and not can_be_on_the_hub(config.model)


def _below_one(config: AskConfig, names: tuple[str, ...]) -> list[tuple[bool, str]]:
    values = {name: getattr(config, name) for name in names}
    return [(value is not None and value < 1, f"{name} must be at least 1") for name, value in values.items()]


_COUNTS = (
    *("n", "max_tokens", "rounds", "batch_size", "window", "concurrency", "image_max_pixels"),
    *("tensor_parallel", "data_parallel"),
)
_ADAPTER = (
    "adapter= is for engine=transformers and engine=vllm (not scale=ray); elsewhere merge it first: "
    "llamafactory-cli export recipes/merge_lora.yaml"
)
_ENGINE_ARGS = "engine_args= is for engine=vllm and engine=transformers"
