"""Verifiable rewards for training after supervised training: batches of answers and labels in, numbers in [0, 1] out.

    >>> from unimumer_eval.rewards import default_reward, structure
    >>> default_reward(["x ^ { 2 }", "x ^ 2 +"], ["x ^ { 2 }", "x ^ { 2 }"])[0]
    1.0
    >>> structure(["x _ { 2 }"], ["x ^ { 2 }"])
    [0.5]

Needs no torch. The adapters for TRL, verl, EasyR1 and ms-swift stand in `unimumer_eval.rewards.adapters`; how each
component can be fooled, and which gate stops it, in docs/after-sft.md.
"""

from .components import COMPONENTS, Component, cdm, consistency, exact, format, image_match, length, structure
from .mix import Reward, default_reward, load_reward

__all__ = [
    "COMPONENTS",
    "Component",
    "Reward",
    "cdm",
    "consistency",
    "default_reward",
    "exact",
    "format",
    "image_match",
    "length",
    "load_reward",
    "structure",
]
