"""What stands before every request: who may ask, how much, how slowly."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .settings import ServeConfig

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("/", "/health", "/favicon.ico")
"""Paths without a token: the page, which then asks for one, and what a load balancer asks."""
LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]"))


class Guard:
    """ASGI middleware. Reads the whole body before the application sees the request, within the limits.

    A server on this machine answers only requests that name this machine, so that no page of another site can reach
    it through a name of its own (DNS rebinding); and a request that a browser sends must come from our own page.
    """

    def __init__(self, app: App, config: ServeConfig, token: str | None) -> None:
        self._app, self._config, self._token = app, config, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the body at hand."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        body = b""
        if refusal is None:
            body, refusal = await self._read(headers, receive)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        await self._app(scope, _replay(body, receive), send)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if "\0" in scope["path"]:
            return 400, "no such address"
        host = headers.get("host", "")
        if self._config.is_local and host.rpartition(":")[0] not in LOCAL_NAMES and host not in LOCAL_NAMES:
            return 421, "this server answers under the name localhost only"
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return 403, "requests of other sites' pages are not answered"
        if self._token is None or scope["path"] in OPEN or scope["path"].startswith("/assets/"):
            return None
        given = headers.get("authorization", "").removeprefix("Bearer ").strip() or headers.get("app_key", "")
        if hmac.compare_digest(given.encode(), self._token.encode()):
            return None
        return 401, "a token is needed: Authorization: Bearer TOKEN"

    async def _read(self, headers: dict[str, str], receive: Receive) -> tuple[bytes, tuple[int, str] | None]:
        limit = self._config.max_bytes
        too_large = 413, f"the request is larger than {limit} bytes; scale the picture down"
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            return b"", too_large
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._config.read_timeout):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return b"", (400, "the client has gone")
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > limit:
                        return b"", too_large
                    if not message.get("more_body", False):
                        return b"".join(chunks), None
        except TimeoutError:
            return b"", (408, f"the request did not arrive within {self._config.read_timeout:g} s")


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(send: Send, status: int, message: str) -> None:
    """Answer and hang up: what is left of the request is not read."""
    content = json.dumps(error_body(status, message)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": content})


KINDS = {401: "authentication_error", 429: "rate_limit_error", 503: "server_error", 504: "server_error"}


def error_body(status: int, message: str) -> dict[str, Any]:
    """An error as clients of the OpenAI API and of the Mathpix API both find it."""
    kind = KINDS.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "code": status}, "error_info": {"message": message}}
