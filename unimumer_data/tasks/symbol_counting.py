"""Symbol counting: ``SYMBOL: N`` of every token but braces, then the expression (arXiv 2505.23566, Sec. 3.4)."""

from unimumer_data.latex import count_symbols, write_counts

from . import prompts
from .base import Expression, Task


def answer(expression: Expression) -> str:
    return f"{write_counts(count_symbols(expression.tokens))}\n{expression.text}"


TASK = Task(name="can", suffix="_can", instruction=prompts.COUNT, answer=answer)
