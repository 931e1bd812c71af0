"""Plain recognition: the answer is the canonical token string (arXiv 2505.23566, Sec. 3.1)."""

from . import prompts
from .base import Expression, Task


def answer(expression: Expression) -> str:
    """The expression alone."""
    return expression.text


TASK = Task(name="vanilla", suffix="", instruction=prompts.VANILLA, answer=answer, working=False, published=True)
