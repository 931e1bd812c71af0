"""Serve a model to other programs, with a page to try it on.

    unimumer serve model=outputs/unimumer

The page is at http://localhost:8000. Routes: /v1/recognize, /v1/chat/completions (OpenAI), /v3/text and /v3/strokes
(Mathpix), /health, /metrics; /docs lists them. Any other address than this machine's own needs a token, in the
environment variable UNIMUMER_TOKEN.
"""

from __future__ import annotations

if __name__ == "__main__":  # a missing package is one sentence here too
    from unimumer_data.__main__ import check

    check("serve")

import errno
import os
import socket
import sys
from asyncio import AbstractEventLoop, BaseTransport, TimerHandle
from collections.abc import Sequence
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from unimumer_data.errors import ConfigError
from unimumer_data.support.commandline import keys_of, parser, run_command
from unimumer_data.support.quiet import hush_libraries
from unimumer_data.support.tables import show
from unimumer_eval.recognize.command import split_words
from unimumer_eval.recognize.recognizer import Recognizer, recognizer_config

from .app import create_app
from .guard import Guard
from .settings import TOKEN_VARIABLE, ServeConfig

MAX_HEADERS = 64 * 1024  # bytes
GRACE = 30  # seconds for requests in progress when the server is stopped


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 0 when it was stopped, 1 where the model or the address is at fault, 2 for wrong usage."""
    reader = parser("unimumer serve", __doc__, keys=keys_of(ServeConfig))
    reader.add_argument("words", nargs="*", metavar="config.yaml | key=value")
    words = reader.parse_args(argv).words
    return run_command(lambda: _serve(words))


def _serve(words: Sequence[str]) -> int:
    hush_libraries()
    rest, keys = split_words(words, ServeConfig)
    if rest:
        raise ConfigError(f"{rest[0]!r}: write key=value (only the first word may name a YAML file)")
    config = recognizer_config(ServeConfig, keys, origin="command line")
    token = os.environ.get(TOKEN_VARIABLE) or None
    if not config.is_local and token is None:
        raise ConfigError(f"host={config.host}: others can reach this address; set {TOKEN_VARIABLE} to a secret first")
    check_address(config.host, config.port)
    recognizer = Recognizer.of(config, alternatives=config.likely)
    show("loading the model ...", file=sys.stderr, flush=True)
    recognizer.start()  # here, so that a model that cannot be loaded ends the command with one sentence
    server = Server(server_config(config, token, recognizer))
    server.run()
    return 0 if server.started else 1


def check_address(host: str, port: int) -> None:
    """Whether the server can listen there; asked before a model is loaded for minutes.

    Raises:
        ConfigError: another program does, or this user may not; there is no such host.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in addresses:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except socket.gaierror as error:
        raise ConfigError(f"host={host}: {error.strerror}; write an address of this machine") from error
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            return  # one address of several: the server takes the others, or says why it cannot
        why = "another program listens there" if error.errno == errno.EADDRINUSE else "not allowed"
        raise ConfigError(f"port={port}: {why}; write another port=") from error


def server_config(config: ServeConfig, token: str | None, recognizer: Recognizer | None = None) -> uvicorn.Config:
    """Uvicorn's settings for the server."""
    return uvicorn.Config(
        Guard(create_app(config, recognizer), config, token),
        host=config.host,
        port=config.port,
        log_level="warning",
        http=patient(config.read_timeout),
        h11_max_incomplete_event_size=MAX_HEADERS,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
    )


class Server(uvicorn.Server):
    """Says where it is when it is ready, and where that failed why."""

    async def startup(self, sockets: Any = None) -> None:
        """Start, and print the address."""
        await super().startup(sockets)
        for one in self.servers:
            for bound in one.sockets:
                host, port = bound.getsockname()[:2]
                name = "localhost" if host in ("127.0.0.1", "::1") else f"[{host}]" if ":" in host else host
                show(f"ready: http://{name}:{port}", file=sys.stderr, flush=True)


def patient(seconds: float) -> type[H11Protocol]:
    """Uvicorn's HTTP protocol that hangs up on a client that connects and then sends no request."""

    class Patient(H11Protocol):
        loop: AbstractEventLoop
        _silence: TimerHandle | None = None

        def connection_made(self, transport: BaseTransport) -> None:
            super().connection_made(transport)  # type: ignore[arg-type]
            self._silence = self.loop.call_later(seconds, self._hang_up)

        def _hang_up(self) -> None:
            if self.cycle is None and not self.transport.is_closing():
                self.transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._silence is not None:
                self._silence.cancel()
            super().connection_lost(exc)

    return Patient


if __name__ == "__main__":
    sys.exit(main())
