"""Tree-CoT: the serialised expression tree, a line feed, the expression (arXiv 2505.23566, Sec. 3.2)."""

import re
from collections.abc import Sequence

from unimumer_data.latex import read_tree, write_tokens, write_tree

from . import prompts
from .base import Expression, Task


def answer(expression: Expression) -> str:
    """The tree on the first lines, the expression on the last."""
    return f"{write_tree(expression.tree)}\n{expression.text}"


def agrees(working: str, tokens: Sequence[str]) -> bool:
    """Whether the tree is that of the expression."""
    return write_tokens(read_tree(working)) == list(tokens)


TASK = Task(
    name="tree",
    suffix="_tree",
    instruction=prompts.TREE,
    answer=answer,
    unfinished=re.compile(r"\S+ \((right|sub|sup|above|below|nextline|begin_\S+|end_\S+)\)$"),
    agrees=agrees,
    published=True,
)
