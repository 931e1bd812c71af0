"""Many clients, one model: requests wait in a queue, and a thread hands them to the recognizer in batches."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from unimumer_data.errors import EngineError, UniMumerError
from unimumer_eval.config import Sampling
from unimumer_eval.recognize.recognizer import Query, Recognizer
from unimumer_eval.recognize.result import Recognition

GATHER = 0.005  # seconds to wait for more requests of a batch


class QueueFull(Exception):
    """No more requests can wait."""


@dataclass
class _Job:
    query: Query
    sampling: Sampling
    future: Future[Recognition] = field(default_factory=Future)


class Dispatcher:
    """Answers queries from any thread.

    Args:
        recognizer: used by the dispatcher's own thread only.
        limit: queries that may wait.
        batch: queries that the recognizer gets at once.
        notice: called with the size of each batch and its seconds.
    """

    def __init__(
        self, recognizer: Recognizer, *, limit: int, batch: int, notice: Callable[[int, float], None] = lambda *_: None
    ) -> None:
        self._recognizer, self._batch, self._notice = recognizer, batch, notice
        self._jobs: queue.Queue[_Job | None] = queue.Queue(limit)
        self._thread = threading.Thread(target=self._work, name="dispatcher", daemon=True)
        self.broken: str | None = None
        self._stopping = False

    def start(self) -> None:
        """Load the model, then answer."""
        self._recognizer.start()
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits, refuse what comes, give back the model."""
        self._stopping = True
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()
        self._recognizer.close()

    @property
    def waiting(self) -> int:
        """Queries in the queue."""
        return self._jobs.qsize()

    @property
    def sampling(self) -> Sampling:
        """The recognizer's own decoding."""
        return self._recognizer.sampling

    def submit(self, query: Query, sampling: Sampling | None = None) -> Future[Recognition]:
        """Let a query wait for its answer.

        Raises:
            QueueFull: too many wait already.
            EngineError: the model has broken down, or the server is stopping.
        """
        if self.broken or self._stopping:
            raise EngineError(self.broken or "the server is stopping")
        job = _Job(query, sampling or self.sampling)
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise QueueFull from None
        return job.future

    def _work(self) -> None:
        more = True
        while more:
            jobs, more = self._gather()
            while jobs:
                alike = [job for job in jobs if job.sampling == jobs[0].sampling]
                jobs = [job for job in jobs if job.sampling != alike[0].sampling]
                self._answer(alike)

    def _gather(self) -> tuple[list[_Job], bool]:
        """The next jobs, and whether there may be more after them."""
        first = self._jobs.get()
        if first is None:
            return [], False
        jobs = [first]
        deadline = time.monotonic() + GATHER
        while len(jobs) < self._batch:
            try:
                job = self._jobs.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if job is None:
                return jobs, False
            jobs.append(job)
        return jobs, True

    def _answer(self, jobs: list[_Job]) -> None:
        jobs = [job for job in jobs if job.future.set_running_or_notify_cancel()]
        if not jobs:
            return
        begun = time.monotonic()
        pending = iter(jobs)
        try:
            for result in self._recognizer.stream([job.query for job in jobs], sampling=jobs[0].sampling):
                next(pending).future.set_result(result)
        except UniMumerError as error:
            if isinstance(error, EngineError):
                self.broken = str(error)
            _fail(pending, error)
        except Exception as error:  # a fault of ours or of the engine's library must not end the thread
            _fail(pending, EngineError(f"{type(error).__name__}: {error}"))
        self._notice(len(jobs), time.monotonic() - begun)


def _fail(pending: object, error: Exception) -> None:
    for job in pending:  # type: ignore[attr-defined]
        job.future.set_exception(error)
