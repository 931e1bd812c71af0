"""How a build, its shards and their join grow with the number of samples: time, memory, bytes.

    python benchmarks/growth.py [sizes=10000,100000] [shards=4] [workers=2]

Samples are captions (as benchmarks/build.py), with all three label tasks and without pictures. CPU is that of all
processes; memory the largest sum over them, shared pages counted once (PSS), looked at every quarter second.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from build import ROOT, family, looks_at, memory_of, write_captions

from unimumer_data.support.config import load_config
from unimumer_data.support.tables import write_table


@dataclass(frozen=True, kw_only=True)
class Config:
    sizes: tuple[int, ...] = (10_000, 100_000)
    shards: int = 4
    workers: int = 2


def main() -> int:
    config = load_config(Config, sys.argv[1:])
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {config.workers} workers, {config.shards} shards")
    rows = []
    for size in config.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_captions(folder / "many_captions.json", size)
            build = ["build", "source=captions", f"path={folder / 'many_captions.json'}", "name=many", "images=none"]
            build.append(f"workers={config.workers}")
            whole, parts = f"output={folder / 'whole'}", f"output={folder / 'parts'}"
            rows.append([f"{size:,}", "build", *run([*build, whole]), weight(folder / "whole/data/many")])
            rows.append([f"{size:,}", "again, unchanged", *run([*build, whole]), ""])
            shards = [run([*build, parts, f"shard={index}/{config.shards}"]) for index in range(1, config.shards + 1)]
            rows.append([f"{size:,}", "a shard", *max(shards, key=lambda row: float(row[1])), ""])
            rows.append([f"{size:,}", "join", *run(["join", "name=many", parts]), weight(folder / "parts/data/many")])
    print(write_table(("samples", "what", "s", "CPU s", "MB", "files, MB"), rows, "markdown", text_columns=2))
    return 0


def run(words: list[str]) -> list[str]:
    """Run the command; seconds by the clock and of the processors, and its largest memory."""
    start, before, most = time.monotonic(), _cpu(), 0.0
    with subprocess.Popen([sys.executable, "-m", "unimumer_data", *words], cwd=ROOT, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:  # fmt: skip
        for _ in looks_at(process):
            most = max(most, sum(map(memory_of, family(process.pid))))
    if process.returncode:
        sys.exit(process.returncode)
    return [f"{time.monotonic() - start:.1f}", f"{_cpu() - before:.1f}", f"{most:.0f}"]


def weight(folder: Path) -> str:
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return f"{len(sizes)}, {sum(sizes) / 1e6:.0f}"


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
