"""Compare runs on the same samples: which is better, and is the difference significant?

    unimumer compare results/baseline results/unimumer
    unimumer compare a_pred.json b_pred.json c_pred.json form=raw output=results/compare

Each run is a prediction file or a folder of them. The others are compared with the first, on the same samples.
"""

from __future__ import annotations

if __name__ == "__main__":  # a missing package is one sentence here too
    from unimumer_data.__main__ import check

    check("compare")

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from unimumer_data.errors import ConfigError, PredictionError
from unimumer_data.records.predictions import find_prediction_files
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import write_whole
from unimumer_data.support.tables import show, write_csv

from .pair_files import read_labels, read_predictions
from .report import (
    comparison_json,
    comparison_notes,
    comparison_table,
    differences_table,
    holm_table,
    report_page,
)
from .scores import Comparison, Pair, SetScores, compare, score_set
from .scores.power import holm


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareConfig:
    """Keys of `unimumer compare RUN RUN ... [key=value ...]`."""

    names: tuple[str, ...] = option((), "names of the runs, separated by commas; by default from their paths")
    form: Literal["raw", "strict", "loose"] = option("strict", "form in which predictions and labels are compared")
    cdm: bool = option(True, "compare CDM, structure F1 and similarity too")
    labels: Path | None = option(
        None, "labels for all runs, where the files' own differ or are damaged: a record file, a list or a table"
    )
    missing: Literal["error", "wrong"] = option("error", "what to do when a label of labels= has no prediction")
    media_dir: Path = option(Path(), "where relative image paths start")
    output: Path = option(
        Path("results/compare"),
        "folder of compare.json, compare.csv (samples that only one run has right) and a page for each pair of runs",
    )
    seeds: tuple[Path, ...] = option(
        (), "runs of one model with different seeds, two or more: a difference that is no larger is warned of"
    )
    resamples: int = option(10_000, "resamples of the paired bootstrap")
    seed: int = option(0, "seed of the paired bootstrap")


Runs = Mapping[str, Mapping[str, SetScores]]


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer compare", __doc__, argv, keys=keys_of(CompareConfig), metavar="RUN | key=value")
    paths = [Path(word) for word in words if "=" not in word]
    return run_command(lambda: _run(paths, load_config(CompareConfig, [word for word in words if "=" in word])))


def _run(paths: Sequence[Path], config: CompareConfig) -> None:
    names = config.names or run_names(paths)
    if len(paths) < 2:
        raise ConfigError("name two runs or more: prediction files or folders of them")
    if len(names) != len(paths) or len(set(names)) != len(names):
        raise ConfigError(f"names= must name each of the {len(paths)} runs, each differently; got {', '.join(names)}")
    runs = {name: _score(path, config) for name, path in zip(names, paths, strict=True)}
    if all(len(sets) == 1 for sets in runs.values()):  # single files are one set, whatever they are called
        (shared,) = next(iter(runs.values()))
        runs = {name: {shared: replace(*sets.values(), name=shared)} for name, sets in runs.items()}
    first, *others = names
    spread = _spread(config, runs[first])
    comparisons: dict[tuple[str, str], list[Comparison]] = {}
    for other in others:
        sets = [name for name in runs[first] if name in runs[other]]
        if not sets:
            raise PredictionError(
                f"{first} and {other} have no test set in common: {', '.join(runs[first])}; {', '.join(runs[other])}"
            )
        comparisons[first, other] = [_compare(runs[first][name], runs[other][name], config) for name in sets]
        show(f"{other} against {first}, ExpRate {config.form}, percent")
        show(comparison_table(first, other, comparisons[first, other]) + "\n")
        show(f"{other} - {first}, percent; of TER and CER less is better")
        show(differences_table(comparisons[first, other]) + "\n")
        show("\n".join(comparison_notes(comparisons[first, other], spread)))
        page = f"{other}_against_{first}.html".replace(os.sep, "_")
        pair = {run: [runs[run][name] for name in sets] for run in (first, other)}
        settings = {run: str(path) for run, path in zip(names, paths, strict=True)}
        write_whole(
            config.output / page,
            report_page(pair, settings, folder=config.output, image_root=config.media_dir, form=config.form),
        )
        show(f"page: {config.output / page}")
    comparisons = _corrected(comparisons)
    if any(one.holm_p is not None for found in comparisons.values() for one in found):
        show("\nCorrected for all comparisons (Holm)\n" + holm_table(comparisons) + "\n")
    settings = {key: str(value) for key, value in asdict(config).items()}
    write_whole(config.output / "compare.json", comparison_json(comparisons, settings))
    write_whole(config.output / "compare.csv", _won_and_lost(comparisons, runs))
    show(f"files in {config.output}: compare.json, compare.csv (samples won and lost)")


def _corrected(comparisons: Mapping[tuple[str, str], list[Comparison]]) -> dict[tuple[str, str], list[Comparison]]:
    """The comparisons with `Comparison.holm_p`; as they are where there is one only."""
    values = [one.mcnemar_p for found in comparisons.values() for one in found]
    if len(values) < 2:
        return dict(comparisons)
    corrected = iter(holm(values))
    return {pair: [replace(one, holm_p=next(corrected)) for one in found] for pair, found in comparisons.items()}


def _spread(config: CompareConfig, compared: Mapping[str, SetScores]) -> dict[str, float]:
    """Set -> points of ExpRate between the best and the worst of the runs of ``seeds=``."""
    if len(config.seeds) == 1:
        raise ConfigError("seeds= needs two runs or more of one model, with commas between")
    runs = [_score(path, replace(config, cdm=False)) for path in config.seeds]
    if not runs:
        return {}
    if all(len(run) == 1 for run in (*runs, compared)):  # single files are one set here too
        runs = [dict(zip(compared, run.values(), strict=True)) for run in runs]
    shared = [name for name in compared if all(name in run for run in runs)]
    if not shared:
        raise PredictionError(
            f"the runs of seeds= and those compared have no test set in common: {', '.join(compared)}"
        )
    rates = {name: [run[name].forms[config.form]["exprate"].value for run in runs] for name in shared}
    return {name: max(values) - min(values) for name, values in rates.items()}


def run_names(paths: Sequence[Path]) -> tuple[str, ...]:
    """Short names that distinguish the runs: the file's or folder's own, else with the folder before it.

    >>> run_names([Path("a/crohme_2014_pred.json"), Path("b/crohme_2014_pred.json")])
    ('a/crohme_2014_pred', 'b/crohme_2014_pred')
    """
    parts = [path.resolve().with_suffix("").parts for path in paths]
    for length in range(1, max(map(len, parts), default=1) + 1):
        names = tuple("/".join(part[-length:]) for part in parts)
        if len(set(names)) == len(names):
            return names
    return tuple(map(str, paths))


def _score(path: Path, config: CompareConfig) -> dict[str, SetScores]:
    files = find_prediction_files([path])
    labels = read_labels(config.labels) if config.labels else None
    if labels is not None and len(files) > 1:
        raise ConfigError(f"labels= is for runs of one prediction file, {path} has {len(files)}")
    pairs = {name: read_predictions(file, labels=labels, missing=config.missing) for name, file in files.items()}
    return {name: score_set(name, found, text_metrics=config.cdm) for name, found in pairs.items()}


def _compare(first: SetScores, second: SetScores, config: CompareConfig) -> Comparison:
    return compare(first, second, form=config.form, resamples=config.resamples, seed=config.seed)


def _won_and_lost(comparisons: Mapping[tuple[str, str], Sequence[Comparison]], runs: Runs) -> str:
    """One line a sample that only one of two runs has right."""
    rows = []
    for (first, second), found in comparisons.items():
        for comparison in found:
            before, after = (_by_id(runs[run][comparison.set]) for run in (first, second))
            for result, ids in (("won", comparison.won), ("lost", comparison.lost)):
                rows += [
                    (first, second, comparison.set, id, result, before[id].gt, before[id].answer, after[id].answer)
                    for id in ids
                ]
    head = ["first", "second", "set", "id", "second_has", "label", "first_prediction", "second_prediction"]
    return write_csv(head, rows)


def _by_id(scores: SetScores) -> dict[str, Pair]:
    return {sample.pair.id: sample.pair for sample in scores.samples}


if __name__ == "__main__":
    sys.exit(main())
