"""Speed of this tree beside that of an earlier commit, in one run: seconds of processor time, as ratios.

    python benchmarks/against.py commit=b2ad79d [only=latex,cdm] [rounds=5] [data=../shared/data]

Each job is one process in each tree, in turns, so that whatever slows the machine slows both. A first run compiles the
sources and is not counted. The ratio is the median over the rounds of this tree's time by the earlier one's; beside it
the least and the greatest of the rounds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from build import write_captions

from unimumer_data.support.config import REQUIRED, load_config, option

ROOT = Path(__file__).resolve().parents[1]

LABELS = """
import json, sys
from itertools import chain
from pathlib import Path
files = sorted(Path(sys.argv[1], "labels").glob("*.json"))
labels = list(chain.from_iterable(json.loads(file.read_text()) for file in files))[:40_000]
from contextlib import suppress
from unimumer_data.errors import LatexSyntaxError
"""
TREES = """
from unimumer_data.latex import count_symbols, parse_tokens, write_counts, write_tree
for label in labels:
    with suppress(LatexSyntaxError):
        tree = parse_tokens(label.split())
        write_tree(tree), write_counts(count_symbols(tree))
"""
FORMS = """
from unimumer_data.latex import canonical
for label in labels:
    with suppress(LatexSyntaxError):
        canonical(label)
"""
PAIRS = """
import json, sys
from pathlib import Path
from unimumer_eval.scores.cdm import cdm
for row in json.loads(Path(sys.argv[1], "predictions", "crohme_2019_pred.json").read_text()) * 2:
    cdm(row["gt"], row["pred"])
"""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Keys of the benchmark."""

    commit: str = option(REQUIRED, "commit to compare with")
    only: str = option("", "names of the jobs to run, separated by commas; all by default")
    rounds: int = option(5, "times that each job runs in each tree")
    captions: int = option(100_000, "captions to build")
    data: Path = option(ROOT.parent / "shared" / "data", "folder of real corpora")


def jobs(config: Config, folder: Path) -> dict[str, list[str]]:
    """Name -> arguments of Python."""
    captions = folder / "captions.json"
    write_captions(captions, config.captions)
    data, output = str(config.data), f"output={folder / 'out'}"
    build = ["-m", "unimumer_data.build", "workers=1", "name=set"]
    return {
        "latex: labels to tree and counts": ["-c", LABELS + TREES, data],
        "latex: labels to records": ["-c", LABELS + FORMS, data],
        "cdm: CROHME 2019, twice": ["-c", PAIRS, data],
        "build: captions": [*build, "source=captions", f"path={captions}", "images=none", output],
        "build: inks": [*build, "source=crohme-inkml", f"path={data}/crohme-inkml/TestEM2014GT", output],
        "eval: published predictions": ["eval/run.py", "engine=replay", f"predictions={data}/predictions", output],
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line a job."""
    config = load_config(Config, sys.argv[1:] if argv is None else argv)
    with tempfile.TemporaryDirectory() as name, _checkout(config.commit) as earlier:
        folder = Path(name)
        for job, words in jobs(config, folder).items():
            if config.only and not any(word in job for word in config.only.split(",")):
                continue
            ratios, times = [], ([], [])
            for tree in (ROOT, earlier):
                _processor_time(words, tree, folder / "out")  # compiles the sources
            for _ in range(config.rounds):
                for spent, tree in zip(times, (ROOT, earlier), strict=True):
                    spent.append(_processor_time(words, tree, folder / "out"))
                ratios.append(times[0][-1] / times[1][-1])
            middle = [statistics.median(spent) for spent in times]
            print(
                f"{job:36} {middle[0]:6.2f} s, {config.commit} {middle[1]:6.2f} s: "
                f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})",
                flush=True,
            )
    return 0


@contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """A tree of the commit, where ``unimumer_eval`` can be imported even if it was still called ``eval``."""
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name) / "tree"
        subprocess.run(["git", "worktree", "add", "--detach", tree, commit], cwd=ROOT, check=True, capture_output=True)
        try:
            if not (tree / "unimumer_eval").exists():
                (tree / "unimumer_eval").symlink_to("eval")
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


def _processor_time(words: list[str], tree: Path, output: Path) -> float:
    """Seconds of a process and its children, which begin without what an earlier round wrote."""
    subprocess.run(["rm", "-rf", output], check=True)
    before = os.times()
    command = [sys.executable, *words]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)[-200:]}\n{done.stderr[-2000:]}")
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


if __name__ == "__main__":
    sys.exit(main())
