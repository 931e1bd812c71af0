"""For EasyR1: ``worker.reward.reward_type=batch worker.reward.reward_function=.../adapters/easyr1.py:compute_score``.

Signature: EasyR1, verl/workers/reward/function.py (BatchFunctionRewardManager): a list of ``response``,
``response_length`` and ``ground_truth``; a list of scores with ``overall``, the rest is logged.
``reward_function_kwargs`` come as further arguments. https://github.com/hiyouga/EasyR1
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unimumer_eval.rewards.mix import cached_reward


def compute_score(
    reward_inputs: Sequence[Mapping[str, Any]], reward_config: str = "", task: str = "vanilla"
) -> list[dict[str, float]]:
    """The reward of each answer under ``overall``, each component under its name.

    Args:
        reward_inputs: answers (``response``) with their labels (``ground_truth``).
        reward_config: a YAML file, see `load_reward`; the recommended mix if left out.
        task: of all answers; EasyR1 hands no other columns through.
    """
    answers = [one["response"] for one in reward_inputs]
    labels = [one["ground_truth"] for one in reward_inputs]
    values = cached_reward(reward_config).score(answers, labels, [task] * len(answers))
    values["overall"] = values.pop("reward")
    return [{name: column[index] for name, column in values.items()} for index in range(len(answers))]
