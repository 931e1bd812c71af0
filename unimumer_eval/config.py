"""What `eval/run.py` can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from unimumer_data.errors import ConfigError, suggestion
from unimumer_data.images import IMAGE_MAX_PIXELS, IMAGE_MIN_PIXELS
from unimumer_data.tasks import TASKS

from .engines.base import Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalConfig:
    """Keys of `unimumer eval [config.yaml] [key=value ...]`.

    What to answer
        data: record files (ShareGPT JSON or JSON lines) or data set names of dataset_info.json, separated by commas.
        dataset_dir: folder of dataset_info.json; relative image paths start here too, as in LLaMA-Factory.
        media_dir: where relative image paths start, if not in dataset_dir.
        limit: only the first so many samples of each set.
        task: record (ask what each record asks) | refine (recognise, detect errors, correct) | a task: vanilla, tree,
            can, or one of your own.
        rounds: of refine, at most.
        vote: ask for so many samples and take the expression that most of them mean; needs temperature > 0.
        plain: with vote, tree, can and refine: ask for plain recognition too, to compare with.

    Who answers
        engine: vllm | transformers | openai | replay (score prediction files, no model).
        model: folder or hub name of the model; name of the served model for openai.
        adapter: folder of a LoRA adapter (transformers).
        system: system prompt; null leaves it to the model's chat template.
        template_args: further arguments of the chat template, such as {enable_thinking: false}.
        dtype: auto is float32 on CPU, the checkpoint's own on GPU.

    How
        temperature, top_p, n, seed, max_tokens: decoding; greedy by default. n > 1 keeps all, scores the first.
        image_max_pixels, image_min_pixels: LLaMA-Factory's limits of training; must be the same here.
        logprobs: ask for log-probabilities, for the confidence.

    How fast
        batch_size: requests that the engine works on at once; by default what fits the device.
        window: pictures decoded ahead.
        max_model_len: tokens of prompt and answer (vllm); by default enough for max_tokens.
        tensor_parallel, data_parallel: GPUs a copy of the model is spread over, copies of the model (vllm); with
            scale=ray, copies in the whole cluster.
        gpu_memory_utilization: share of the GPU's memory that vllm takes.
        scale: local | ray (vllm on many machines, through Ray Data).

    Endpoint (openai): key only from the environment, OPENAI_API_KEY
        base_url: such as http://localhost:8000/v1; default OPENAI_BASE_URL.
        concurrency, requests_per_minute, timeout, retries, backoff: limits; the last three in seconds, times, seconds.
        price_in, price_out: of a million tokens, for the cost.

    Files
        output: folder of all results.
        predictions: prediction files or folders of them (replay).
        labels: of prediction files without (CoMER's result.zip) or with damaged labels: a record file, a list of
            labels in the same order (JSON), a table of id and label (replay).
        missing: error | wrong: what to do when a label has no prediction (replay).
        cdm: score CDM and structure F1 too, at most a millisecond a pair; false leaves them out.
        resume: go on where a killed run stopped, keep what is complete; false asks everything again.
        retry_failures: ask again what has failed.
    """

    data: tuple[str, ...] = ()
    dataset_dir: Path = Path(".")
    media_dir: Path | None = None
    limit: int | None = None
    task: str = "record"
    rounds: int = 1
    vote: int = 0
    plain: bool = True

    engine: Literal["vllm", "transformers", "openai", "replay"] = "vllm"
    model: str | None = None
    adapter: Path | None = None
    system: str | None = None
    template_args: dict[str, Any] = field(default_factory=dict)
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"

    temperature: float = 0.0
    top_p: float = 1.0
    n: int = 1
    seed: int = 0
    max_tokens: int = 2048
    image_max_pixels: int = IMAGE_MAX_PIXELS
    image_min_pixels: int = IMAGE_MIN_PIXELS
    logprobs: bool = True

    batch_size: int | None = None
    window: int = 64
    max_model_len: int | None = None
    tensor_parallel: int = 1
    data_parallel: int = 1
    gpu_memory_utilization: float = 0.9
    scale: Literal["local", "ray"] = "local"

    base_url: str | None = None
    concurrency: int = 8
    requests_per_minute: float | None = None
    timeout: float = 300.0
    retries: int = 5
    backoff: float = 1.0
    price_in: float | None = None
    price_out: float | None = None

    output: Path = Path("results")
    predictions: tuple[Path, ...] = ()
    labels: Path | None = None
    missing: Literal["error", "wrong"] = "error"
    cdm: bool = True
    resume: bool = True
    retry_failures: bool = False

    def __post_init__(self) -> None:
        problems = [message for wrong, message in self._checks() if wrong]
        if problems:
            raise ConfigError("; ".join(problems))

    def _checks(self) -> list[tuple[bool, str]]:
        replay = self.engine == "replay"
        sampled = max(self.n, self.vote)
        counts = {name: getattr(self, name) for name in _COUNTS}
        return [
            (self.task not in known_tasks(), _unknown_task(self.task)),
            (replay and not self.predictions, "engine=replay needs predictions=<file or folder>"),
            (not replay and bool(self.predictions), "predictions= is for engine=replay"),
            (not replay and self.labels is not None, "labels= is for engine=replay; records bring their own"),
            (not replay and not self.data, "name what to answer: data=<record file or data set name>"),
            (not replay and not self.model, "name who answers: model=<folder or hub name>"),
            (_no_folder(self), f"model={self.model}: no such folder"),
            (self.vote == 1 or self.vote < 0, "vote must be 2 or more, or 0 for none"),
            (self.vote > 1 and self.n > 1, "vote and n both set the number of samples; give one"),
            (self.vote > 1 and self.task == "refine", "vote and task=refine do not go together"),
            (sampled > 1 and self.temperature <= 0, f"{sampled} samples need temperature > 0, such as 0.7"),
            (self.temperature < 0, "temperature must not be negative"),
            (self.n > 1 and self.task == "refine", "task=refine starts from one recognition; leave n at 1"),
            (self.adapter is not None and self.engine != "transformers", _ADAPTER),
            (self.data_parallel > 1 and self.engine != "vllm", "data_parallel= is for engine=vllm"),
            (self.scale == "ray" and sampled > 1, "scale=ray gives one sample each; leave n and vote alone"),
            (self.scale == "ray" and self.engine != "vllm", "scale=ray is for engine=vllm"),
            *((value is not None and value < 1, f"{name} must be at least 1") for name, value in counts.items()),
        ]

    @property
    def sampling(self) -> Sampling:
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            n=self.vote or self.n,
            seed=self.seed,
            max_tokens=self.max_tokens,
            logprobs=self.logprobs,
        )


def known_tasks() -> tuple[str, ...]:
    """What ``task=`` may be: tasks that need no wrong prediction, and the two that are no tasks."""
    return ("record", *(name for name, task in TASKS.items() if not task.fields), "refine")


def _unknown_task(name: str) -> str:
    if name in TASKS:
        return f"task={name} asks about a wrong prediction; evaluate its own data set with task=record, or task=refine"
    return f"unknown task {name!r}{suggestion(name, known_tasks())}. Known: {', '.join(known_tasks())}"


def _no_folder(config: EvalConfig) -> bool:
    """Whether ``model`` is a path, unlike a hub's ``owner/name``, and nothing is there."""
    if config.engine in ("openai", "replay") or not config.model:
        return False
    path = Path(config.model)
    on_hub = config.model.count("/") == 1 and not path.parent.is_dir()
    return not path.is_dir() and not on_hub


_COUNTS = (
    *("limit", "n", "max_tokens", "rounds", "batch_size", "window", "concurrency", "image_max_pixels"),
    *("tensor_parallel", "data_parallel"),
)
_ADAPTER = "adapter= is for engine=transformers; for the others merge it first: llamafactory-cli export"
