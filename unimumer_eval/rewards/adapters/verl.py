"""For verl: ``reward.custom_reward_function.path=.../verl.py reward.custom_reward_function.name=compute_score``.

Signature: verl 0.9.1, experimental/reward_loop/reward_manager/naive.py: one answer a call, all arguments by name; a
dictionary must have ``score``, the rest is logged. ``reward_kwargs`` of the configuration come as further arguments.
https://verl.readthedocs.io/en/latest/preparation/reward_function.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unimumer_eval.rewards.mix import cached_reward


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    reward_config: str = "",
    **kwargs: Any,
) -> dict[str, float]:
    """The reward of one answer under ``score``, each component under its name.

    Args:
        data_source: name of the data set; not used.
        solution_str, ground_truth: answer and label.
        extra_info: may name the ``task``.
        reward_config: a YAML file, see `load_reward`; the recommended mix if left out.
    """
    task = str((extra_info or {}).get("task") or "vanilla")
    values = cached_reward(reward_config).score([solution_str], [ground_truth], [task])
    scores = {name: column[0] for name, column in values.items()}
    return {"score": scores.pop("reward"), **scores}
