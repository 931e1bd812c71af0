"""What `Recognizer` costs beside its engine, and whether memory stays flat over many pictures.

    python benchmarks/recognizer.py model=outputs/tiny engine=transformers pictures=data/sample/images count=200
    python benchmarks/recognizer.py engine=python:benchmarks.recognizer:quick pictures=data/sample/images count=10000

The pictures of the folder are read again and again, ``count`` times in all. The engine alone gets the same files and
the same questions.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Sequence
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
    count: int = option(1000, "pictures to read")


def quick(picture: Image.Image) -> str:
    """A recogniser that takes no time, so that everything else shows."""
    return r"\frac { a ^ { 2 } + 1 } { b _ { i } }"


def main(argv: Sequence[str] | None = None) -> None:
    """Print both times and the memory after every thousand pictures."""
    _, keys = split_words(list(sys.argv[1:] if argv is None else argv), BenchmarkConfig)
    config = recognizer_config(BenchmarkConfig, keys, origin="command line")
    files = sorted(path for path in config.pictures.iterdir() if path.is_file())
    prompt = TASKS["vanilla"].instruction
    with Recognizer.of(config) as recognizer:
        for _ in recognizer.stream(islice(cycle(files), WARM)):
            pass
        begun = time.perf_counter()
        requests = (Request(index=i, image=file, prompt=prompt) for i, file in _numbered(files, config.count))
        for _ in recognizer.ask(requests):
            pass
        alone = time.perf_counter() - begun
        begun = time.perf_counter()
        for number, _ in enumerate(recognizer.stream(islice(cycle(files), config.count)), 1):
            if number % PART == 0:
                print(f"{number:6} pictures  {_memory():.3f} GiB", flush=True)
        whole = time.perf_counter() - begun
    share = 100 * (whole - alone) / alone
    print(f"{config.count} pictures: engine alone {alone:.2f} s, Recognizer {whole:.2f} s, {share:+.1f} %")


def _numbered(files: Sequence[Path], count: int) -> Iterator[tuple[int, Path]]:
    return enumerate(islice(cycle(files), count))


def _memory() -> float:
    """Of this process now, GiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**30


if __name__ == "__main__":
    main()
