"""What `Recognizer` costs beside its engine, and whether memory stays flat over many pictures.

    python benchmarks/recognizer.py model=outputs/tiny engine=transformers pictures=data/sample/images count=200
    python benchmarks/recognizer.py engine=python:benchmarks.recognizer:quick pictures=data/sample/images memory=10000

The pictures of the folder are read again and again. The engine alone gets the same files and the same questions.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from PIL import Image

from unimumer_data.support.config import REQUIRED, option
from unimumer_data.tasks import TASKS
from unimumer_eval.engines.base import Request
from unimumer_eval.recognize.command import split_words
from unimumer_eval.recognize.recognizer import Recognizer, RecognizerConfig, recognizer_config

PART = 1000
WARM = 8


@dataclass(frozen=True, kw_only=True)
class BenchmarkConfig(RecognizerConfig):
    """Keys of the benchmark, beside those of `unimumer recognize`."""

    pictures: Path = option(REQUIRED, "folder of pictures", section="benchmark")
    count: int = option(1000, "pictures to read, by the engine alone and by Recognizer in turn")
    memory: int = option(0, "pictures to read after that in one stream, with the memory after every thousand")


def quick(picture: Image.Image) -> str:
    """A recogniser that takes no time, so that everything else shows."""
    return r"\frac { a ^ { 2 } + 1 } { b _ { i } }"


def main(argv: Sequence[str] | None = None) -> None:
    """Print memory and both times."""
    _, keys = split_words(list(sys.argv[1:] if argv is None else argv), BenchmarkConfig)
    config = recognizer_config(BenchmarkConfig, keys, origin="command line")
    files = sorted(path for path in config.pictures.iterdir() if path.is_file())
    prompt = TASKS["vanilla"].instruction
    alone, whole = Clock(), Clock()
    with Recognizer.of(config) as recognizer:
        for _ in recognizer.stream(islice(cycle(files), WARM)):
            pass
        source = cycle(files)
        for start in range(0, config.count, config.window):  # in turn, so that a busy machine slows both down
            part = list(islice(source, min(config.window, config.count - start)))
            with alone:
                for _ in recognizer.ask(Request(index=i, image=file, prompt=prompt) for i, file in enumerate(part)):
                    pass
            with whole:
                for _ in recognizer.stream(part):
                    pass
        for number, _ in enumerate(recognizer.stream(islice(cycle(files), config.memory)), 1):
            if number % PART == 0:
                print(f"{number:6} pictures  {_memory():.3f} GiB", flush=True)
    for name, one, other in (("wall", alone.wall, whole.wall), ("CPU", alone.cpu, whole.cpu)):
        share = 100 * (other - one) / one
        print(f"{config.count} pictures, {name}: engine alone {one:.2f} s, Recognizer {other:.2f} s, {share:+.1f} %")


class Clock:
    """Adds up wall and CPU seconds of the blocks that it is around."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu


def _memory() -> float:
    """Of this process now, GiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**30


if __name__ == "__main__":
    main()
