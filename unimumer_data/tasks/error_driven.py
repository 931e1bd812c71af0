"""Error-driven learning: mark what is wrong with a prediction; say how to correct it (arXiv 2505.23566, Sec. 3.3)."""

import re

from . import prompts
from .base import Expression, Task
from .corrections import KINDS, compare


def find(expression: Expression) -> str:
    """The marked formula."""
    return compare(expression.candidate, expression.text).marked


def fix(expression: Expression) -> str:
    """The correction log, a line feed, the expression."""
    return f"{compare(expression.candidate, expression.text).log}\n{expression.text}"


FIND = Task(
    name="error_find",
    suffix="_error_find",
    instruction=prompts.ERROR_FIND,
    answer=find,
    fields=lambda expression: {"candidate": expression.candidate},
    working=False,
    labelled=False,
    published=True,
)
FIX = Task(
    name="error_fix",
    suffix="_error_fix",
    instruction=prompts.ERROR_FIX,
    answer=fix,
    fields=lambda expression: {"marked": find(expression)},
    unfinished=re.compile(f"({'|'.join(KINDS)}):"),
    published=True,
)
