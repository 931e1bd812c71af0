"""How fast rewards are: 4,096 answers with the recommended mix, and a fuzz that looks for the slowest answer.

    python benchmarks/rewards.py [answers=4096] [workers=2] [fuzz=100000] [predictions=../shared/data/predictions]

Answers are labels of the bundled sample (or of prediction files, where they are) with two tokens changed: none is
right, so nothing is skipped. The published CDM takes 1.07 CPU seconds a pair (docs/metrics.md). A garbage collection
that falls into an answer is a matter of the whole process, and timed apart. Numbers are printed, not checked; the
bounds stand in tests/unimumer_eval/rewards/.
"""

from __future__ import annotations

import gc
import json
import math
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from unimumer_eval.rewards import default_reward

ROOT = Path(__file__).resolve().parents[1]
DEFAULTS = {
    "answers": "4096",
    "workers": "2",
    "fuzz": "100000",
    "predictions": str(ROOT.parent / "shared" / "data" / "predictions"),
}
PUBLISHED_CDM = 1.07
"""CPU seconds a pair."""
WORDS = (
    r"\frac \sqrt \sum \limits \begin \end {matrix} {cases} {nonsense} \left \right \big \foo \phantom \text \not "
    r"\over \hline \bar \widehat \substack \pmod \binom \middle \rule \xrightarrow \operatorname \lim \int \mathbb "
    "{ } { } [ ] ( ) ^ _ & \\\\ % $ ' , | a b x 1 2 + = ≤ 数 é \n \t \x00 \ud800 \u202e <|im_end|> (right) (sup) : 3 "
    "REPLACE: INSERT: DELETE:"
).split(" ")
TASKS = ("vanilla", "tree", "can", "error_find", "error_fix")
Batch = tuple[list[str], list[str]]


def labels_of(folder: Path) -> list[str]:
    if folder.is_dir():
        return [row["gt"] for file in sorted(folder.glob("*_pred.json")) for row in json.loads(file.read_text())]
    lines = (ROOT / "examples" / "expressions.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[-1] for line in lines if line and not line.startswith("#")]


def change(label: str, source: random.Random) -> str:
    tokens = label.split()
    for _ in range(2):
        tokens[source.randrange(len(tokens))] = source.choice(["a", "b", "7", "x", "+", "="])
    return " ".join(tokens)


def groups(labels: list[str], count: int, source: random.Random) -> Batch:
    """Eight answers for each label, as GRPO has them."""
    drawn = [label for label in source.choices(labels, k=math.ceil(count / 8)) for _ in range(8)][:count]
    return [change(label, source) for label in drawn], drawn


def timed(batch: Batch) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    default_reward(*batch)
    return time.perf_counter() - wall, time.process_time() - cpu


def speed(labels: list[str], count: int, workers: int) -> None:
    answers, drawn = groups(labels, count, random.Random(0))
    parts = [(answers[n::workers], drawn[n::workers]) for n in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(timed, [(["x"], ["y"])] * workers))  # started, and everything imported
        start = time.perf_counter()
        cpu = sum(used for _, used in pool.map(timed, parts))
        wall = time.perf_counter() - start
    print(f"{count} answers, {workers} processes: {wall:.2f} s ({cpu:.2f} CPU s, {1000 * cpu / count:.2f} ms each)")
    print(f"published CDM, as many pairs: {count * PUBLISHED_CDM:.0f} CPU s")


class Collections:
    """Seconds that garbage collections take, of this thread."""

    def __init__(self) -> None:
        self.seconds = self.longest = self._start = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._start = time.thread_time()
        else:
            spent = time.thread_time() - self._start
            self.seconds, self.longest = self.seconds + spent, max(self.longest, spent)


def scribble(source: random.Random) -> str:
    return " ".join(source.choices(WORDS, k=source.randrange(60)))


def fuzz(labels: list[str], count: int) -> None:
    source = random.Random(1)
    slowest, text, bad, collections = 0.0, "", 0, Collections()
    for _ in range(count):
        label = source.choice(labels) if source.random() < 0.8 else scribble(source)
        kind = source.random()
        answer = (
            scribble(source) if kind < 0.4 else change(label or "x", source) if kind < 0.7 and label.split() else ""
        )
        if kind >= 0.7:
            cut = source.randrange(len(label) + 1)
            answer = label[:cut] + scribble(source) + label[cut:]
        start = time.thread_time() - collections.seconds
        (value,) = default_reward([answer], [label], [source.choice(TASKS)])
        used = time.thread_time() - collections.seconds - start
        bad += not (isinstance(value, float) and 0 <= value <= 1)
        if used > slowest:
            slowest, text = used, answer
    print(f"{count} fuzzed pairs: no exception, {bad} outside of [0, 1], slowest {slowest:.3f} CPU s: {text[:60]!r}")
    print(f"longest garbage collection {collections.longest:.3f} CPU s")


def main(argv: list[str] | None = None) -> int:
    options = dict(DEFAULTS)
    for argument in sys.argv[1:] if argv is None else argv:
        key, equals, value = argument.partition("=")
        if not equals or key not in options:
            print(__doc__, file=sys.stderr)
            return 2
        options[key] = value
    labels = labels_of(Path(options["predictions"]))
    speed(labels, int(options["answers"]), int(options["workers"]))
    fuzz(labels, int(options["fuzz"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
