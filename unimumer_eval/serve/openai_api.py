"""``/v1/chat/completions`` and ``/v1/models``, as far as a conversation about one picture needs them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from unimumer_eval.config import Sampling
from unimumer_eval.recognize.recognizer import Query
from unimumer_eval.recognize.result import Recognition

from .bodies import BadRequest, decode_picture

MAX_SAMPLES = 16
_SAMPLING = {
    "temperature": (float, 0.0, 2.0),
    "top_p": (float, 0.0, 1.0),
    "n": (int, 1, MAX_SAMPLES),
    "seed": (int, -(2**63), 2**63),
    "max_tokens": (int, 1, 1 << 20),
}


def read_chat(body: dict[str, Any], default: Sampling) -> tuple[Query, Sampling]:
    """The question of a conversation: its last picture and its last text of the user.

    A beginning of the assistant's turn at the end of the conversation is where the answer goes on.

    Raises:
        BadRequest: there is no picture, or a setting that is out of range.
        ImageError: the picture is not in the request.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        raise BadRequest("messages must be a list of objects with role and content")
    picture, prompt, prefix = "", None, ""
    for message in messages:
        parts = message.get("content")
        parts = [{"type": "text", "text": parts}] if isinstance(parts, str) else parts
        texts = [part.get("text") for part in _objects(parts) if part.get("type") == "text"]
        if message.get("role") == "user":
            prompt = "".join(text for text in texts if isinstance(text, str)).strip() or prompt
            picture = next((url for part in _objects(parts) if (url := _url(part))), picture)
    if messages and messages[-1].get("role") == "assistant" and isinstance(messages[-1].get("content"), str):
        prefix = messages[-1]["content"]
    if not picture:
        raise BadRequest("no picture: send {type: image_url, image_url: {url: 'data:image/png;base64,...'}}")
    query = Query(source=decode_picture(picture), prompt=prompt, prefix=prefix)
    return query, _read_sampling(body, default)


def _read_sampling(body: dict[str, Any], default: Sampling) -> Sampling:
    given = {**body, "max_tokens": body.get("max_completion_tokens") or body.get("max_tokens")}
    changes: dict[str, Any] = {}
    for name, (kind, low, high) in _SAMPLING.items():
        value = given.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise BadRequest(f"{name} must be {low} to {high}, got {value!r:.40}")
        changes[name] = kind(value)
    changes["max_tokens"] = min(changes.get("max_tokens", default.max_tokens), default.max_tokens)
    sampling = replace(default, **changes)
    if sampling.n > 1 and sampling.temperature <= 0:
        raise BadRequest("n above 1 needs a temperature above 0")
    return sampling


def _objects(parts: Any) -> list[dict[str, Any]]:
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _url(part: dict[str, Any]) -> str:
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else image
    return url if part.get("type") == "image_url" and isinstance(url, str) else ""


def completion(result: Recognition, model: str) -> dict[str, Any]:
    """A ``chat.completion`` object."""
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": number,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "length" if result.cut else "stop",
                "logprobs": None,
            }
            for number, text in enumerate(result.samples)
        ],
    }


def events(answer: dict[str, Any]) -> Iterator[str]:
    """The same as a stream of one piece, for clients that ask for a stream."""
    head = {**answer, "object": "chat.completion.chunk"}
    for choice in answer["choices"]:
        piece = {"index": choice["index"], "delta": choice["message"], "finish_reason": None}
        end = {"index": choice["index"], "delta": {}, "finish_reason": choice["finish_reason"]}
        for one in (piece, end):
            yield f"data: {json.dumps({**head, 'choices': [one]}, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"


def models(model: str) -> dict[str, Any]:
    """The one model, as a list."""
    return {"object": "list", "data": [{"id": model, "object": "model", "created": 0, "owned_by": "unimumer"}]}
