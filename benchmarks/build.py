"""Speed and memory of building: records for many captions of all three label tasks, and pictures from ink.

    python benchmarks/build.py [captions=1000000] [inks=986] [workers=2]

Captions are the labels of ../shared/data repeated (the bundled expressions where that folder is absent); inks are
CROHME 2014, or the bundled sample. Memory is the sum over all processes, shared pages counted once (PSS). Run it on an
idle machine; the load is printed.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unimumer_data.support.config import load_config

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
TASKS = 3


@dataclass(frozen=True, kw_only=True)
class Config:
    captions: int = 1_000_000
    inks: int = 986
    workers: int = 2


def main() -> int:
    config = load_config(Config, sys.argv[1:])
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {config.workers} workers")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many_captions.json"
        write_captions(path, config.captions)
        words = ["source=captions", f"path={path}", "name=many", "images=none"]
        seconds, memory = build(words, Path(folder), config.workers)
        rate = TASKS * config.captions / seconds
        print(f"{config.captions} captions, {TASKS} tasks: {seconds:.1f} s, {rate:.0f} records/s, {memory:.0f} MB")
        seconds, memory = build(words, Path(folder), config.workers)
        print(f"  again, unchanged: {seconds:.1f} s")
        inks = SHARED / "crohme-inkml" / "TestEM2014GT"
        source = inks if inks.is_dir() else ROOT / "unimumer_data" / "sample"
        words = ["source=crohme-inkml", f"path={source}", "name=inks", f"limit={config.inks}"]
        seconds, memory = build(words, Path(folder), config.workers)
        count = json.loads((Path(folder) / "data/inks/manifest.json").read_text())["samples"]["kept"]
        print(
            f"{count} inks to pictures and records: {seconds:.1f} s, {count / seconds:.0f}/s, {memory:.0f} MB at most"
        )
    return 0


def write_captions(path: Path, count: int) -> None:
    """``count`` labels as a JSON array, one a line."""
    labels = [label for file in sorted(SHARED.glob("labels/*.json")) for label in json.loads(file.read_text())]
    if not labels:
        rows = (ROOT / "examples" / "expressions.tsv").read_text(encoding="utf-8").splitlines()
        labels = [row.rpartition("\t")[2] for row in rows if row and not row.startswith("#")]
    with path.open("w", encoding="utf-8") as file:
        file.write("[\n")
        for number, label in enumerate(itertools.islice(itertools.cycle(labels), count)):
            file.write(("," if number else " ") + json.dumps(label, ensure_ascii=False) + "\n")
        file.write("]\n")


def build(words: list[str], output: Path, workers: int) -> tuple[float, float]:
    """Run the command; (seconds, largest memory in MB)."""
    command = [sys.executable, "-m", "unimumer_data.build", *words, f"output={output}", f"workers={workers}"]
    start, most = time.monotonic(), 0.0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        for _ in looks_at(process):
            most = max(most, sum(map(memory_of, family(process.pid))))
    if process.returncode:
        sys.exit(process.returncode)
    return time.monotonic() - start, most


def looks_at(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """One every quarter second until the process has ended, which is noticed at once."""
    while process.poll() is None:
        yield
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.25)


def family(pid: int) -> list[int]:
    """A process and its children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(member for child in children for member in family(int(child)))]


def memory_of(pid: int) -> float:
    """Proportional set size in MB; 0 of a process that has ended, or where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


if __name__ == "__main__":
    sys.exit(main())
