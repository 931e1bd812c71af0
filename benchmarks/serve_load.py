"""Many clients at once: does the server lose a request, and how long do they wait?

    python benchmarks/serve_load.py http://localhost:8000 clients=64 seconds=60

Every client sends one drawing after the other. An answer with 429 is asked again; any other failure is counted.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

BODY = json.dumps({"strokes": [[[10, 10], [40, 40]], [[40, 10], [10, 40]]]})


def main(address: str, clients: int, seconds: float) -> None:
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

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waits.sort()
    print(f"{clients} clients, {seconds:g} s: {dict(statuses)}; median {waits[len(waits) // 2]:.3f} s, "
          f"95 % {waits[int(0.95 * len(waits))]:.3f} s, longest {waits[-1]:.3f} s")  # fmt: skip


if __name__ == "__main__":
    keys = dict(word.split("=", 1) for word in sys.argv[2:])
    main(sys.argv[1], int(keys.get("clients", 64)), float(keys.get("seconds", 60)))
