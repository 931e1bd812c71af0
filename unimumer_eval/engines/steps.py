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

    Args:
        tokenizer: of transformers, or one with the same ``decode``.
        ids: of the T generated tokens, the end included.
        logprobs: of the same T tokens.
        likely: for each token, ids and log-probabilities of the likeliest ones; empty for none.
    """
    texts = texts_of(tokenizer, ids)
    others = likely or [()] * len(ids)
    return tuple(
        Step(text, round(logprob, _DIGITS), tuple((_decode(tokenizer, [id]), round(p, _DIGITS)) for id, p in choices))
        for text, logprob, choices in zip(texts, logprobs, others, strict=True)
    )


def texts_of(tokenizer: Any, ids: Sequence[int]) -> list[str]:
    """What each token adds to the text; joined, they are the whole text.

    A character may be spread over several tokens: it belongs to the last of them. Each text is the difference of two
    short decodings, from the token before the last whole character on, so that the work grows with T and not T * T.
    """
    texts: list[str] = []
    start, read = 0, 0
    for stop in range(1, len(ids) + 1):
        before = _decode(tokenizer, ids[start:read])
        text = _decode(tokenizer, ids[start:stop])
        if text.endswith(_PARTIAL):
            texts.append("")
            continue
        texts.append(text[len(before) :])
        start, read = read, stop
    return texts


def _decode(tokenizer: Any, ids: Sequence[int]) -> str:
    text: str = tokenizer.decode(list(ids), skip_special_tokens=True)
    return text
