"""How fast predictions are marked, logged, and read back; and how much memory a long run takes.

    python benchmarks/edits.py FILE_pred.json ... [pairs=100000] [workers=2]

Prints pairs a minute by the clock and by the CPU time that was used (on a busy machine the two differ), and the peak
memory of each worker after one tenth and after all of its pairs.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, islice
from pathlib import Path

from unimumer_data.records.predictions import find_prediction_files, read_prediction_file
from unimumer_data.tasks.corrections import apply, compare, strip

Pair = tuple[str, str]


def wrong_pairs(paths: Sequence[Path]) -> list[Pair]:
    """(prediction, label) wherever they differ."""
    files = find_prediction_files(paths).values()
    rows = [row for file in files for row in read_prediction_file(file)]
    return [(row.text, row.label or "") for row in rows if row.text != row.label]


def work(pairs: Sequence[Pair], count: int) -> tuple[float, list[int]]:
    """CPU seconds for ``count`` pairs, and peak memory (MB) on the way."""
    begun, peaks = time.process_time(), []
    for number, (prediction, label) in enumerate(islice(cycle(pairs), count), 1):
        correction = compare(prediction, label)
        assert strip(correction.marked).split() == prediction.split()
        assert apply(correction.marked, correction.log).split() == label.split()
        if number in (count // 10, count):
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    return time.process_time() - begun, peaks


def main(argv: Sequence[str]) -> int:
    settings = {"pairs": 100_000, "workers": 2}
    settings |= {key: int(value) for key, _, value in (word.partition("=") for word in argv if "=" in word)}
    pairs = wrong_pairs([Path(word) for word in argv if "=" not in word])
    if not pairs:
        print(__doc__)
        return 2
    workers = settings["workers"]
    share = settings["pairs"] // workers
    begun = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        results = list(pool.map(work, [pairs] * workers, [share] * workers))
    seconds, busy = time.perf_counter() - begun, sum(cpu for cpu, _ in results) / workers
    print(f"{len(pairs)} different pairs, {sum(len(p.split()) for p, _ in pairs) / len(pairs):.1f} tokens on average")
    print(f"{share * workers} pairs marked, logged and read back on {workers} workers, pairs a minute:")
    print(f"  by the clock {60 * share * workers / seconds:,.0f}, by CPU time {60 * share * workers / busy:,.0f}")
    print(f"peak memory of each worker, MB, after a tenth and after all: {[peaks for _, peaks in results]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
