"""What a task is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ..latex import Row, parse_tokens


@dataclass(frozen=True)
class Expression:
    """A label in the canonical form ``records``; what every task's answer is made from. The tree is read once."""

    text: str

    @cached_property
    def tokens(self) -> list[str]:
        return self.text.split()

    @cached_property
    def tree(self) -> Row:
        return parse_tokens(self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One way to ask for an expression.

    Args:
        name: ``vanilla``, ``tree``, ``can`` ...; the word in configurations.
        suffix: of the published data set names, ``_tree`` in ``crohme_train_tree``.
        instruction: the human turn without ``<image>``.
        answer: the gpt turn.
    """

    name: str
    suffix: str
    instruction: str
    answer: Callable[[Expression], str]
