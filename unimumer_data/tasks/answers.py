"""What a model's text says: the expression in it, and whether its working agrees with the expression."""

from __future__ import annotations

import re

from unimumer_data.errors import CountTextError, LatexSyntaxError, TreeTextError
from unimumer_data.latex import count_symbols, read_counts, read_tree, write_tokens

from . import TASKS, prompts
from .wrapping import unwrap

_BY_INSTRUCTION = {task.instruction.strip(): task.name for task in TASKS.values()}
_BY_OPENING = {prompts.ERROR_FIND.split("{", 1)[0]: "error_find", prompts.ERROR_FIX.split("{", 1)[0]: "error_fix"}

# the last line of an answer that was cut before its expression; canonical expressions never look like this
_UNFINISHED = {
    "tree": re.compile(r"\S+ \((right|sub|sup|above|below|nextline|begin_\S+|end_\S+)\)$"),
    "can": re.compile(r"\S+: \d+(, \S+: \d+)*,?$"),
    "error_fix": re.compile(r"(REPLACE|INSERT|DELETE):"),
}


def task_of(instruction: str) -> str:
    """Which task an instruction is of; an unknown one is plain recognition in somebody's own words."""
    opening = next((name for text, name in _BY_OPENING.items() if instruction.startswith(text)), "vanilla")
    return _BY_INSTRUCTION.get(instruction.strip(), opening)


def bare_answer(text: str, task: str, *, boxed: bool = False) -> str:
    """The answer without what a model puts around it; see `wrapping.unwrap`."""
    return unwrap(text, working=task in _UNFINISHED, boxed=boxed)


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
    """
    text = bare_answer(text, task, boxed=boxed)
    if task not in _UNFINISHED:
        return "", text.strip()
    lines = text.strip("\n").rstrip().split("\n")
    last = lines[-1].strip()
    if _UNFINISHED[task].match(last):
        return "\n".join(lines), ""
    return "\n".join(lines[:-1]), last


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
    """Whether the tree or the counts of an answer are those of its own expression; None for tasks without.

    Compared are tokens: a working that cannot be read agrees with nothing.
    """
    working, expression = split_answer(text, task)
    tokens = expression.split()
    try:
        if task == "tree":
            return write_tokens(read_tree(working)) == tokens
        if task == "can":
            return read_counts(working) == count_symbols(tokens)
    except (TreeTextError, CountTextError, LatexSyntaxError):
        return False
    return None
