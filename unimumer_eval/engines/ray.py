"""vLLM on many machines, through Ray Data's batch stage (`engine=vllm scale=ray`).

The machines of the cluster need this package, vLLM and the pictures under the same paths. Ray decides who answers
what; greedy answers are those of one machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from unimumer_data.errors import EngineError, ImageError
from unimumer_data.images import SIDE_OF_TOKEN, load_image
from unimumer_data.support.cluster import set_up_ray
from unimumer_eval.config import AskConfig, Sampling

from .base import Answer, Output, Request, brief, compact, encode_png, picture_of
from .prompting import prompter
from .vllm import engine_arguments, load_processor, prepare

_MISSING = "scale=ray needs ray in the environment of vLLM, on every machine: pip install 'unimumer[ray-data]'"
_BATCH = 16  # rows that Ray hands to a copy at once; vLLM gets several such batches


class RayEngine:
    """One data set of Ray for every stage of questions; a row that fails is one failed answer."""

    def __init__(self, config: AskConfig) -> None:
        device = prepare(config)
        set_up_ray()
        try:
            import ray
            from ray.data import DataContext
            from ray.data.llm import vLLMEngineProcessorConfig
        except ImportError as error:
            raise EngineError(f"{_MISSING} ({error})") from error
        if not ray.is_initialized():
            # on CPU, Ray counts a reservation for every stage; more than a small machine has
            own = {"address": "local", "num_cpus": max(8, os.cpu_count() or 1)}
            alone = device == "cpu" and not os.environ.get("RAY_ADDRESS")
            ray.init(log_to_driver=False, **(own if alone else {}))
        DataContext.get_current().enable_progress_bars = False
        self._config = config
        self._chat = prompter(load_processor(config), config)
        arguments = engine_arguments(config, device)
        self._stage = vLLMEngineProcessorConfig(
            model_source=arguments.pop("model"),
            engine_kwargs=arguments,
            concurrency=config.data_parallel,
            batch_size=_BATCH,
            chat_template_stage=False,
            tokenize_stage=False,
            detokenize_stage=False,
            log_engine_metrics=False,
            should_continue_on_error=True,
            placement_group_config={"bundles": [{"CPU": 1}]} if device == "cpu" else None,
        )

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        import ray
        from ray.data.llm import build_processor

        config = self._config
        rows = [
            {
                "index": request.index,
                "image": str(request.image) if isinstance(request.image, Path) else encode_png(request.image),
                "prompt": self._chat(request.prompt) + request.prefix,
            }
            for request in requests
        ]
        read = partial(
            _question,
            sampling=sampling,
            max_pixels=config.image_max_pixels,
            min_pixels=config.image_min_pixels,
        )
        answered = build_processor(self._stage, preprocess=read, postprocess=_row_of_answer)(ray.data.from_items(rows))
        try:
            for row in answered.iter_rows():
                yield _answer(row, sampling)
        except ray.exceptions.RayError as error:
            raise EngineError(f"ray stopped: {brief(error)}; run the same command again to go on") from error

    def close(self) -> None:
        import ray

        ray.shutdown()


def _question(row: dict[str, Any], *, sampling: Sampling, max_pixels: int, min_pixels: int) -> dict[str, Any]:
    """The input of vLLM's stage.

    An exception here would end the whole data set. Hence a blank picture replaces one that cannot be opened; the
    model is asked for a single token, and the answer is thrown away.
    """
    try:
        picture, failure, max_tokens = picture_of(_source(row["image"]), max_pixels, min_pixels), "", None
    except ImageError as error:
        picture, failure, max_tokens = Image.new("RGB", (SIDE_OF_TOKEN * 2,) * 2, "white"), f"image: {error}", 1
    return {
        "index": row["index"],
        "failure": failure,
        "prompt": row["prompt"],
        "multimodal_data": {"image": picture},
        "sampling_params": {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "max_tokens": max_tokens or sampling.max_tokens,
            "logprobs": 0 if sampling.logprobs else None,
        },
    }


def _source(image: str | bytes) -> Path | Image.Image:
    return Path(image) if isinstance(image, str) else load_image(image)


def _row_of_answer(row: dict[str, Any]) -> dict[str, Any]:
    steps = row.get("logprobs")
    return {
        "index": row["index"],
        "failure": row["failure"],
        "text": row.get("generated_text") or "",
        "tokens": int(row.get("num_generated_tokens") or 0),
        "prompt_tokens": int(row.get("num_input_tokens") or 0),
        "logprobs": [] if steps is None else [next(iter(step.values()))["logprob"] for step in steps],
    }


def _answer(row: dict[str, Any], sampling: Sampling) -> Answer:
    if refusal := row.get("__inference_error__"):  # such a row comes as it went in
        return Answer(index=row["index"], failure=f"refused: {refusal}")
    if row["failure"]:
        return Answer(index=row["index"], failure=row["failure"])
    output = Output(
        text=row["text"],
        tokens=row["tokens"],
        logprob=float(sum(row["logprobs"])) if sampling.logprobs else None,
        logprobs=compact(row["logprobs"]),
        finish="length" if row["tokens"] >= sampling.max_tokens else "stop",
    )
    return Answer(index=row["index"], outputs=(output,), prompt_tokens=row["prompt_tokens"])
