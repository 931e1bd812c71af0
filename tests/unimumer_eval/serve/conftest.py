"""Servers that end with their test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from clients import Client, Start


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a server; its engines are those of `recognisers`."""
    from clients import Client  # here, since it needs the extra [serve]

    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    clients: list[Client] = []

    def one(token: str | None = None, **keys: Any) -> Client:
        clients.append(Client(token, **keys))
        return clients[-1]

    yield one
    for client in clients:
        client.close()
