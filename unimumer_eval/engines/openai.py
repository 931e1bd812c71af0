"""An OpenAI-compatible endpoint: a vLLM server, LLaMA-Factory's `api`, or a commercial model."""

from __future__ import annotations

import base64
import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request as HTTPRequest
from urllib.request import getproxies, proxy_bypass, urlopen

from PIL import Image

from unimumer_data.errors import EngineError, ImageError
from unimumer_eval.config import AskConfig, Sampling

from .base import Answer, Output, Request, Step, encode_png, picture_of

_TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LONGEST_PAUSE = 60.0  # seconds


class OpenAIEngine:
    """Asks in parallel, within the rate limit; what fails for a passing reason is asked again after a growing pause.

    The key comes from the environment variable OPENAI_API_KEY, goes into the header and nowhere else.
    """

    def __init__(self, config: AskConfig) -> None:
        base = config.base_url or os.environ.get("OPENAI_BASE_URL")
        if not base:
            raise EngineError("engine=openai needs base_url=, such as base_url=http://localhost:8000/v1")
        if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname:
            raise EngineError(f"base_url={base}: write a whole address, such as http://localhost:8000/v1")
        _check_listening(base)
        self._config = config
        self._url = base.rstrip("/") + "/chat/completions"
        self._key = os.environ.get("OPENAI_API_KEY", "")
        self._pace = Pace(config.requests_per_minute)
        self._jitter = random.Random(config.seed)

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        source = iter(requests)
        pool = ThreadPoolExecutor(self._config.concurrency, thread_name_prefix="endpoint")
        pending: set[Future[Answer]] = set()
        try:
            while True:
                room = 2 * self._config.concurrency - len(pending)
                pending |= {pool.submit(self._ask, request, sampling) for request in islice(source, room)}
                if not pending:
                    return
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Nothing is held."""

    def _ask(self, request: Request, sampling: Sampling) -> Answer:
        try:
            body = self._body(request, sampling)
        except ImageError as error:
            return Answer(index=request.index, failure=f"image: {error}")
        reason = ""
        for attempt in range(self._config.retries + 1):
            self._pace.wait()
            try:
                return _read_answer(request.index, self._post(body), sampling)
            except _Refused as error:
                return Answer(index=request.index, failure=f"refused: {self._hide_key(str(error))}")
            except _Passing as error:
                reason = self._hide_key(str(error))
                if attempt < self._config.retries:
                    time.sleep(error.pause if error.pause is not None else self._pause(attempt))
        return Answer(index=request.index, failure=f"endpoint: {reason} ({self._config.retries + 1} attempts)")

    def _body(self, request: Request, sampling: Sampling) -> bytes:
        config = self._config
        picture = _data_url(request.image, config.image_max_pixels, config.image_min_pixels)
        content = [
            {"type": "image_url", "image_url": {"url": picture}},
            {"type": "text", "text": request.prompt},
        ]
        system = [] if config.system is None else [{"role": "system", "content": config.system}]
        begun = [{"role": "assistant", "content": request.prefix}] if request.prefix else []
        body: dict[str, Any] = {
            "model": config.model,
            "messages": [*system, {"role": "user", "content": content}, *begun],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": sampling.seed,
        }
        if sampling.n > 1:
            body["n"] = sampling.n
        if request.prefix:  # of vLLM and others; a server that does not know them answers from the beginning
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        if sampling.logprobs or sampling.steps:
            body["logprobs"] = True
        if sampling.steps and sampling.alternatives:
            body["top_logprobs"] = sampling.alternatives
        if config.template_args:
            body["chat_template_kwargs"] = config.template_args
        return json.dumps(body, ensure_ascii=False).encode()

    def _post(self, body: bytes) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = HTTPRequest(self._url, data=body, headers=headers)
        try:
            with urlopen(request, timeout=self._config.timeout) as response:
                reply = json.loads(response.read())
        except HTTPError as error:
            raise self._http_failure(error) from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise _Passing(f"not JSON: {error}") from error
        except URLError as error:
            raise _Passing(f"no connection to {self._url}: {error.reason}") from error
        except (OSError, HTTPException) as error:
            raise _Passing(f"no answer: {error or type(error).__name__}") from error
        if not isinstance(reply, dict) or not reply.get("choices"):
            raise _Passing(f"an answer without choices: {str(reply)[:200]}")
        return reply

    def _http_failure(self, error: HTTPError) -> Exception:
        try:
            detail = error.read().decode("utf-8", errors="replace")[:300].strip()
        except (OSError, HTTPException):
            detail = ""
        message = f"HTTP {error.code} {error.reason}" + (f": {detail}" if detail else "")
        if error.code in (401, 404):
            cure = "set OPENAI_API_KEY" if error.code == 401 else "check base_url and model"
            return EngineError(f"{self._url}: {self._hide_key(message)}; {cure}")
        if error.code in _TRANSIENT:
            return _Passing(message, pause=_retry_after(error))
        return _Refused(message)

    def _pause(self, attempt: int) -> float:
        return min(_LONGEST_PAUSE, self._config.backoff * 2**attempt) * self._jitter.uniform(0.5, 1.0)

    def _hide_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text


class Pace:
    """Lets threads through at an even rate, at most ``per_minute`` of them in a minute; None lets all through."""

    def __init__(self, per_minute: float | None) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is this caller's turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(self._next, now)
            self._next = turn + self._interval
        if turn > now:
            time.sleep(turn - now)


class _Passing(Exception):
    """Worth another attempt, after ``pause`` seconds if the endpoint said so."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


class _Refused(Exception):
    """The endpoint will not answer this request, however often it is asked."""


def _check_listening(base: str) -> None:
    """One attempt to connect, so that a wrong address is told at once and not once for every sample."""
    address = urlsplit(base)
    assert address.hostname is not None
    if address.scheme in getproxies() and not proxy_bypass(address.hostname):
        return
    port = address.port or {"http": 80, "https": 443}[address.scheme]
    try:
        socket.create_connection((address.hostname, port), timeout=10).close()
    except OSError as error:
        raise EngineError(f"nothing listens at {base} ({error}); start the server or correct base_url") from error


def _retry_after(error: HTTPError) -> float | None:
    try:
        return min(_LONGEST_PAUSE, float(error.headers.get("Retry-After", "")))
    except ValueError:  # absent, or a date
        return None


def _data_url(image: Path | Image.Image, max_pixels: int, min_pixels: int) -> str:
    picture = encode_png(picture_of(image, max_pixels, min_pixels))
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")


def _read_answer(index: int, reply: dict[str, Any], sampling: Sampling) -> Answer:
    try:
        outputs = [_output(choice, sampling) for choice in reply["choices"]]
        usage = reply.get("usage") or {}
        # tokens are counted over all choices together; what the log-probabilities do not show goes to the first
        uncounted = int(usage.get("completion_tokens") or 0) - sum(output.tokens for output in outputs)
        outputs[0] = replace(outputs[0], tokens=outputs[0].tokens + max(0, uncounted))
        return Answer(index=index, outputs=tuple(outputs), prompt_tokens=int(usage.get("prompt_tokens") or 0))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _Passing(f"not a chat completion: {str(reply)[:200]}") from error


def _output(choice: dict[str, Any], sampling: Sampling) -> Output:
    text = choice["message"]["content"]
    if not isinstance(text, str):
        raise _Refused(choice["message"].get("refusal") or "the model gave no text")
    steps = (choice.get("logprobs") or {}).get("content") or []
    logprob = sum(step["logprob"] for step in steps) if steps else None
    finish = "length" if choice.get("finish_reason") == "length" else "stop"
    return Output(
        text=text,
        tokens=len(steps),
        logprob=logprob,
        finish=finish,
        steps=_steps(text, steps) if sampling.steps else (),
    )


def _steps(text: str, places: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Of an endpoint's ``logprobs.content``; a token that is not the next piece of the text adds nothing to it."""
    steps, at = [], 0
    for place in places:
        piece = place["token"] if text.startswith(place["token"], at) else ""
        at += len(piece)
        likely = tuple((one["token"], one["logprob"]) for one in place.get("top_logprobs") or ())
        steps.append(Step(piece, place["logprob"], likely))
    return tuple(steps)
