"""How sure the model was of each LaTeX token: its own pieces of text, laid over the tokens of the expression."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from unimumer_data.latex import tokenize
from unimumer_eval.engines.base import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """One token of the expression.

    Args:
        token: LaTeX.
        probability: 0-1, the product over the model's pieces that it consists of; None for a token that the canonical
            form has and the answer has not.
        start: where its first piece begins in the answer, in characters; -1 likewise.
        likely: the likeliest pieces at this place with their probabilities, where the engine was asked for them.
    """

    token: str
    probability: float | None = None
    start: int = -1
    likely: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        likely = [{"text": text, "probability": probability} for text, probability in self.likely]
        return {"token": self.token, "probability": self.probability, "start": self.start, "likely": likely}


def symbols_of(latex: str, expression: str, output: Output) -> tuple[Symbol, ...]:
    """The tokens of a canonical expression, each with what the model thought of it.

    Args:
        latex: the expression in canonical tokens.
        expression: as it stands at the end of the answer.
        output: the answer, with steps; without them there is nothing to say.
    """
    if not output.steps:
        return ()
    written = _written(expression, output)
    tokens = latex.split()
    symbols = [Symbol(token=token) for token in tokens]
    # difflib, not latex.alignment: which of several shortest alignments it is does not matter, and this is quick
    spelling = [one.token for one in written]
    for tag, start, stop, first, last in SequenceMatcher(None, spelling, tokens, autojunk=False).get_opcodes():
        if tag == "equal" or stop - start == last - first:  # the same tokens, maybe in another spelling
            for one, place in zip(written[start:stop], range(first, last), strict=True):
                symbols[place] = replace(one, token=tokens[place])
    return tuple(symbols)


def _written(expression: str, output: Output) -> list[Symbol]:
    """The tokens as the model wrote them, each with the steps that it spans."""
    text = "".join(step.text for step in output.steps)
    begin = text.rfind(expression)
    if begin < 0:
        return []
    ends: list[int] = []
    for step in output.steps:
        ends.append((ends[-1] if ends else 0) + len(step.text))
    found, cursor, number = [], begin, 0
    for token in tokenize(expression):
        start = text.find(token, cursor)
        if start < 0:
            continue  # a token that the tokenizer gave another name, such as a character of Unicode
        cursor = start + len(token)
        while number < len(ends) and ends[number] <= start:
            number += 1
        first, logprob = number, 0.0
        while first < len(ends) and (ends[first - 1] if first else 0) < cursor:
            logprob += output.steps[first].logprob
            first += 1
        likely = output.steps[number].likely if number < len(output.steps) else ()
        found.append(
            Symbol(
                token=token,
                probability=math.exp(min(0.0, logprob)),
                start=ends[number - 1] if number else 0,
                likely=tuple((piece, math.exp(min(0.0, value))) for piece, value in likely),
            )
        )
    return found
