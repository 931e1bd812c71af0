"""For TRL: ``GRPOTrainer(reward_funcs=trl_reward(), ...)`` over a data set with a column ``label``, maybe ``task``.

Signature: TRL 1.16, trainer/grpo_trainer.py: a reward function is called with ``prompts``, ``completions``,
``completion_ids``, every column of the data set and ``log_metric(name, value)``. Completions of a conversation are
lists of messages. https://huggingface.co/docs/trl/grpo_trainer#using-a-custom-reward-function
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unimumer_eval.rewards.mix import load_reward


def trl_reward(source: str | Path | Mapping[str, Any] | None = None) -> Callable[..., list[float]]:
    """A reward function for TRL that logs every component as ``reward_parts/NAME``.

    Args:
        source: a YAML file or a mapping, see `load_reward`; the recommended mix if left out.
    """
    reward = load_reward(source)

    def unimumer(
        completions: Sequence[Any],
        label: Sequence[str],
        task: Sequence[str] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float]:
        values = reward.score([_text(completion) for completion in completions], label, task)
        rewards = values.pop("reward")
        if log_metric is not None and rewards:
            for name, column in values.items():
                log_metric(f"reward_parts/{name}", sum(column) / len(column))
        return rewards

    return unimumer


def _text(completion: Any) -> str:
    """The text of a completion: plain, or the messages of a conversation with their text parts."""
    if isinstance(completion, str):
        return completion
    contents = [message["content"] for message in completion]
    return "".join(
        content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
        for content in contents
    )
