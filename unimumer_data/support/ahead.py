"""Work a few items ahead of who consumes them, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    work: Callable[[Item], Result], items: Iterable[Item], window: int, threads: int = 2
) -> Iterator[tuple[Item, Result]]:
    """Each item with its result, in order, at most ``window`` worked on ahead of the consumer.

    >>> list(ahead(str, [1, 2], window=8))
    [(1, '1'), (2, '2')]

    Args:
        work: runs in threads of its own; what it raises is raised here.
        items: drawn in the consumer's thread.
        window: bound of what is in memory.
        threads: at work.
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="ahead") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(work, item)))
                if len(waiting) > window:
                    head, future = waiting.popleft()
                    yield head, future.result()
            while waiting:
                head, future = waiting.popleft()
                yield head, future.result()
        finally:
            for _, future in waiting:
                future.cancel()
