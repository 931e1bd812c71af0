"""Tokens of a text, one by one, from the ids that an engine generated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .base import Step

_PARTIAL = "\ufffd"  # what a tokenizer writes for bytes that are no whole character
_DIGITS = 5
Likely = Sequence[tuple[int, float]]


def steps_of(
    tokenizer: Any, ids: Sequence[int], logprobs: Sequence[float], likely: Sequence[Likely] = ()
) -> tuple[Step, ...]:
    """The steps of one generated text.

    A character may be spread over several tokens: it belongs to the last of them, and the others add no text. What a
    token adds is the difference of two short decodings, from the token before the last whole character on, so that
    the work grows with T and not T * T.

    Args:
        tokenizer: of transformers, or one with the same ``decode``.
        ids: of the T generated tokens, the end included.
        logprobs: of the same T tokens.
        likely: for each token, ids and log-probabilities of the likeliest ones; empty for none. Their texts are what
            each would add at this place.
    """
    steps: list[Step] = []
    start, read = 0, 0
    for place, (token, logprob, choices) in enumerate(zip(ids, logprobs, likely or [()] * len(ids), strict=True)):
        before = len(_decode(tokenizer, ids[start:read]))
        known = ids[start:place]
        texts = {id: _decode(tokenizer, [*known, id]) for id in (token, *(id for id, _ in choices))}
        added = {id: "" if text.endswith(_PARTIAL) else text[before:] for id, text in texts.items()}
        steps.append(
            Step(added[token], round(logprob, _DIGITS), tuple((added[id], round(p, _DIGITS)) for id, p in choices))
        )
        if not texts[token].endswith(_PARTIAL):
            start, read = read, place + 1
    return tuple(steps)


def _decode(tokenizer: Any, ids: Sequence[int]) -> str:
    text: str = tokenizer.decode(list(ids), skip_special_tokens=True)
    return text
