"""Predict with a model, score the predictions, write the report.

unimumer eval model=outputs/unimumer data=crohme_2014 output=results/unimumer
unimumer eval engine=replay predictions=results/unimumer output=results/again
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError
from unimumer_data.records.predictions import find_prediction_files
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config
from unimumer_data.support.progress import Progress
from unimumer_data.support.tables import printable

from .config import EvalConfig
from .inference.predict import predict_sets
from .inference.price import price_table
from .pair_files import read_labels, read_predictions, write_published
from .report import screen_table, write_results
from .scores import Pair, SetScores, score_set

ALONE = 5000
"""Pairs up to which CDM is faster in this process than the start of others."""


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer eval", __doc__, argv, keys=keys_of(EvalConfig))
    return run_command(lambda: _evaluate(load_config(EvalConfig, words)))


def _evaluate(config: EvalConfig) -> None:
    warnings.simplefilter("ignore", FutureWarning)  # of the engines' dependencies, nothing that a user can change
    print(_changed(config), file=sys.stderr)
    _replay(config) if config.engine == "replay" else _predict(config)


def _predict(config: EvalConfig) -> None:
    predicted = list(predict_sets(config))
    scores = _show(
        ((one.name, one.pairs) for one in predicted),
        config,
        settings={one.name: one.settings for one in predicted},
        image_root=predicted[0].image_root,
    )
    print(price_table(predicted, scores))


def _replay(config: EvalConfig) -> None:
    files = find_prediction_files(config.predictions)
    labels = read_labels(config.labels) if config.labels else None
    if labels is not None and len(files) > 1:
        raise ConfigError(f"labels= is for one prediction file, predictions= names {len(files)}")
    pairs = {name: read_predictions(file, labels=labels, missing=config.missing) for name, file in files.items()}
    settings = {name: {"engine": "replay", "predictions": file.as_posix()} for name, file in files.items()}
    config.output.mkdir(parents=True, exist_ok=True)
    for name, file in files.items():
        target = config.output / f"{name}_pred.json"
        if target.resolve() != file.resolve():
            write_published(target, pairs[name])
    _show(pairs.items(), config, settings=settings, image_root=config.media_dir or config.dataset_dir)


def _show(
    sets: Iterable[tuple[str, list[Pair]]], config: EvalConfig, *, settings: dict[str, Any], image_root: Path
) -> list[SetScores]:
    """Score the sets, write all files, print the table and where the files are."""
    scores = [_score(name, pairs, with_cdm=config.cdm) for name, pairs in sets]
    written = write_results(config.output, scores, {"sets": settings}, image_root=image_root)
    print(screen_table(scores))
    for one in scores:
        if one.counts.failures:
            print(_failures(one))
    print(f"\nfiles in {config.output}: " + ", ".join(path.name for path in written))
    return scores


def _score(name: str, pairs: Sequence[Pair], *, with_cdm: bool) -> SetScores:
    if not with_cdm:
        return score_set(name, pairs)
    progress = Progress(f"{name}, CDM", len(pairs))
    workers = (os.cpu_count() or 1) if len(pairs) > ALONE else 1
    scores = score_set(name, pairs, text_metrics=True, workers=workers, progress=progress.step)
    progress.close()
    return scores


def _failures(scores: SetScores) -> str:
    reasons = ", ".join(f"{reason} {count}" for reason, count in scores.counts.failures.items())
    first = next(sample.pair for sample in scores.samples if sample.pair.failure)
    detail = first.extra.get("detail", first.failure)
    total = sum(scores.counts.failures.values())
    return printable(
        f"{scores.name}: {total} of {scores.n} failed and count as wrong: {reasons}; first: {first.id}: {detail}"
    )


def _changed(config: EvalConfig) -> str:
    """The settings that are not the defaults, on one line; all of them are in the result files."""
    default = EvalConfig.__dataclass_fields__
    values = asdict(config)
    changed = {field.name: values[field.name] for field in fields(config) if _differs(values, default, field.name)}
    return "settings: " + " ".join(f"{name}={_plain(value)}" for name, value in changed.items())


def _differs(values: dict[str, Any], default: dict[str, Any], name: str) -> bool:
    return values[name] != default[name].default and values[name] not in ((), {}, None)


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


if __name__ == "__main__":
    sys.exit(main())
