"""Chunks of work over processes: results in the order of the chunks, and only a few chunks in memory."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from unimumer_data.errors import UniMumerError

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")

COLLECTION_THRESHOLD = 100_000  # objects; Python's own is 700

_work: Callable[[Any], Any]  # of this worker process, set once when it starts


def core_count() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0))


def ordered_map(
    work: Callable[[Chunk], Result],
    chunks: Iterable[Chunk],
    workers: int,
    *,
    spawn: bool = False,
    instead: str = "workers=1",
) -> Iterator[tuple[Chunk, Result]]:
    """Each chunk with its result, in order.

    Args:
        work: picklable; sent to each worker once.
        chunks: read as workers become free, two for each worker ahead.
        workers: processes; 1 works in this one.
        spawn: start fresh processes instead of forks, where this process may have threads.
        instead: what the user can write where a worker is killed again.

    Raises:
        UniMumerError: a worker was killed.
        Exception: whatever ``work`` raises.
    """
    with rare_collection():
        if workers == 1:
            yield from ((chunk, work(chunk)) for chunk in chunks)
        else:
            yield from _in_processes(work, chunks, workers, spawn, instead)


def _in_processes(
    work: Callable[[Chunk], Result], chunks: Iterable[Chunk], workers: int, spawn: bool, instead: str
) -> Iterator[tuple[Chunk, Result]]:
    context = get_context("spawn" if spawn else None)
    waiting: deque[tuple[Chunk, Future[Result]]] = deque()
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(work,)) as pool:
        try:
            for chunk in chunks:
                waiting.append((chunk, pool.submit(_run, chunk)))
                if len(waiting) > 2 * workers:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        except BrokenProcessPool:
            raise UniMumerError(
                "a worker process was killed, most likely for lack of memory; run the same command again to go on, "
                f"with {instead} if it comes back"
            ) from None
        except BaseException:  # Ctrl-C, an error, or nobody who wants more: what is begun is not waited for
            for process in list(pool._processes.values()):
                process.terminate()
            raise


@contextmanager
def rare_collection() -> Iterator[None]:
    """Look for reference cycles rarely: expression trees have none, and looking takes a fifth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTION_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _start(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work
    gc.set_threshold(COLLECTION_THRESHOLD)
    end_with_parent()


def end_with_parent() -> None:
    """Called in a worker process: end it within about a second of its parent's end, whoever ended that."""
    parent = parent_process()  # not os.getppid(): the parent may be gone already
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.pid,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: a killed parent says nothing, and a worker would wait for ever."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _run(chunk: Any) -> Any:
    return _work(chunk)


def _next(waiting: deque[tuple[Chunk, Future[Result]]]) -> tuple[Chunk, Result]:
    chunk, future = waiting.popleft()
    return chunk, future.result()
