"""What a reward reads of a model's text: the expression, its working, and whether they are short enough to read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from unimumer_data.latex import tokenize
from unimumer_data.latex.grammar import COMMANDS, ORDINARY
from unimumer_data.tasks.answers import split_answer
from unimumer_eval.scores.forms import Reading, read

LONGEST_TEXT = 20_000
"""Characters of a whole answer; a longer one is not read. The tree of a label of 400 tokens has about 8,000."""
LONGEST_EXPRESSION = 1_000
"""Characters of an expression without white space. The longest of 15,468 published test labels has 433."""

_COMMENT = re.compile(r"\\.|(%[^\n]*)", re.DOTALL)
_WRAPPERS = frozenset(("$", "$$", "\\(", "\\)", "\\[", "\\]"))


@dataclass(frozen=True, slots=True)
class Answer:
    """One text of a model.

    Args:
        task: of `unimumer_data.tasks.TASKS`; decides where the expression stands.
        working: tree, counts or log before the expression; empty for tasks without.
        expression: what is compared with the label; empty where there is none or the text is too long to read.
        characters: of the expression, white space left out.
    """

    task: str
    working: str
    expression: str
    characters: int


@lru_cache(maxsize=4096)
def answer_of(text: str, task: str = "vanilla") -> Answer:
    r"""Take a text apart.

    >>> answer_of("x: 1, ^: 1, 2: 1\nx ^ { 2 }", "can").expression
    'x ^ { 2 }'
    """
    working, expression = split_answer(text, task) if len(text) <= LONGEST_TEXT else ("", "")
    characters = sum(map(len, expression.split()))
    if characters > LONGEST_EXPRESSION:
        return Answer(task, "", "", characters)
    return Answer(task, working, expression, characters)


@lru_cache(maxsize=4096)
def reading_of(expression: str) -> Reading:
    """`scores.forms.read` with a small cache: training never stops making new answers."""
    return read.__wrapped__(expression)


@lru_cache(maxsize=4096)
def invisible_share(expression: str) -> float:
    r"""Share of the tokens that neither print nor order what prints.

    These are spaces, phantoms, labels, colours, comments, and braces that the canonical form does without.

    >>> invisible_share(r"x \quad \phantom { y }"), invisible_share(r"\left( x \right)^2")
    (0.8333333333333334, 0.0)
    """
    tokens = tokenize(expression)
    kept = _without_skipped(tokens)
    braces = 2 * max(0, kept.count("{") - reading_of(expression).strict.count("{"))
    comments = sum(len(found[1] or "") for found in _COMMENT.finditer(expression))
    total = len(tokens) + comments
    return min(1.0, (len(tokens) - len(kept) + braces + comments) / total) if total else 0.0


def _without_skipped(tokens: list[str]) -> list[str]:
    """The tokens without commands that print nothing and the arguments that are thrown away with them."""
    kept: list[str] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        command = COMMANDS.get(token, ORDINARY)
        index += 1
        if command.role not in ("skip", "size") or token in _WRAPPERS:
            kept.append(token)
            continue
        for parameter in command.parameters:
            if parameter != "[]":
                index = _after_group(tokens, index)
            elif tokens[index : index + 1] == ["["] and "]" in tokens[index:]:
                index = tokens.index("]", index) + 1
    return kept


def _after_group(tokens: list[str], index: int) -> int:
    depth = 0
    while index < len(tokens):
        depth += {"{": 1, "}": -1}.get(tokens[index], 0)
        index += 1
        if depth <= 0:
            break
    return index
