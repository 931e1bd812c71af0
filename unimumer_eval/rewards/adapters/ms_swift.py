"""For ms-swift: ``swift rlhf --rlhf_type grpo --external_plugins .../adapters/ms_swift.py --reward_funcs unimumer``.

Signature: ms-swift 4.6, swift/rewards/orm.py: a class derived from ``ORM``, made with ``args`` and called with
``completions`` (texts) and every column of the data set by name. The label is taken from the column ``label``, else
from ``solution``. The variable UNIMUMER_REWARD names a YAML file, see `load_reward`.
https://swift.readthedocs.io/en/latest/Instruction/GRPO/DeveloperGuide/reward_function.html
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from swift.rewards import ORM, orms

from unimumer_eval.rewards.mix import cached_reward


class UniMuMER(ORM):  # type: ignore[misc]
    """The mixed reward of each answer."""

    def __call__(
        self,
        completions: Sequence[str],
        label: Sequence[str] | None = None,
        solution: Sequence[str] | None = None,
        task: Sequence[str] | None = None,
        **columns: Any,
    ) -> list[float]:
        labels = label if label is not None else solution
        if labels is None:
            raise ValueError("the data set has neither a column 'label' nor 'solution'; add one with the expressions")
        return cached_reward(os.environ.get("UNIMUMER_REWARD", ""))(completions, labels, task)


orms["unimumer"] = UniMuMER
