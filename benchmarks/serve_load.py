"""Many clients at once: does the server lose a request, and how long do they wait?

    python benchmarks/serve_load.py http://localhost:8000 clients=64 seconds=60 hostile=true

Every client sends one drawing after the other; statuses and failures are counted. With hostile=true three more clients
do harm meanwhile: one begins requests and says no more, one sends a gigabyte, one a picture of 3.6 gigapixels in a few
bytes; what they get is counted apart.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import struct
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

BODY = json.dumps({"strokes": [[[10, 10], [40, 40]], [[40, 10], [10, 40]]]})
HEAD = b"POST /v1/recognize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def hang(host: str) -> str:
    """Begin a request, send no more."""
    with _connect(host) as connection:
        connection.sendall(HEAD + b"Content-Length: 500\r\n\r\n{")
        return _status(connection)


def gigabyte(host: str) -> str:
    """Send a gigabyte in pieces, without saying so beforehand."""
    with _connect(host) as connection:
        try:
            connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(2**14):
                connection.sendall(b"10000\r\n" + b"a" * 2**16 + b"\r\n")
        except OSError:
            pass
        return _status(connection)


def bomb(host: str) -> str:
    """Send a picture that would unpack to 3.6 gigapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10**6))
    body = json.dumps({"picture": base64.b64encode(data + chunk(b"IEND", b"")).decode()}).encode()
    with _connect(host) as connection:
        connection.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return _status(connection)


def _connect(host: str) -> socket.socket:
    name, _, port = host.partition(":")
    return socket.create_connection((name, int(port)), timeout=120)


def _status(connection: socket.socket) -> str:
    try:
        return connection.recv(64).partition(b" ")[2][:3].decode() or "hung up"
    except OSError:
        return "hung up"


def main(address: str, clients: int, seconds: float, *, hostile: bool = False) -> None:
    """Print statuses and waiting times."""
    host = urlsplit(address).netloc
    statuses: Counter[str] = Counter()
    waits: list[float] = []
    end = time.monotonic() + seconds

    def client() -> None:
        while time.monotonic() < end:
            begun = time.monotonic()
            try:
                connection = http.client.HTTPConnection(host, timeout=120)
                connection.request("POST", "/v1/recognize", BODY, {"Content-Type": "application/json"})
                statuses[str(connection.getresponse().status)] += 1
                connection.close()
            except OSError as error:
                statuses[type(error).__name__] += 1
            waits.append(time.monotonic() - begun)

    harm: dict[str, Counter[str]] = {one.__name__: Counter() for one in HOSTILE}

    def hostile_client(act: Callable[[str], str]) -> None:
        while time.monotonic() < end:
            harm[act.__name__][act(host)] += 1

    threads = [threading.Thread(target=client) for _ in range(clients)]
    threads += [threading.Thread(target=hostile_client, args=(one,)) for one in HOSTILE if hostile]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waits.sort()
    print(f"{clients} clients, {seconds:g} s: {dict(statuses)}; median {waits[len(waits) // 2]:.3f} s, "
          f"95 % {waits[int(0.95 * len(waits))]:.3f} s, longest {waits[-1]:.3f} s")  # fmt: skip
    if hostile:
        print("; ".join(f"{name}: {dict(counts)}" for name, counts in harm.items()))


HOSTILE = (hang, gigabyte, bomb)

if __name__ == "__main__":
    keys = dict(word.split("=", 1) for word in sys.argv[2:])
    main(
        sys.argv[1],
        int(keys.get("clients", 64)),
        float(keys.get("seconds", 60)),
        hostile=keys.get("hostile") == "true",
    )
