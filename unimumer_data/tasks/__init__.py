"""The task registry: one image, several questions.

A task is a name, the suffix of its data sets, its instruction, and functions that write the answer and read it back.
Add one by a module with a ``TASK`` and one line below: build, eval, folds and error corpora then know it.
"""

from __future__ import annotations

from unimumer_data.errors import UnknownTaskError, suggestion

from . import error_driven, symbol_counting, tree_cot, vanilla
from .base import Expression, Task

TASKS: dict[str, Task] = {
    task.name: task
    for task in (vanilla.TASK, tree_cot.TASK, symbol_counting.TASK, error_driven.FIND, error_driven.FIX)
}


def get_task(name: str) -> Task:
    """The task of that name.

    Raises:
        UnknownTaskError: with the nearest name.
    """
    try:
        return TASKS[name]
    except KeyError:
        raise UnknownTaskError(f"unknown task {name!r}{suggestion(name, TASKS)}. Known: {', '.join(TASKS)}") from None


__all__ = ["TASKS", "Expression", "Task", "get_task"]
