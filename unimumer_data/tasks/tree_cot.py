"""Tree-CoT: the serialised expression tree, a line feed, the expression (arXiv 2505.23566, Sec. 3.2)."""

from unimumer_data.latex import write_tree

from . import prompts
from .base import Expression, Task


def answer(expression: Expression) -> str:
    return f"{write_tree(expression.tree)}\n{expression.text}"


TASK = Task(name="tree", suffix="_tree", instruction=prompts.TREE, answer=answer)
