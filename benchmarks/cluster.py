"""What Ray costs beside the process pool on one machine, and how the driver's memory grows.

    .venv/ray/bin/python benchmarks/cluster.py [captions=100000] [workers=2] [rounds=3]

Both build the same captions (as benchmarks/build.py), in turns, so that a busy machine slows both; before each, a
build of 100 captions shows what starting costs: imports, workers, the connection. Ray itself runs already, as on a
cluster. Its workers would have a low priority (niceness 15) and wait on a busy machine: here they have the usual one.
Memory is the driver's own (PSS), at each tenth of the build.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from build import ROOT, memory_of, write_captions

from unimumer_data.support.config import load_config


@dataclass(frozen=True, kw_only=True)
class Config:
    captions: int = 100_000
    workers: int = 2
    rounds: int = 3


def main() -> int:
    import ray

    config = load_config(Config, sys.argv[1:])
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {config.workers} workers")
    os.environ.update(RAY_worker_niceness="0")
    start = time.monotonic()
    address = ray.init(num_cpus=config.workers, log_to_driver=False, logging_level="error").address_info["address"]
    print(f"start of Ray: {time.monotonic() - start:.1f} s")
    ways = {"pool": [f"workers={config.workers}"], "ray": ["scale=ray", f"address={address}"]}
    starts: dict[str, list[float]] = {way: [] for way in ways}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many_captions.json"
        write_captions(path, config.captions)
        for number in range(config.rounds):
            for way, words in ways.items():
                output = Path(folder) / f"{way}{number}"
                words = ["source=captions", f"path={path}", "images=none", f"output={output}", *words]
                starts[way].append(build([*words, "name=few", "limit=100"])[0])
                spent, memory = build([*words, "name=many"])
                seconds[way].append(spent)
                listed = " ".join(f"{one:.0f}" for one in memory)
                print(f"{way}: start {starts[way][-1]:.1f} s, all {spent:.1f} s; driver, MB: {listed}", flush=True)
    whole = _ratio(seconds["ray"], seconds["pool"])
    work = {way: [all_ - start for all_, start in zip(seconds[way], starts[way], strict=True)] for way in ways}
    steady = _ratio(work["ray"], work["pool"])
    print(f"ray / pool, median of {config.rounds}: {whole:.2f}; without the start: {steady:.2f}")
    ray.shutdown()
    return 0


def _ratio(these: list[float], others: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(these, others, strict=True))


def build(words: list[str]) -> tuple[float, list[float]]:
    """Run the command; seconds, and the driver's memory at ten times."""
    command = [sys.executable, "-m", "unimumer_data.build", *words]
    start, memory = time.monotonic(), list[float]()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            memory.append(memory_of(process.pid))
            time.sleep(0.25)
    if process.returncode:
        sys.exit(process.returncode)
    seconds = time.monotonic() - start
    return seconds, [memory[place * (len(memory) - 1) // 10] for place in range(1, 10)]


if __name__ == "__main__":
    sys.exit(main())
