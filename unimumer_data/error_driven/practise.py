r"""Draw formulas that a model should practise: those with what it gets wrong more often than the rest.

    unimumer practise results=results/run formulas=corpus.txt n=20000 output=practise.txt
    unimumer build source=synth path=practise.txt name=practise 'options={bank: data/banks/crohme}'

What is weak is learned from predictions: symbols and pairs of them, kinds of formula, nesting, length. Formulas of a
test set that was built below `root`, and those of the results themselves, are left out. `recipes/practise.yaml` trains
with the list.
"""

from __future__ import annotations

import heapq
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from unimumer_data.build.testsets import built_test_sets, fingerprints_of
from unimumer_data.errors import ConfigError, LatexSyntaxError, OutputError, SourceError
from unimumer_data.latex import canonical
from unimumer_data.sources.synth import formulas_of
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import REQUIRED, load_config, option
from unimumer_data.support.files import write_whole
from unimumer_data.support.tables import show, write_table

from .confusions import labelled_pairs
from .weakness import Feature, Weakness, features_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PractiseConfig:
    """Keys of `unimumer practise [config.yaml] [key=value ...]`."""

    results: tuple[Path, ...] = option(REQUIRED, "results of unimumer eval, or other prediction files with labels")
    formulas: Path = option(REQUIRED, "list of LaTeX to draw from: a line each, or a JSON array")
    n: int = option(20000, "number of formulas to draw")
    output: Path = option(Path("practise.txt"), "list to write: id, tab, formula")
    copies: int = option(1, "how often a formula may be drawn at most")
    strength: float = option(2.0, "0 draws evenly; the higher, the more often what is weak")
    root: Path = option(Path(), "folder of data/, whose test sets are left out")
    seed: int = option(0, "random seed")
    rows: int = option(15, "number of weaknesses to print")

    def __post_init__(self) -> None:
        if self.n < 1 or self.copies < 1:
            raise ConfigError(f"n and copies must be at least 1, got {self.n} and {self.copies}")
        if not (self.strength >= 0 and math.isfinite(self.strength)):
            raise ConfigError(f"strength must be 0 or more, got {self.strength}")


@dataclass(slots=True)
class _Pool:
    """The formulas that may be drawn: strict form -> worth; and why others may not."""

    worth: dict[str, float]
    left_out: Counter[str]


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the list; see `commandline.run_command` for what is returned."""
    words = read_words("unimumer practise", __doc__, argv, keys=keys_of(PractiseConfig))
    return run_command(lambda: show(practise(load_config(PractiseConfig, words))))


def practise(config: PractiseConfig) -> str:
    """Write the list; a text for the screen.

    Raises:
        PredictionError: the results have no labels.
        SourceError: no formula can be drawn.
        OutputError: the list exists, or cannot be written; a test set is damaged.
    """
    if config.output.exists():
        raise OutputError(f"{config.output}: exists; choose another output=..., or remove it")
    weakness = Weakness(labelled_pairs(config.results))
    if not weakness.read:
        raise SourceError(f"{config.results[0]}: no prediction in it; write results= of a run that has some")
    pool = _pool(config, weakness)
    said = ", ".join(f"{reason}: {count}" for reason, count in sorted(pool.left_out.items()))
    if not pool.worth:
        raise SourceError(f"{config.formulas}: no formula can be drawn ({said or 'it is empty'}); give another list")
    drawn = _draw(pool.worth, config)
    lines = [f"practise_{number}\t{formula}\n" for number, formula in enumerate(drawn, 1)]
    write_whole(config.output, "".join(lines))
    parts = [f"{len(drawn)} of {config.n} formulas, {len(set(drawn))} different ones -> {config.output}"]
    if len(drawn) < config.n:
        parts.append("  the list has no more: raise copies=, or give a longer list")
    if said:
        parts.append(f"  left out: {said}")
    return "\n".join([*parts, "", _table(weakness, list(pool.worth), drawn, config.rows)])


def _pool(config: PractiseConfig, weakness: Weakness) -> _Pool:
    """Each formula once, without those that are tested."""
    tests = built_test_sets(config.root / "data", but="")
    tested = {one.label for files in tests.values() for one in fingerprints_of(files)}
    pool = _Pool({}, Counter())
    for formula in _formulas(config.formulas):
        try:
            strict = canonical(formula, "strict")
        except LatexSyntaxError as error:
            pool.left_out[error.reason] += 1
            continue
        if not strict:
            pool.left_out["empty_label"] += 1
        elif strict in pool.worth:
            pool.left_out["repeated"] += 1
        elif strict in tested:
            pool.left_out["in_test_set"] += 1
        elif strict in weakness.labels:
            pool.left_out["in_results"] += 1
        else:
            pool.worth[strict] = weakness.worth(strict.split())
    return pool


def _formulas(path: Path) -> Iterator[str]:
    for _, formula in formulas_of(path):
        if formula.strip("$ "):
            yield formula.strip("$ ")


def _draw(worth: dict[str, float], config: PractiseConfig) -> list[str]:
    """The formulas, in the order of chance; each by its worth, and at most ``copies`` times.

    Weighted drawing without replacement: the n largest of log(u) / weight (Efraimidis and Spirakis, 2006).
    """
    rng = random.Random(config.seed)
    keys = (
        (math.log(1.0 - rng.random()) / weight**config.strength, formula)
        for formula, weight in worth.items()
        for _ in range(config.copies)
    )
    return [formula for _, formula in heapq.nlargest(config.n, keys)]


def _table(weakness: Weakness, pool: Sequence[str], drawn: Sequence[str], rows: int) -> str:
    """The worst features: how far above the usual, and their share of the formulas before and after."""
    shares = [_shares(formulas) for formulas in (pool, drawn)]
    cells = [
        (kind, name, f"{lift:.1f}", *(f"{100 * share.get((kind, name), 0.0):.2f}" for share in shares))
        for (kind, name), lift in weakness.worst(rows)
    ]
    head = ["weak", "which", "times as often wrong", "% of list", "% of drawn"]
    return write_table(head, cells, "screen", text_columns=2)


def _shares(formulas: Sequence[str]) -> dict[Feature, float]:
    counts: Counter[Feature] = Counter()
    for formula in formulas:
        counts.update(features_of(formula.split()))
    return {one: count / max(1, len(formulas)) for one, count in counts.items()}


if __name__ == "__main__":
    sys.exit(main())
