"""The keys of ``unimumer train``, beside those of LLaMA-Factory. Imports no torch, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from unimumer_data.errors import ConfigError
from unimumer_data.support.config import option

PREFIX = "exprate_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpRateConfig:
    """Keys of ExpRate in a recipe or on its command line, each written with ``exprate_`` before it."""

    dataset: tuple[str, ...] = option(
        (), "validation sets or record files; default: eval_dataset, else the first training set, with a warning"
    )
    samples: int = option(500, "maximum number of samples of all sets together, the same in every run")
    every: int | Literal["epoch"] = option("epoch", "a number of optimizer steps, or")
    keep_best: bool = option(
        False, "save when ExpRate has risen, and keep that checkpoint; the link best points to it"
    )
    max_tokens: int = option(512, "longest answer in tokens; a longer one is cut, so it is wrong")
    batch_size: int | None = option(None, "pictures read at once on each GPU; default: 32, on CPU 8")
    template_args: dict[str, Any] = option(
        about="further arguments of the chat template, such as {enable_thinking: false}", factory=dict
    )

    def __post_init__(self) -> None:
        for name in ("samples", "every", "max_tokens", "batch_size"):
            value = getattr(self, name)
            if isinstance(value, int) and value < 1:
                raise ConfigError(f"exprate_{name} must be at least 1, got {value}")
