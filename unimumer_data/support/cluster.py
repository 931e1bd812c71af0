"""Chunks of work over the machines of a Ray cluster: results in the order of the chunks, few of them in memory.

Plain tasks of Ray, not Ray Data: the samples come from one reader in order, results are written by one writer in the
same order, with checkpoints between. A task whose worker or machine is lost runs again elsewhere.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, SourceError, UniMumerError
from unimumer_data.support.tables import show

from .workers import COLLECTION_THRESHOLD, Chunk, Result, rare_collection

RETRIES = 5  # of a task whose worker or machine was lost
AHEAD = 3  # tasks in flight for each CPU: a lost machine is noticed late, and the others go on meanwhile
SECONDS_OF_A_TASK = 1.0  # of work, beside which what Ray costs is small; a task is as many chunks as that is, or one
MOST_CHUNKS = 32  # of a task, for the memory of the driver
_SECONDS_BETWEEN_LOOKS = 10.0  # at the machines of the cluster
_OBJECT_STORE = 512 << 20  # bytes, of a Ray that is started here; chunks and results are small

_works: dict[str, Callable[[Any], Any]] = {}  # of this worker process: the work of the build that it last did


def cluster_map(
    work: Callable[[Chunk], Result], chunks: Iterable[Chunk], workers: int, address: str | None
) -> Iterator[tuple[Chunk, Result]]:
    """Each chunk with its result, in order.

    Args:
        work: picklable; sent to each worker once. It must be repeatable: a chunk may be done more than once.
        chunks: read as workers become free, `AHEAD` tasks for each.
        workers: tasks at work at the same time; 0 is one for each CPU of the cluster.
        address: of a running cluster; None is that of ``RAY_ADDRESS``, or a Ray of its own on this machine.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster.
        UniMumerError: a task lost its worker again and again.
        Exception: whatever ``work`` raises.
    """
    ray = _connect(workers, address)
    remote = ray.remote(num_cpus=1, max_retries=RETRIES)(_run)
    shared = ray.put(work)
    common = (shared.hex(), [shared], str(Path.cwd()))  # in a list: a worker fetches it once, not for each chunk
    machines = _Machines(ray)
    waiting: deque[tuple[list[Chunk], Any]] = deque()
    source, many = iter(chunks), 1
    with rare_collection():
        try:
            while (task := list(islice(source, many))) or waiting:
                if task:
                    waiting.append((task, remote.remote(*common, pickle.dumps(task))))
                if not task or len(waiting) > AHEAD * (workers or machines.cpus()):
                    done, results, seconds = _next(ray, waiting)
                    yield from zip(done, results, strict=True)
                    many = min(MOST_CHUNKS, max(1, int(SECONDS_OF_A_TASK * len(done) / max(seconds, 0.001))))
        finally:
            for _, reference in waiting:
                ray.cancel(reference)  # not by force: Ray 2.60 may crash on a task that just ends


def _connect(workers: int, address: str | None) -> Any:
    """The module ``ray``, connected; it ends with this process."""
    set_up_ray()
    os.environ.setdefault("RAY_task_events_report_interval_ms", "0")  # else Ray 2.60 waits 0.25 s at the end
    try:
        import ray
    except ImportError:
        raise ConfigError("scale=ray needs Ray on every machine: pip install 'unimumer[ray]'") from None
    if ray.is_initialized():
        return ray
    running = address or os.environ.get("RAY_ADDRESS")
    own = {"num_cpus": workers or None, "object_store_memory": _OBJECT_STORE, "include_dashboard": False}
    try:
        _knock(running or "")
        ray.init(address=running or "local", log_to_driver=False, logging_level="error", **({} if running else own))
    except Exception as error:  # a Ray that does not come up in time raises no kind of its own
        said = " ".join(str(error).split())
        if running is None:
            raise UniMumerError(f"ray does not start on this machine ({said}); run the same command again") from error
        if "AuthToken" in str(error.__cause__):
            raise ConfigError(
                f"address={running}: the cluster wants the token that its first machine has in ~/.ray/auth_token; "
                "copy that file to every machine, or set RAY_AUTH_TOKEN"
            ) from error
        raise ConfigError(
            f"address={running}: no Ray cluster answers ({said}); start one: ray start --head"
        ) from error
    atexit.register(ray.shutdown)  # comes before Ray's own, which would first sleep for half a second (Ray 2.60)
    return ray


def set_up_ray() -> None:
    """To be called before Ray is imported: no usage statistics, and the token is sent where there is one.

    ``ray start`` demands a token from all who come once the machine has one, and ``ray.init`` makes one; but
    ``ray.init(address=...)`` sends it only in this mode (Ray 2.60).
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    token = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or "~/.ray/auth_token").expanduser()
    if "ray" not in sys.modules and (os.environ.get("RAY_AUTH_TOKEN") or token.is_file()):
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _knock(address: str) -> None:
    """Ray itself would try an address at which nobody listens for minutes.

    Raises:
        OSError: nobody listens there.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.removeprefix("ray://").strip("[]"), int(port)), timeout=10).close()


class _Machines:
    """Looks now and then at the machines of the cluster, and says when one is lost."""

    def __init__(self, ray: Any) -> None:
        self._ray, self._alive, self._cpus, self._looked = ray, set[str](), 0, -_SECONDS_BETWEEN_LOOKS

    def cpus(self) -> int:
        """How many CPUs the cluster has, at least 1."""
        if time.monotonic() - self._looked >= _SECONDS_BETWEEN_LOOKS:
            nodes = [node for node in self._ray.nodes() if node["Alive"]]
            lost = self._alive - {node["NodeID"] for node in nodes}
            if lost:
                show(f"ray: {len(lost)} of {len(self._alive)} machines lost; others do their work", file=sys.stderr)
            self._alive = {node["NodeID"] for node in nodes}
            self._cpus = int(sum(node["Resources"].get("CPU", 0) for node in nodes))
            self._looked = time.monotonic()
        return max(1, self._cpus)


def _run(key: str, shared: list[Any], folder: str, chunks: bytes) -> bytes:
    """The results of a task and the seconds that they took, in a worker process on any machine.

    What goes over the wire is pickled here: Ray's own way asks Python about every object.
    """
    work = _works.get(key)
    if work is None:
        import ray

        try:
            os.chdir(folder)  # relative paths mean the same everywhere
        except OSError as error:
            raise SourceError(
                f"{folder}: is not on {os.uname().nodename} ({error.strerror}); every machine of the cluster needs "
                "this folder, the corpus and the output under the same paths"
            ) from None
        gc.set_threshold(COLLECTION_THRESHOLD)
        _works.clear()
        work = _works[key] = ray.get(shared[0])
    start = time.monotonic()
    results = [work(chunk) for chunk in pickle.loads(chunks)]
    return pickle.dumps((results, time.monotonic() - start))


def _next(ray: Any, waiting: deque[tuple[list[Chunk], Any]]) -> tuple[list[Chunk], list[Any], float]:
    """The chunks, results and seconds of the task that was sent first."""
    chunks, reference = waiting.popleft()
    try:
        results, seconds = pickle.loads(ray.get(reference))
    except ray.exceptions.RayTaskError as error:
        raise (error.cause or error) from None
    except ray.exceptions.RayError as error:
        raise UniMumerError(
            f"ray lost the worker of a task {RETRIES + 1} times, or the cluster ({type(error).__name__}); "
            "run the same command again to go on"
        ) from error
    return chunks, results, seconds
