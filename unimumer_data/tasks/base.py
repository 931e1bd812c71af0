"""What a task is: what it asks, what is answered, and how an answer is read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from unimumer_data.latex import Row, parse_tokens, write_tokens


@dataclass(frozen=True)
class Expression:
    """What every task's answer is made from. The tree is read once.

    Args:
        text: a label in the canonical form ``records``.
        candidate: a wrong prediction of it, for the tasks about errors.
    """

    text: str
    candidate: str = ""

    @classmethod
    def of_tree(cls, tree: Row) -> Expression:
        """The expression of a canonical tree, which need not be read again."""
        tokens = write_tokens(tree)
        expression = cls(" ".join(tokens))
        expression.__dict__.update(tokens=tokens, tree=tree)
        return expression

    @cached_property
    def tokens(self) -> list[str]:
        return self.text.split()

    @cached_property
    def tree(self) -> Row:
        return parse_tokens(self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    r"""One way to ask for an expression.

    Args:
        name: ``vanilla``, ``tree``, ``can`` ...; the word in configurations.
        suffix: of the data set names, ``_tree`` in ``crohme_train_tree``.
        instruction: the human turn without ``<image>``; with ``{fields}`` where the task has ``fields``.
        answer: the gpt turn.
        fields: what to put into the instruction, for tasks about wrong predictions: they have one record for each
            candidate of a sample, and none for a sample without.
        working: whether lines of working come before the expression, which is then the last line of the answer.
        unfinished: matches the last line of an answer that was cut within its working; no expression looks like it.
        agrees: (working, tokens of the expression) -> whether both say the same; None where nothing can be compared.
            May raise any `UniMumerError` for a working that cannot be parsed: it agrees with nothing.
        labelled: whether the answer holds the label; a marked candidate does not.
        published: whether the published data sets have this task.
    """

    name: str
    suffix: str
    instruction: str
    answer: Callable[[Expression], str]
    fields: Callable[[Expression], Mapping[str, str]] | None = None
    working: bool = True
    unfinished: re.Pattern[str] | None = None
    agrees: Callable[[str, Sequence[str]], bool] | None = None
    labelled: bool = True
    published: bool = False

    def expressions(self, label: str, candidates: Sequence[str] = ()) -> list[Expression]:
        """What to ask about a sample: its label, or each of its wrong predictions."""
        return [Expression(label, candidate) for candidate in candidates] if self.fields else [Expression(label)]

    def question(self, expression: Expression) -> str:
        """The human turn without ``<image>``."""
        return self.instruction.format(**self.fields(expression)) if self.fields else self.instruction

    def asks(self, question: str) -> bool:
        """Whether a human turn without ``<image>`` is of this task."""
        if self.fields:
            return question.startswith(self.instruction.partition("{")[0])
        return question.strip() == self.instruction.strip()

    def split(self, text: str) -> tuple[str, str]:
        """The working and the expression of an answer; see `tasks.answers.split_answer`."""
        if not self.working:
            return "", text.strip()
        lines = text.strip("\n").rstrip().split("\n")
        last = lines[-1].strip()
        if self.unfinished is not None and self.unfinished.match(last):
            return "\n".join(lines), ""
        return "\n".join(lines[:-1]), last
