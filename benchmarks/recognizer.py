"""What `Recognizer` costs beside its engine, and whether memory stays flat over many pictures.

    python benchmarks/recognizer.py engine=python:benchmarks.recognizer:steady pictures=data/sample/images
    python benchmarks/recognizer.py engine=transformers model=outputs/tiny max_tokens=32 pictures=data/sample/images
    python benchmarks/recognizer.py engine=python:benchmarks.recognizer:quick pictures=data/sample/images memory=10000

The pictures of the folder are read again and again. The engine alone gets the same files and the same questions, in
turn with `Recognizer`, so that a busy machine slows both down. The median over the rounds is what to quote: other
programs disturb a few rounds, not half of them. A random model writes until `max_tokens`, so set that.
"""

from __future__ import annotations

import hashlib
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from PIL import Image

from unimumer_data.support.config import REQUIRED, option
from unimumer_data.tasks import TASKS
from unimumer_eval.engines.base import Request
from unimumer_eval.recognize.command import split_words
from unimumer_eval.recognize.recognizer import Recognizer, RecognizerConfig, recognizer_config

THOUSAND = 1000
WARM = 8
STEADY = 0.02  # seconds
BLOCK = bytes(64 * 1024)
PROMPT = TASKS["vanilla"].instruction
FORMULA = r"\frac { a ^ { 2 } + 1 } { b _ { i } }"


@dataclass(frozen=True, kw_only=True)
class BenchmarkConfig(RecognizerConfig):
    """Keys of the benchmark, beside those of `unimumer recognize`."""

    pictures: Path = option(REQUIRED, "folder of pictures", section="benchmark")
    rounds_of: int = option(100, "pictures that each round reads, by the engine alone and by Recognizer")
    count: int = option(1000, "pictures to read in all rounds together")
    memory: int = option(0, "pictures to read after that in one stream, with the memory after every thousand")


def quick(picture: Image.Image) -> str:
    """A recogniser that takes no time, so that everything else shows."""
    return FORMULA


def steady(picture: Image.Image) -> str:
    """A recogniser that takes 20 ms of CPU for each picture, outside the interpreter, as engines do."""
    end = time.thread_time() + STEADY
    while time.thread_time() < end:
        hashlib.sha256(BLOCK)
    return FORMULA


def main(argv: Sequence[str] | None = None) -> None:
    """Print the time of each round, what they come to, and memory."""
    _, keys = split_words(list(sys.argv[1:] if argv is None else argv), BenchmarkConfig)
    config = recognizer_config(BenchmarkConfig, keys, origin="command line")
    files = sorted(path for path in config.pictures.iterdir() if path.is_file())
    with Recognizer.of(config) as recognizer:
        for _ in recognizer.stream(islice(cycle(files), WARM)):
            pass
        source = cycle(files)
        rounds = [
            _round(recognizer, list(islice(source, config.rounds_of)), number)
            for number in range(config.count // config.rounds_of)
        ]
        for name, place in (("wall", 0), ("CPU", 1)):
            shares = sorted(100 * (whole[place] / alone[place] - 1) for alone, whole in rounds)
            each = [1000 * sum(one[way][place] for one in rounds) / config.count for way in (0, 1)]
            print(
                f"{name}: engine alone {each[0]:.2f} ms a picture, Recognizer {each[1]:.2f} ms; "
                f"overhead of {len(shares)} rounds: median {median(shares):+.1f} %, "
                f"from {shares[0]:+.1f} to {shares[-1]:+.1f} %"
            )
        for number, _ in enumerate(recognizer.stream(islice(cycle(files), config.memory)), 1):
            if number % THOUSAND == 0:
                print(f"{number:6} pictures  {_memory():.3f} GiB", flush=True)


Seconds = tuple[float, float]  # wall, CPU of this process


def _round(recognizer: Recognizer, files: Sequence[Path], number: int) -> tuple[Seconds, Seconds]:
    """The engine's time and Recognizer's for the same files; which of them begins changes from round to round."""
    requests = [Request(index=i, image=file, prompt=PROMPT) for i, file in enumerate(files)]
    ways: list[Callable[[], Iterable[object]]] = [lambda: recognizer.ask(requests), lambda: recognizer.stream(files)]
    spent: list[Seconds] = [(0.0, 0.0)] * 2
    for way in (0, 1) if number % 2 == 0 else (1, 0):
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in ways[way]():
            pass
        spent[way] = time.perf_counter() - wall, time.process_time() - cpu
    print(f"round {number + 1}: engine alone {spent[0][0]:.2f} s, Recognizer {spent[1][0]:.2f} s", flush=True)
    return spent[0], spent[1]


def _memory() -> float:
    """Of this process now, GiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**30


if __name__ == "__main__":
    main()
