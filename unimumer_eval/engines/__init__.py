"""The engines: requests go in, answers come out. Each is imported when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from unimumer_data.support.tables import show
from unimumer_eval.config import AskConfig, Sampling
from unimumer_eval.engine_table import ENGINES

from .base import Answer, Output, Predictor, Request, Step
from .checkpoints import check_place, other_bounds, resolve


def engine_name(config: AskConfig) -> str:
    """Which entry of `ENGINES` the configuration asks for."""
    if config.scale == "ray":
        return "vllm-ray"
    if config.engine == "vllm" and config.data_parallel > 1:
        return "vllm-parallel"
    return config.engine_name


def open_engine(config: AskConfig) -> Predictor:
    """Start the engine that ``config`` asks for.

    Raises:
        ConfigError: an adapter was named as a model, and the engine does not take it.
        EngineError: it is not installed or cannot start, or its model cannot be found; says what to do.
    """
    config = resolve(config)
    check_place(config)
    if warning := other_bounds(config):
        show(warning, file=sys.stderr, flush=True)
    entry = ENGINES[engine_name(config)]
    engine: Predictor = getattr(import_module(f".{entry.module}", __name__), entry.name)(config)
    return engine


def engine_versions(config: AskConfig) -> dict[str, str]:
    """Distribution -> version, of those that are installed; for the record of a run."""
    found = {}
    for distribution in ENGINES[engine_name(config)].distributions:
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return found


__all__ = ["ENGINES", "Answer", "Output", "Predictor", "Request", "Sampling", "Step", "engine_versions", "open_engine"]
