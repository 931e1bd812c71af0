"""What a model's text says: the expression in it, and whether its working agrees with the expression."""

from __future__ import annotations

from unimumer_data.errors import UniMumerError

from . import TASKS, get_task
from .wrapping import unwrap

PLAIN = "vanilla"
"""Plain recognition: the task of a question in somebody's own words."""


def task_of(instruction: str) -> str:
    """The name of the task that an instruction is of; `PLAIN` for an unknown one."""
    return next((task.name for task in TASKS.values() if task.asks(instruction)), PLAIN)


def bare_answer(text: str, task: str, *, boxed: bool = False) -> str:
    """The answer without what a model puts around it; see `wrapping.unwrap`."""
    return unwrap(text, working=get_task(task).working, boxed=boxed)


def split_answer(text: str, task: str, *, boxed: bool = False) -> tuple[str, str]:
    r"""The working (tree, counts, log of corrections) and the final expression of an answer.

    An answer that ends before its expression has an empty one. Tasks without working have the whole text. Code
    fences, reasoning and other wrappers around the answer are no part of it.

    >>> split_answer("a: 1\na", "can")
    ('a: 1', 'a')

    Args:
        text: as the model wrote it.
        task: what it was asked.
        boxed: whether ``\boxed{...}`` around the whole expression is ink; see `is_boxed`.

    Raises:
        UnknownTaskError: no task of that name.
    """
    return get_task(task).split(bare_answer(text, task, boxed=boxed))


def final_expression(text: str, task: str, *, boxed: bool = False) -> str:
    """The expression that an answer comes to; see `split_answer`."""
    return split_answer(text, task, boxed=boxed)[1]


def label_expression(text: str, task: str) -> str:
    """The expression of a label, which is written like an answer; a box around it is ink."""
    return final_expression(text, task, boxed=True)


def is_boxed(label: str | None) -> bool:
    r"""Whether a label has a box as ink, so that ``\boxed`` in an answer is no wrapper."""
    return r"\boxed" in (label or "")


def agrees(text: str, task: str) -> bool | None:
    """Whether the working of an answer agrees with its own expression; None for tasks that cannot be compared.

    A working that cannot be parsed agrees with nothing.
    """
    compare = get_task(task).agrees
    if compare is None:
        return None
    working, expression = split_answer(text, task)
    try:
        return compare(working, expression.split())
    except UniMumerError:
        return False


def is_runaway(label: str, answer: str) -> bool:
    """Whether an answer is out of proportion: over twice the characters of its label and 100 more, spaces left out.

    Counted in characters because answers without spaces have few tokens; the 100 leave room for short labels.
    """
    return _characters(answer) > 2 * _characters(label) + 100


def _characters(text: str) -> int:
    return sum(map(len, text.split()))
