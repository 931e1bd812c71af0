"""How much of a run's wall time is not vLLM's (pictures, prompts, journal, scores), and whether memory stays flat.

    .venv/vllm/bin/python benchmarks/engine_overhead.py model=outputs/tiny data=sample output=results/overhead

Takes the keys of eval/run.py. The engine's share is the time within its calls that take a request in and that make a
step; the start of the engine is left out on both sides.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from unimumer_data.support.config import load_config
from unimumer_eval.config import EvalConfig
from unimumer_eval.engines.base import Answer
from unimumer_eval.engines.vllm import VllmEngine
from unimumer_eval.inference import predict as inference
from unimumer_eval.scores import score_set


class Stopwatch:
    """Adds up the time spent in the functions it wraps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            begun = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - begun

        return timed


def resident() -> float:
    """Memory of this process now, GiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**30


def watched(predict: Callable[..., Iterator[Answer]]) -> Callable[..., Iterator[Answer]]:
    """Note the memory after every thousand answers."""

    def noting(*args: Any) -> Iterator[Answer]:
        for count, answer in enumerate(predict(*args), 1):
            yield answer
            if count % 1000 == 0:
                print(f"{count:6} answers {resident():.3f} GiB", flush=True)

    return noting


def main(argv: Sequence[str] | None = None) -> int:
    config = replace(load_config(EvalConfig, sys.argv[1:] if argv is None else argv), resume=False)
    engine = VllmEngine(config)
    watch = Stopwatch()
    engine.llm.enqueue = watch.wrap(engine.llm.enqueue)
    engine.llm.llm_engine.step = watch.wrap(engine.llm.llm_engine.step)
    engine.predict = watched(engine.predict)
    inference.open_engine = lambda config: engine

    begun = time.perf_counter()
    predicted = list(inference.predict_sets(config, config.output or Path("results/overhead")))
    inferred = time.perf_counter() - begun
    for one in predicted:
        score_set(one.name, one.pairs)
    total = time.perf_counter() - begun

    samples = sum(len(one.pairs) for one in predicted)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{samples} samples, {inferred:.1f} s to predict, {total - inferred:.1f} s to score, peak {peak:.2f} GiB")
    print(f"in vLLM {watch.seconds:.1f} s; outside {100 * (total - watch.seconds) / total:.2f} % of the wall time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
