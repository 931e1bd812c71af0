"""vLLM in this process: the CUDA build, or the CPU build where there is no GPU."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from unimumer_data.errors import EngineError, ImageError
from unimumer_data.images import SIDE_OF_TOKEN
from unimumer_eval.config import AskConfig, Sampling

from .base import Answer, Output, Request, Step, brief, compact, pictures
from .checkpoints import adapts_vision, read_adapter
from .prompting import prompter
from .steps import steps_of

_MISSING = (
    "vllm is not installed here. With a GPU: `pip install -e .[vllm]`; without: `make demo` builds .venv/vllm; "
    "or use engine=transformers"
)
_BATCH = {"cpu": 32, "cuda": 256}
_INSTRUCTION_TOKENS = 512  # longest instruction with its chat turns, generously
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # of max_lora_rank
_PICTURE_CACHE = 1  # GiB: some 700 pictures of 262144 pixels, as bytes
_PROFILE_PIXELS = 1280 * SIDE_OF_TOKEN**2


class VllmEngine:
    """Feeds vLLM's engine request by request and gives each answer out when it is finished.

    vLLM's `generate` would lose a whole batch to one bad request and keep all pictures until the end; here a
    request that vLLM refuses is one failed answer, and about two batches are in memory at any time.
    """

    def __init__(self, config: AskConfig) -> None:
        device = prepare(config)
        try:
            from vllm import LLM
        except ImportError as error:
            raise EngineError(f"{_MISSING} ({error})") from error
        self._config = config
        self._in_flight = 2 * (config.batch_size or _BATCH[device])
        try:
            self.llm = LLM(**engine_arguments(config, device))
        except (RuntimeError, ValueError, OSError, TypeError, AssertionError) as error:
            raise EngineError(f"vllm cannot start {config.model}: {brief(error)}") from error
        self.processor = load_processor(config)
        self.tokenizer = self.processor.tokenizer
        self.chat = prompter(self.processor, config)
        self.adapter = _lora_request(config)
        if self.adapter is not None:
            self._load_adapter()

    def _load_adapter(self) -> None:
        """Now, not at the first request, where what does not fit would end the run."""
        try:
            self.llm.llm_engine.add_lora(self.adapter)
        except (ValueError, RuntimeError, AssertionError, TypeError, KeyError) as error:
            text = f"adapter={self._config.adapter}: vllm cannot load it: {brief(error)}"
            raise EngineError(f"{text}; merge it first: llamafactory-cli export recipes/merge_lora.yaml") from error

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        params = sampling_params(sampling)
        source = pictures(
            requests,
            max_pixels=self._config.image_max_pixels,
            min_pixels=self._config.image_min_pixels,
            window=self._config.window,
        )
        waiting: dict[str, Request] = {}
        more = True
        while more or waiting:
            while more and len(waiting) < self._in_flight:
                following = next(source, None)
                if following is None:
                    more = False
                    break
                request, picture = following
                refused = self._enqueue(request, picture, params, waiting)
                if refused is not None:
                    yield refused
            for output in self._step() if waiting else ():
                yield self._answer(waiting.pop(output.request_id), output, sampling)

    def close(self) -> None:
        self.llm = None

    def _enqueue(
        self, request: Request, picture: Image.Image | ImageError, params: Any, waiting: dict[str, Request]
    ) -> Answer | None:
        from vllm.exceptions import VLLMClientError

        if isinstance(picture, ImageError):
            return Answer(index=request.index, failure=f"image: {picture}")
        prompt = {"prompt": self.chat(request.prompt) + request.prefix, "multi_modal_data": {"image": picture}}
        try:
            internal = self.llm.enqueue([prompt], params.clone(), lora_request=self.adapter, use_tqdm=False)[0]
        except (VLLMClientError, ValueError, TypeError, RuntimeError) as error:
            return Answer(index=request.index, failure=f"refused: {brief(error)}")
        waiting[internal.partition("-")[0]] = request  # vLLM appends random characters; outputs come without them
        return None

    def _answer(self, request: Request, output: Any, sampling: Sampling) -> Answer:
        outputs = tuple(
            Output(
                text=item.text,
                tokens=len(item.token_ids),
                logprob=item.cumulative_logprob if sampling.logprobs or sampling.steps else None,
                logprobs=compact(next(iter(place.values())).logprob for place in item.logprobs or ()),
                finish=item.finish_reason or "stop",
                steps=read_steps(self.tokenizer, item.logprobs, sampling) if sampling.steps else (),
            )
            for item in sorted(output.outputs, key=lambda item: item.index)
        )
        return Answer(index=request.index, outputs=outputs, prompt_tokens=len(output.prompt_token_ids or ()))

    def _step(self) -> list[Any]:
        from vllm.v1.engine.exceptions import EngineDeadError

        try:
            return [output for output in self.llm.llm_engine.step() if output.finished]
        except (EngineDeadError, RuntimeError, AssertionError) as error:  # a model may not run in every dtype
            raise EngineError(f"vllm stopped: {brief(error)}; run the same command again to go on") from error


def prepare(config: AskConfig) -> str:
    """Set what vLLM reads from the environment at import, unless the user has; ``cpu`` or ``cuda``.

    Raises:
        EngineError: torch, hence vLLM, is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise EngineError(f"{_MISSING} ({error})") from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    settings = {"VLLM_LOGGING_LEVEL": "ERROR", "VLLM_NO_USAGE_STATS": "1"}
    if device == "cpu":
        # without a bound vLLM takes half the memory; in one process it starts in half the time
        settings |= {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
    if Path(config.model or "").is_dir():
        settings["HF_HUB_OFFLINE"] = "1"
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    return device


def engine_arguments(config: AskConfig, device: str) -> dict[str, Any]:
    """Arguments of vLLM's LLM class.

    Raises:
        EngineError: the model's configuration cannot be read.
    """
    adapting = _lora_arguments(config, config.adapter) if config.adapter else {}
    return {
        "model": str(config.model),
        "dtype": _dtype(config, device),
        "seed": config.seed,
        "max_model_len": config.max_model_len or _window(config),
        "max_num_seqs": config.batch_size or _BATCH[device],
        "enforce_eager": device == "cpu",  # compiling costs a minute and gains little on CPU
        "limit_mm_per_prompt": {"image": 1, "video": 0},
        "mm_processor_kwargs": _processor_bounds(config),
        "mm_processor_cache_gb": _PICTURE_CACHE if _asks_again(config) else 0,
        "tensor_parallel_size": config.tensor_parallel,
        "gpu_memory_utilization": config.gpu_memory_utilization,
        "disable_log_stats": True,
        **adapting,
        **config.engine_args,
    }


def _dtype(config: AskConfig, device: str) -> str:
    """That of the command; by default bfloat16 where vLLM's CPU build has no other (linear attention, Qwen3.5)."""
    kinds = getattr(_model_config(config).get_text_config(), "layer_types", None) or ()
    only = config.dtype == "auto" and device == "cpu" and "linear_attention" in kinds
    return "bfloat16" if only else config.dtype_on(device)


def _asks_again(config: AskConfig) -> bool:
    """Whether a picture is asked about more than once: by a further task beside plain recognition, or in rounds."""
    return config.task not in ("record", "vanilla") or config.vote > 1


def _lora_arguments(config: AskConfig, adapter: Path) -> dict[str, Any]:
    """VLLM leaves out the adapter's part for the vision tower in silence, unless model and option allow it."""
    vision = adapts_vision(adapter)
    if vision and not _takes_vision_adapters(config):
        raise EngineError(
            f"adapter={adapter}: it adapts the vision tower, which vllm would leave out in silence for "
            f"{config.model}; merge it first: llamafactory-cli export recipes/merge_lora.yaml"
        )
    return {
        "enable_lora": True,
        "max_lora_rank": _rank_of(adapter),
        **({"enable_tower_connector_lora": True} if vision else {}),
    }


def _takes_vision_adapters(config: AskConfig) -> bool:
    """Whether this version of vLLM applies adapters to the vision tower of the model's class."""
    from vllm import ModelRegistry

    names = _model_config(config).architectures or ()
    classes = [ModelRegistry.models[name].load_model_cls() for name in names if name in ModelRegistry.models]
    return bool(classes) and all(getattr(one, "supports_tower_connector_lora", False) for one in classes)


def _rank_of(adapter: Path) -> int:
    """The rank that vLLM has to provide for: the adapter's own, rounded up to one that vLLM has."""
    rank = read_adapter(adapter).get("r")
    if not isinstance(rank, int) or not 1 <= rank <= _RANKS[-1]:
        raise EngineError(f"adapter={adapter}: rank {rank!r}; vllm takes 1 to {_RANKS[-1]}. Merge it first")
    return next(one for one in _RANKS if one >= rank)


def _lora_request(config: AskConfig) -> Any:
    if config.adapter is None:
        return None
    from vllm.lora.request import LoRARequest

    return LoRARequest("adapter", 1, str(config.adapter.resolve()))


def sampling_params(sampling: Sampling) -> Any:
    """The SamplingParams of vLLM; explicit, so that the checkpoint's own generation settings do not apply."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        n=sampling.n,
        seed=sampling.seed,
        max_tokens=sampling.max_tokens,
        logprobs=logprobs_wanted(sampling),
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def logprobs_wanted(sampling: Sampling) -> int | None:
    """The ``logprobs`` of vLLM: 0 for the chosen tokens alone, n for the n likeliest too."""
    if sampling.steps:
        return sampling.alternatives
    return 0 if sampling.logprobs else None


def read_steps(tokenizer: Any, logprobs: Sequence[Mapping[int, Any]], sampling: Sampling) -> tuple[Step, ...]:
    """Steps from vLLM's log-probabilities: at each place id -> log-probability and rank, the chosen token first."""
    chosen = [next(iter(place.items())) for place in logprobs]
    likely = [
        [(id, entry.logprob) for id, entry in sorted(place.items(), key=lambda one: -one[1].logprob)]
        for place in logprobs
    ]
    return steps_of(
        tokenizer,
        [id for id, _ in chosen],
        [entry.logprob for _, entry in chosen],
        [place[: sampling.alternatives] for place in likely],
    )


def _window(config: AskConfig) -> int:
    """Tokens that a prompt with its answer can need, within what the model has positions for."""
    picture = 2 * config.image_max_pixels // SIDE_OF_TOKEN**2 + 64
    candidate = config.max_tokens if config.task in ("refine", "record") else 0  # the error tasks quote one
    longest: int = _model_config(config).get_text_config().max_position_embeddings
    return min(longest, _INSTRUCTION_TOKENS + picture + candidate + config.max_tokens)


def _model_config(config: AskConfig) -> Any:
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(str(config.model))
    except (OSError, ValueError, KeyError) as error:
        raise EngineError(f"model={config.model}: {brief(error)}") from error


def _processor_bounds(config: AskConfig) -> dict[str, dict[str, int]]:
    """The processor's own pixel bounds, the upper one lowered to what can still occur after `fit_pixels`.

    vLLM plans its memory for the largest picture that the processor lets through: 16,000 tokens by default.
    """
    from transformers import AutoImageProcessor

    size = AutoImageProcessor.from_pretrained(config.model).size
    longest = min(size["longest_edge"], max(_PROFILE_PIXELS, 4 * config.image_max_pixels))
    return {"size": {"shortest_edge": size["shortest_edge"], "longest_edge": longest}}


def load_processor(config: AskConfig) -> Any:
    """The transformers processor of the model, for its chat template."""
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(config.model)
