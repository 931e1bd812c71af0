"""What an endpoint may say: chat completions, checked value by value before anything is believed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from unimumer_data.records.predictions import too_long
from unimumer_data.support.files import whole_text
from unimumer_eval.config import Sampling

from .base import Answer, Output, Step, compact

_MOST_TOKENS = 10_000_000
_REASONING = ("reasoning", "reasoning_text", "thinking", "redacted_thinking")  # types of parts
_LEAST_LOGPROB = -1e9
_SHOWN = 200  # characters of a reply in a message


class BadReply(ValueError):
    """Not a chat completion; another attempt may give one."""


class NoText(ValueError):
    """A completion without text: the model refuses."""


def read_reply(body: str) -> Mapping[str, Any]:
    """The JSON object of a reply.

    Raises:
        BadReply: not an object, or one without choices.
    """
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError) as error:  # ValueError: also of a number of thousands of digits
        raise BadReply(f"not JSON: {error or 'nested too deep'}; it begins: {body[:_SHOWN]!r}") from error
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices:
        raise BadReply(f"an answer without choices: {str(reply)[:_SHOWN]}")
    answer: dict[str, Any] = reply
    return answer


def answer_of(index: int, reply: Mapping[str, Any], sampling: Sampling) -> Answer:
    """The answer that a reply holds; at most as many texts as were asked for.

    Raises:
        BadReply: a choice has no message.
        NoText: a choice has no text.
    """
    outputs = [_output(choice, sampling) for choice in reply["choices"][: sampling.n]]
    if fault := next(filter(None, (too_long(output.text) for output in outputs)), None):
        return Answer(index=index, failure=fault)
    usage = reply.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    # tokens are counted over all choices together; what the log-probabilities do not show goes to the first
    uncounted = _count(usage.get("completion_tokens")) - sum(output.tokens for output in outputs)
    outputs[0] = replace(outputs[0], tokens=outputs[0].tokens + max(0, uncounted))
    return Answer(index=index, outputs=tuple(outputs), prompt_tokens=_count(usage.get("prompt_tokens")))


def _output(choice: Any, sampling: Sampling) -> Output:
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(message, Mapping):
        raise BadReply(f"not a chat completion: {str(choice)[:_SHOWN]}")
    text = _text(message.get("content"))
    if text is None:
        refusal = message.get("refusal")
        raise NoText(refusal[:_SHOWN] if isinstance(refusal, str) and refusal else "the model gave no text")
    text = whole_text(text)
    places = _places(choice.get("logprobs"))
    return Output(
        text=text,
        tokens=len(places),
        logprob=math.fsum(place["logprob"] for place in places) if places else None,
        logprobs=compact(place["logprob"] for place in places),
        finish="length" if choice.get("finish_reason") == "length" else "stop",
        steps=_steps(text, places) if sampling.steps else (),
    )


def _text(content: Any) -> str | None:
    """Text, also where it comes in parts, without the parts that are the model's reasoning."""
    parts = content if isinstance(content, list) else [content]
    texts = [text for part in parts if isinstance(text := _text_of_part(part), str)]
    return "".join(texts) if texts else None


def _text_of_part(part: Any) -> Any:
    if not isinstance(part, Mapping):
        return part
    text = part.get("text")
    return None if part.get("type") in _REASONING else text.get("value") if isinstance(text, Mapping) else text


def _places(logprobs: Any) -> list[Mapping[str, Any]]:
    """The tokens with their log-probabilities; none where one of them cannot be."""
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    places = content if isinstance(content, list) else []
    return places if all(isinstance(place, Mapping) and _is_logprob(place.get("logprob")) for place in places) else []


def _is_logprob(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _LEAST_LOGPROB <= value <= 1e-3


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_TOKENS:
        return 0
    return int(value)


def _steps(text: str, places: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """A token that is not the next piece of the text adds nothing to it."""
    steps, at = [], 0
    for place in places:
        token = place.get("token")
        piece = token if isinstance(token, str) and text.startswith(token, at) else ""
        at += len(piece)
        steps.append(Step(piece, float(place["logprob"]), _likely(place.get("top_logprobs"))))
    return tuple(steps)


def _likely(choices: Any) -> tuple[tuple[str, float], ...]:
    return tuple(
        (whole_text(one["token"]), float(one["logprob"]))
        for one in (choices if isinstance(choices, list) else ())
        if isinstance(one, Mapping) and isinstance(one.get("token"), str) and _is_logprob(one.get("logprob"))
    )
