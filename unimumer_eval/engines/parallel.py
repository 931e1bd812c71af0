"""Several copies of the model, each vLLM in a process of its own with its own GPUs (`data_parallel=n`).

vLLM refuses data parallelism within one process. Request i goes to copy i mod n: who answers what does not depend on
who is faster.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from unimumer_data.errors import EngineError
from unimumer_eval.config import AskConfig, Sampling

from .base import Answer, Request

_QUEUE = 64  # requests that wait for a copy
_LOOK = 5.0  # seconds between looks whether all copies live
_GPUS = "CUDA_VISIBLE_DEVICES"


class ParallelEngine:
    """Starts the copies and waits until all are ready."""

    def __init__(self, config: AskConfig) -> None:
        context = multiprocessing.get_context("spawn")
        self._answers: Any = context.Queue()
        self._inboxes: list[Any] = [context.Queue(_QUEUE) for _ in range(config.data_parallel)]
        self._copies: list[Any] = []
        single = replace(config, data_parallel=1)
        for rank, inbox in enumerate(self._inboxes):
            # what a spawned process inherits from the environment is set before it imports anything
            with _environment(_gpus_of(rank, config)):
                copy = context.Process(
                    target=_serve, args=(single, inbox, self._answers), daemon=config.tensor_parallel == 1
                )
                copy.start()
            self._copies.append(copy)
        try:
            for _ in self._copies:
                self._receive()
        except EngineError:
            self.close()
            raise

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        feeder = threading.Thread(target=self._feed, args=(requests, sampling), daemon=True)
        feeder.start()
        running = len(self._copies)
        while running:
            answer = self._receive()
            if answer is None:
                running -= 1
            else:
                yield answer
        feeder.join()

    def close(self) -> None:
        for copy in self._copies:
            copy.terminate()
        for copy in self._copies:
            copy.join()

    def _feed(self, requests: Iterable[Request], sampling: Sampling) -> None:
        for inbox in self._inboxes:
            inbox.put(sampling)
        for request, inbox in zip(requests, itertools.cycle(self._inboxes), strict=False):
            inbox.put(request)
        for inbox in self._inboxes:
            inbox.put(None)

    def _receive(self) -> Answer | None:
        while True:
            try:
                message = self._answers.get(timeout=_LOOK)
            except queue.Empty:
                if all(copy.is_alive() for copy in self._copies):
                    continue
                raise EngineError("a copy of the model died; run the same command again to go on") from None
            if isinstance(message, str):
                raise EngineError(message)
            answer: Answer | None = message
            return answer


def _serve(config: AskConfig, inbox: Any, answers: Any) -> None:
    """A copy: says None when it is ready and when it has answered all; a text is why it cannot go on."""
    from .vllm import VllmEngine

    try:
        engine = VllmEngine(config)
        answers.put(None)
        while True:
            sampling = _following(inbox)
            for answer in engine.predict(iter(lambda: _following(inbox), None), sampling):
                answers.put(answer)
            answers.put(None)
    except EngineError as error:
        answers.put(str(error))


def _following(inbox: Any) -> Any:
    """The next thing in the inbox; where the parent was killed meanwhile, the end of this process."""
    parent = multiprocessing.parent_process()
    while True:
        try:
            return inbox.get(timeout=_LOOK)
        except queue.Empty:
            if parent is None or not parent.is_alive():
                os._exit(1)


def _gpus_of(rank: int, config: AskConfig) -> dict[str, str]:
    """The GPUs of one copy, of those that this process may see; nothing to set where there are none.

    Raises:
        EngineError: too few GPUs.
    """
    try:
        import torch
    except ImportError as error:
        raise EngineError(f"vllm is not installed here: pip install -e .[vllm] ({error})") from error
    count = torch.cuda.device_count()
    if count == 0:
        return {}
    each, copies = config.tensor_parallel, config.data_parallel
    if each * copies > count:
        raise EngineError(f"{copies} copies on {each} GPUs each need {each * copies} GPUs, {count} are visible")
    visible = os.environ.get(_GPUS, ",".join(map(str, range(count)))).split(",")
    return {_GPUS: ",".join(visible[rank * each : (rank + 1) * each])}


class _environment:
    """Variables of the environment for the length of a block."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values
        self._before = {name: os.environ.get(name) for name in values}

    def __enter__(self) -> None:
        os.environ.update(self._values)

    def __exit__(self, *error: object) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
