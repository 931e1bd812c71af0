"""What Ray costs beside the process pool on one machine, and how the driver's memory grows.

    .venv/ray/bin/python benchmarks/cluster.py [captions=100000] [workers=2] [rounds=3]

Both build the same captions (as benchmarks/build.py), in turns, so that a busy machine slows both; before each, a
build of a fifth of them, so that the difference is without the start: imports, workers, the connection. Ray itself
runs already, as on a cluster. Its workers would have a low priority (niceness 15) and wait on a busy machine: here
they have the usual one. CPU is that of all processes, Ray's own among them: on a busy machine it says more than the
clock. Memory is the driver's own (PSS), at each tenth of the build.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from build import ROOT, family, looks_at, memory_of, write_captions

from unimumer_data.support.config import load_config

SETTLED = 10.0  # seconds after which all processes of Ray are up


@dataclass(frozen=True, kw_only=True)
class Config:
    captions: int = 100_000
    workers: int = 2
    rounds: int = 3


def main() -> int:
    config = load_config(Config, sys.argv[1:])
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {config.workers} workers")
    os.environ.update(RAY_worker_niceness="0")
    ways = {"pool": _pool, "ray": _cluster}
    fifths: dict[str, list[Spent]] = {way: [] for way in ways}
    whole: dict[str, list[Spent]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many_captions.json"
        write_captions(path, config.captions)
        for number in range(config.rounds):
            for way, started in ways.items():
                words = ["source=captions", f"path={path}", "images=none", f"output={Path(folder) / f'{way}{number}'}"]
                with started(config.workers) as more:
                    fifths[way].append(build([*words, *more, "name=few", f"limit={config.captions // 5}"]))
                with started(config.workers) as more:
                    whole[way].append(build([*words, *more, "name=many"]))
                print(f"{way}: a fifth {fifths[way][-1]}; all {whole[way][-1]}", flush=True)
    for unit in ("clock", "cpu"):
        ratios, steady = [], []
        for number in range(config.rounds):
            start, end = ([getattr(spent[way][number], unit) for way in ways] for spent in (fifths, whole))
            ratios.append(end[1] / end[0])
            steady.append((end[1] - start[1]) / (end[0] - start[0]))
        print(
            f"ray / pool, {unit}: {statistics.median(ratios):.2f}; without the start: {statistics.median(steady):.2f}"
        )
    return 0


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[list[str]]:
    yield [f"workers={workers}"]


@contextlib.contextmanager
def _cluster(workers: int) -> Iterator[list[str]]:
    """A new Ray: one that has just done another build still ends the workers of that."""
    import ray

    address = ray.init("local", num_cpus=workers, log_to_driver=False, logging_level="error").address_info["address"]
    time.sleep(SETTLED)
    yield ["scale=ray", f"address={address}"]
    ray.shutdown()


@dataclass(frozen=True)
class Spent:
    """What a build took: seconds by the clock, of all processors, and the driver's memory at nine times in MB."""

    clock: float
    cpu: float
    memory: list[float]

    def __str__(self) -> str:
        memory = " ".join(f"{one:.0f}" for one in self.memory)
        return f"{self.clock:.1f} s, CPU {self.cpu:.1f} s, driver {memory} MB"


def build(words: list[str]) -> Spent:
    """Run the command."""
    command = [sys.executable, "-m", "unimumer_data.build", *words]
    start, memory = time.monotonic(), list[float]()
    before = _cpu_of(os.getpid())
    cpu = dict(before)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in looks_at(process):
            memory.append(memory_of(process.pid))
            cpu |= _cpu_of(os.getpid())
    if process.returncode:
        sys.exit(process.returncode)
    seconds = time.monotonic() - start
    spent = sum(cpu.values()) - sum(before.values())
    return Spent(seconds, spent, [memory[place * (len(memory) - 1) // 10] for place in range(1, 10)])


def _cpu_of(pid: int) -> dict[int, float]:
    """Process id -> seconds of processor time so far, of the descendants of a process."""
    found = {}
    for member in family(pid)[1:]:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            found[member] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


if __name__ == "__main__":
    sys.exit(main())
