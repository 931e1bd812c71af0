"""An OpenAI-compatible endpoint: a vLLM server, LLaMA-Factory's `api`, or a commercial model."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import re
import socket
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from PIL import Image

from unimumer_data.errors import EngineError, ImageError
from unimumer_data.support.tables import show
from unimumer_eval.config import AskConfig, Sampling

from .base import Answer, Request, brief, encode_png, picture_of
from .replies import BadReply, NoText, answer_of, read_reply
from .secrets import Secret

try:
    import httpx
    from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
except ImportError as missing:  # pragma: no cover
    raise EngineError(f"engine=openai needs httpx and tenacity: pip install -e '.[eval]' ({missing})") from missing

_TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LONGEST_PAUSE = 60.0  # seconds
_MOST_BYTES = 16 * 2**20  # of a reply
_SHOWN = 300  # characters of a message
_OPTIONAL = ("temperature", "top_p", "seed", "logprobs", "top_logprobs", "chat_template_kwargs")
_LENGTH, _NEW_LENGTH = "max_tokens", "max_completion_tokens"
_NOT_TAKEN = re.compile(
    r"unsupported|support|unrecognized|unknown|unexpected|permitted|allowed|deprecated|default|extra|invalid|must|only|cannot",
    re.I,
)


class OpenAIEngine:
    """Asks in parallel, within the rate limit; what fails for a passing reason is asked again after a growing pause.

    The key comes from the environment variable OPENAI_API_KEY, goes into the header of requests to the endpoint
    itself and nowhere else: redirects are not followed, and what the endpoint says is searched for the key.

    Attributes:
        notes: what the endpoint did not take, so that it was left out or renamed.
    """

    def __init__(self, config: AskConfig) -> None:
        base = config.endpoint
        if not base:
            raise EngineError("engine=openai needs base_url=, such as base_url=http://localhost:8000/v1")
        address = urlsplit(base)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise EngineError(f"base_url={base}: write a whole address, such as http://localhost:8000/v1")
        _check_listening(base)
        self._config = config
        self._url = base.rstrip("/") + "/chat/completions"
        key = os.environ.get("OPENAI_API_KEY", "")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._secret = Secret(key)
        self._jitter = random.Random(config.seed)
        self._left_out: set[str] = set()
        self.notes: set[str] = set()

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        """See `Predictor.predict`. Leaving it early, also by Ctrl-C, ends all requests in flight."""
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda loop, context: None)  # the first failure is raised; the others say the same
        source = iter(requests)
        pending: set[asyncio.Task[Answer]] = set()
        pace = Pace(self._config.requests_per_minute)
        try:
            client = loop.run_until_complete(self._open())
            while True:
                for request in islice(source, 2 * self._config.concurrency - len(pending)):
                    pending.add(loop.create_task(self._ask(client, pace, request, sampling)))
                if not pending:
                    break
                done, pending = loop.run_until_complete(asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED))
                for task in done:
                    yield task.result()
            loop.run_until_complete(client.aclose())
        finally:
            loop.run_until_complete(_cancel(asyncio.all_tasks(loop)))
            loop.close()

    def close(self) -> None:
        """Nothing is held."""

    async def _open(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=self._config.concurrency)
        timeout = httpx.Timeout(self._config.timeout, pool=None)  # waiting for a free connection is no fault
        return httpx.AsyncClient(limits=limits, timeout=timeout, follow_redirects=False)

    async def _ask(self, client: httpx.AsyncClient, pace: Pace, request: Request, sampling: Sampling) -> Answer:
        try:
            body = await asyncio.to_thread(self._body, request, sampling)
        except ImageError as error:
            return Answer(index=request.index, failure=f"image: {error}")
        attempts = AsyncRetrying(
            stop=stop_after_attempt(self._config.retries + 1),
            wait=self._pause,
            retry=retry_if_exception_type((_Passing, BadReply)),
            reraise=True,
        )
        try:
            async for attempt in attempts:
                with attempt:
                    reply = read_reply(await self._post(client, pace, body))
                    return answer_of(request.index, reply, sampling)
        except (_Refused, NoText) as error:
            return Answer(index=request.index, failure=f"refused: {self._safe(str(error))}")
        except (_Passing, BadReply) as error:
            reason = self._safe(str(error))
            return Answer(index=request.index, failure=f"endpoint: {reason} ({self._config.retries + 1} attempts)")
        raise AssertionError("an attempt returns or raises")

    def _body(self, request: Request, sampling: Sampling) -> dict[str, Any]:
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
            _LENGTH: sampling.max_tokens,
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
        return body

    async def _post(self, client: httpx.AsyncClient, pace: Pace, body: dict[str, Any]) -> str:
        """The text of a reply; parameters that the endpoint does not take are left out, and noted, on the way."""
        for _ in range(len(_OPTIONAL) + 2):
            await pace.wait()
            sent = self._adapted(body)
            try:
                async with asyncio.timeout(self._config.timeout):
                    return await self._exchange(client, sent)
            except TimeoutError:
                raise _Passing(f"no answer within timeout={self._config.timeout} s") from None
            except httpx.ConnectError as error:
                raise _Passing(f"no connection to {urlsplit(self._url).netloc}: {brief(error)}") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _Passing(f"no answer: {brief(error)}") from error
            except _ParameterRefused as error:
                if sent == self._adapted(body) and not self._leave_out(str(error), sent):
                    raise _Refused(str(error)) from error
        raise _Refused("the endpoint refuses one parameter after another")

    async def _exchange(self, client: httpx.AsyncClient, sent: dict[str, Any]) -> str:
        async with client.stream("POST", self._url, json=sent, headers=self._headers) as response:
            text = await _read(response)
            if response.is_success:
                return self._secret.hide(text)
            raise self._failure(response, text)

    def _failure(self, response: httpx.Response, text: str) -> Exception:
        code = response.status_code
        message = f"HTTP {code} {response.reason_phrase}".rstrip()
        if response.has_redirect_location or 300 <= code < 400:
            target = urlsplit(response.headers.get("Location", "")).hostname or "another address"
            return EngineError(
                self._safe(f"{message}: the endpoint sends requests on to {target}; set base_url= to where it is")
            )
        detail = " ".join(self._secret.hide(text).split())
        message += f": {detail}" if detail else ""
        if code in (401, 404):
            base = "base_url" if "/v1/" in self._url else "base_url (most end in /v1)"
            cure = f"check {base} and model" if code == 404 else "set OPENAI_API_KEY"
            return EngineError(f"{self._safe(message)}; {cure}")
        if code in _TRANSIENT:
            return _Passing(message, pause=_retry_after(response))
        return _ParameterRefused(message) if code in (400, 422) else _Refused(message)

    def _adapted(self, body: dict[str, Any]) -> dict[str, Any]:
        sent = {name: value for name, value in body.items() if name not in self._left_out}
        if _LENGTH in self._left_out and _NEW_LENGTH not in self._left_out:
            sent[_NEW_LENGTH] = body[_LENGTH]
        return sent

    def _leave_out(self, message: str, sent: dict[str, Any]) -> bool:
        """Whether a refusal names a parameter that the request can do without; from now on it does."""
        named = [name for name in (*_OPTIONAL, _LENGTH, _NEW_LENGTH) if name in sent and _names(message, name)]
        if not named or not _NOT_TAKEN.search(message):
            return False
        self._left_out.add(named[0])
        renamed = f"sent as {_NEW_LENGTH}" if named[0] == _LENGTH else "left out"
        note = f"the endpoint does not take {named[0]}: {renamed}"
        if named[0] == "temperature":
            note += ", so it may sample its answers"
        self.notes.add(note)
        show(note, file=sys.stderr, flush=True)
        return True

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Passing) and error.pause is not None:
            return error.pause
        backoff: float = self._config.backoff * 2 ** (state.attempt_number - 1)
        return min(_LONGEST_PAUSE, backoff) * self._jitter.uniform(0.5, 1.0)

    def _safe(self, text: str) -> str:
        """A message that can be shown and stored: first the key goes, then what is too long."""
        return self._secret.hide(text)[:_SHOWN]


class Pace:
    """Lets requests through at an even rate, at most ``per_minute`` of them in a minute; None lets all through."""

    def __init__(self, per_minute: float | None) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0

    async def wait(self) -> None:
        """Return when it is this caller's turn."""
        now = time.monotonic()
        turn = max(self._next, now)
        self._next = turn + self._interval
        if turn > now:
            await asyncio.sleep(turn - now)


class _Passing(Exception):
    """Worth another attempt, after ``pause`` seconds if the endpoint said so."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


class _Refused(Exception):
    """The endpoint will not answer this request, however often it is asked."""


class _ParameterRefused(Exception):
    """The endpoint does not take something in the request."""


async def _read(response: httpx.Response) -> str:
    """The body, no more than `_MOST_BYTES` of it."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            raise _Passing(f"a reply of more than {_MOST_BYTES >> 20} MiB")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Passing(f"a reply that is not UTF-8: {error}") from error


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """End tasks; one that does not end within a second is left behind."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=1.0)


def _names(message: str, parameter: str) -> bool:
    return re.search(rf"(?<!\w){parameter}(?!\w)", message) is not None


def _check_listening(base: str) -> None:
    """One attempt to connect, so that a wrong address is reported at once and not once for every sample."""
    address = urlsplit(base)
    assert address.hostname is not None
    if address.scheme in getproxies() and not proxy_bypass(address.hostname):
        return
    try:
        port = address.port or {"http": 80, "https": 443}[address.scheme]
        socket.create_connection((address.hostname, port), timeout=10).close()
    except (OSError, ValueError, OverflowError) as error:
        place = address.netloc.rpartition("@")[2]
        raise EngineError(f"nothing listens at {place} ({error}); start the server or correct base_url") from error


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; None where the endpoint names none, a date, or no number."""
    try:
        seconds = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(_LONGEST_PAUSE, seconds) if seconds >= 0 else None  # not a number is not >= 0 either


def _data_url(image: Path | Image.Image, max_pixels: int, min_pixels: int) -> str:
    picture = encode_png(picture_of(image, max_pixels, min_pixels))
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")
