"""Several components mixed into one number, behind gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, suggestion
from unimumer_data.support.config import load_config, make_config

from .components import COMPONENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """A weighted mean of components, times its gates.

    The default is the recommended mix. A right answer gets 1, one that cannot be read gets 0.

    Args:
        weights: component -> weight; only their ratios matter.
        gates: component -> the least value that lets anything through. The reward is multiplied by the component, and
            is 0 below that value.
        scaled_by: component -> the component that it is multiplied by before it is weighed. CDM and image match
            forgive a moved script or a lost fraction bar; what `structure` denies, they cannot give.
    """

    weights: dict[str, float] = field(
        default_factory=lambda: {"exact": 0.5, "structure": 0.25, "cdm": 0.15, "image_match": 0.1}
    )
    gates: dict[str, float] = field(default_factory=lambda: {"format": 0.5, "length": 0.5, "consistency": 1.0})
    scaled_by: dict[str, str] = field(default_factory=lambda: {"cdm": "structure", "image_match": "structure"})

    def __post_init__(self) -> None:
        for name in (*self.weights, *self.gates, *self.scaled_by, *self.scaled_by.values()):
            if name not in COMPONENTS:
                raise ConfigError(
                    f"unknown component {name!r}{suggestion(name, COMPONENTS)}. Known: {', '.join(COMPONENTS)}"
                )
        if not self.weights or min(self.weights.values()) < 0 or not sum(self.weights.values()) > 0:
            raise ConfigError(f"weights must be at least 0, and one of them above, got {self.weights}")
        if any(not 0 <= least <= 1 for least in self.gates.values()):
            raise ConfigError(f"gates must be between 0 and 1, got {self.gates}")
        strays = [name for name in self.scaled_by if name not in self.weights]
        if strays:
            raise ConfigError(
                f"scaled_by names {', '.join(strays)}, which has no weight; give it one, or leave it out"
            )

    @property
    def components(self) -> tuple[str, ...]:
        """All components that take part, in a fixed order."""
        used = {*self.weights, *self.gates, *self.scaled_by.values()}
        return tuple(name for name in COMPONENTS if name in used)

    def score(
        self, answers: Sequence[str], labels: Sequence[str], tasks: Sequence[str] | None = None
    ) -> dict[str, list[float]]:
        """The reward of each answer under ``reward``, and every component under its own name.

        Args:
            answers, labels, tasks: as every `Component` takes them, B of each.
        """
        values = {name: COMPONENTS[name](answers, labels, tasks) for name in self.components}
        rewards = [
            self._mix({name: column[index] for name, column in values.items()}) for index in range(len(answers))
        ]
        return {"reward": rewards, **values}

    def __call__(
        self, answers: Sequence[str], labels: Sequence[str], tasks: Sequence[str] | None = None
    ) -> list[float]:
        """The reward of each answer."""
        return self.score(answers, labels, tasks)["reward"]

    def _mix(self, values: Mapping[str, float]) -> float:
        if any(values[name] < least for name, least in self.gates.items()):
            return 0.0
        total = 0.0
        for name, weight in self.weights.items():
            scale = values[self.scaled_by[name]] if name in self.scaled_by else 1.0
            total += weight * scale * values[name]
        total /= sum(self.weights.values())
        for name in self.gates:
            total *= values[name]
        return min(1.0, total)


def load_reward(source: str | Path | Mapping[str, Any] | None = None) -> Reward:
    """A reward from a YAML file or a mapping with the keys of `Reward`; the recommended mix for None.

    Raises:
        ConfigError: no such file, an unknown key or component, a weight below 0.
    """
    if source is None:
        return Reward()
    if isinstance(source, Mapping):
        return make_config(Reward, source, origin="reward")
    return load_config(Reward, [str(source)])


@lru_cache(maxsize=16)
def cached_reward(path: str = "") -> Reward:
    """`load_reward` for callers that come once for each answer; the recommended mix for an empty path."""
    return load_reward(path or None)


def default_reward(answers: Sequence[str], labels: Sequence[str], tasks: Sequence[str] | None = None) -> list[float]:
    r"""The recommended mix.

    >>> default_reward(["x ^ { 2 }", "x ^ 2", "", "x _ { 2 }"], ["x ^ { 2 }"] * 4)[:3]
    [1.0, 1.0, 0.0]
    """
    return cached_reward()(answers, labels, tasks)
