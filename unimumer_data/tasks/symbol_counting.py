"""Symbol counting: ``SYMBOL: N`` of every token but braces, then the expression (arXiv 2505.23566, Sec. 3.4)."""

import re
from collections.abc import Sequence

from unimumer_data.latex import count_symbols, read_counts, write_counts

from . import prompts
from .base import Expression, Task


def answer(expression: Expression) -> str:
    """The counts of the symbols on one line, the expression on the next."""
    return f"{write_counts(count_symbols(expression.tokens))}\n{expression.text}"


def agrees(working: str, tokens: Sequence[str]) -> bool:
    """Whether the counts are those of the expression."""
    return read_counts(working) == count_symbols(tokens)


TASK = Task(
    name="can",
    suffix="_can",
    instruction=prompts.COUNT,
    answer=answer,
    unfinished=re.compile(r"\S+: \d+(, \S+: \d+)*,?$"),
    agrees=agrees,
    published=True,
)
