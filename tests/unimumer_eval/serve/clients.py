"""A server of the tests, requests to it, and what they carry."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image

from unimumer_eval.recognize.recognizer import recognizer_config
from unimumer_eval.serve.command import Server, server_config
from unimumer_eval.serve.settings import ServeConfig

STROKES = [[[10, 10], [40, 40]], [[40, 10], [10, 40]]]


class Client:
    """A server on a free port of this machine, and requests to it."""

    def __init__(self, token: str | None, **keys: Any) -> None:
        keys = {"engine": "python:recognisers:width", "port": 0, **keys}
        config = recognizer_config(ServeConfig, keys, origin="test")
        self.server = Server(server_config(config, token))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        deadline = time.monotonic() + 30
        while not self.server.started and self.thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.port: int = self.server.servers[0].sockets[0].getsockname()[1]

    def ask(self, path: str, body: Any = None, *, method: str = "", **headers: str) -> tuple[int, Any]:
        """Status and content, JSON read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("content_type", "content-type"): value for name, value in headers.items()}
        kind = {} if body is None or isinstance(body, bytes) else {"content-type": "application/json"}
        connection.request(method or ("GET" if body is None else "POST"), path, data, {**kind, **named})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return response.status, json.loads(content) if is_json else content.decode()

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(30)
        assert not self.thread.is_alive()


Start = Callable[..., Client]


def png(width: int = 60, height: int = 40) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height), "white").save(buffer, "PNG")
    return buffer.getvalue()


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url(data: bytes) -> str:
    return f"data:image/png;base64,{text(data)}"
