"""The keys of ``unimumer serve``."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from unimumer_data.errors import ConfigError
from unimumer_data.sources.collected import FOLDER
from unimumer_data.support.config import option
from unimumer_eval.recognize.recognizer import RecognizerConfig

TOKEN_VARIABLE = "UNIMUMER_TOKEN"


@dataclass(frozen=True, kw_only=True)
class ServeConfig(RecognizerConfig):
    """Keys of `unimumer serve [config.yaml] [key=value ...]`."""

    host: str = option("127.0.0.1", "address to listen on; any but this machine's own needs a token", section="server")
    port: int = option(8000, "to listen on; 0 takes a free one")
    max_bytes: int = option(16 * 2**20, "largest request, in bytes; a larger one is answered with 413")
    read_timeout: float = option(20.0, "seconds that a request may take to arrive; then 408")
    answer_timeout: float = option(300.0, "seconds that an answer may take; then 504")
    queue: int = option(256, "requests that may wait; more are answered with 429")
    max_batch: int = option(16, "requests that the model gets at once")
    likely: int = option(5, "likely tokens at each place, for the page; 0 asks for none")
    collect: Path | None = option(FOLDER, "folder for corrections that people keep; null keeps none")
    note: str = option("", "one line about the model, for the page")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("max_bytes", "read_timeout", "answer_timeout", "queue", "max_batch"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be above 0, got {getattr(self, name)}")
        if not 0 <= self.port < 65536:
            raise ConfigError(f"port must be 0 to 65535, got {self.port}")
        if not 0 <= self.likely <= 20:
            raise ConfigError(f"likely must be 0 to 20, got {self.likely}")
        if self.task in ("refine", "three"):
            raise ConfigError(
                f"task={self.task} asks up to three questions in a row about each picture, and all others would "
                f"wait for them; use unimumer recognize task={self.task}, or ask the questions through "
                "/v1/chat/completions"
            )

    @property
    def is_local(self) -> bool:
        """Whether only programs on this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
