"""What Prometheus reads at ``/metrics``."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """Counters of one server; `waiting` says how many requests are in the queue."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "unimumer_requests", "Requests by route and status.", ("route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "unimumer_request_seconds",
            "From the whole request to the answer.",
            registry=self._registry,
            buckets=SECONDS,
        )
        self._batches = Histogram(
            "unimumer_batch_size", "Requests that the model got at once.", registry=self._registry, buckets=SIZES
        )
        self._busy = Counter("unimumer_model_seconds", "Seconds that the model worked.", registry=self._registry)
        Gauge("unimumer_queue", "Requests that wait.", registry=self._registry).set_function(waiting)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.observe(seconds)

    def batch(self, size: int, seconds: float) -> None:
        """Count a batch of the model."""
        self._batches.observe(size)
        self._busy.inc(seconds)

    def text(self) -> bytes:
        """The page of figures."""
        return generate_latest(self._registry)
