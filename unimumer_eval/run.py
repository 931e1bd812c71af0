"""Predict with a model, score the predictions, write the report.

    unimumer eval model=outputs/unimumer data=crohme_2014 output=results/unimumer
    unimumer eval engine=replay predictions=results/unimumer output=results/again

Run the same command again after a kill: samples that have an answer are not asked again.
"""

from __future__ import annotations

if __name__ == "__main__":  # a missing package is one sentence here too
    from unimumer_data.__main__ import check

    check("eval")

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError
from unimumer_data.records.predictions import find_prediction_files
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config
from unimumer_data.support.progress import Progress
from unimumer_data.support.quiet import hush_libraries
from unimumer_data.support.tables import printable, show

from .config import REPLAY, EvalConfig
from .inference.folder import check_report, default_folder, link_latest, only_writer
from .inference.items import Allowed
from .inference.predict import PredictedSet, predict_sets
from .inference.price import price_table
from .inference.settings import without_credentials
from .pair_files import Labels, NamedPairs, check_replaceable, read_labels, read_pair_file, write_published
from .report import screen_table, write_results
from .scores import Pair, SetScores, score_set
from .scores.calibration import Accepted, Calibration
from .scores.faithful import Faithful
from .trust.calibrator import read_calibrator

ALONE = 5000
"""Pairs up to which CDM is faster in this process than the start of others."""


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer eval", __doc__, argv, keys=keys_of(EvalConfig))
    return run_command(lambda: _evaluate(load_config(EvalConfig, words)))


def _evaluate(config: EvalConfig) -> int:
    hush_libraries()
    show(_changed(config), file=sys.stderr)
    output = config.output or _default_folder(config)
    with only_writer(output):
        code = _replay(config, output) if config.engine == REPLAY else _predict(config, output)
    if config.output is None:
        link_latest(output)
    return code


def _default_folder(config: EvalConfig) -> Path:
    """A folder for this command alone; the same command again finds it."""
    request = {key: value for key, value in asdict(config).items() if key not in _NOT_ASKED}
    request["base_url"] = without_credentials(config.endpoint)
    names = config.predictions if config.engine == REPLAY else config.data
    return default_folder(config.model or config.engine_name, "-".join(Path(name).stem for name in names), request)


_NOT_ASKED = ("output", "resume", "retry_failures", "overwrite", "max_failures", "limit", "base_url")
"""Keys that do not make another run."""


def _predict(config: EvalConfig, output: Path) -> int:
    predicted = list(predict_sets(config, output))
    scores = _show(
        predicted,
        config,
        output,
        settings={one.name: one.settings for one in predicted},
        image_root=predicted[0].image_root,
    )
    show(price_table(predicted, scores))
    return max(_too_many_failures(one, config.max_failures) for one in predicted)


def _too_many_failures(one: PredictedSet, allowed: float) -> int:
    """1 where more samples failed than may; with a sentence."""
    failed = [pair for pair in one.pairs if pair.failure]
    if len(failed) <= allowed * len(one.pairs):
        return 0
    first = failed[0]
    show(
        f"EngineError: {one.name}: {len(failed)} of {len(one.pairs)} samples failed, over max_failures={allowed}; "
        f"first: {first.id}: {first.extra.get('detail', first.failure)}. The files are kept; when the cause "
        "is gone, run the same command with retry_failures=true",
        file=sys.stderr,
    )
    return 1


def _replay(config: EvalConfig, output: Path) -> int:
    files = find_prediction_files(config.predictions)
    if not config.overwrite:
        check_report(output, files.keys())
    labels = read_labels(config.labels) if config.labels else None
    if labels is not None and len(files) > 1:
        raise ConfigError(f"labels= is for one prediction file, predictions= names {len(files)}")
    read = {name: _read(name, file, config, labels) for name, file in files.items()}
    if config.calibration:
        calibrator = read_calibrator(config.calibration)
        read = {name: replace(one, pairs=calibrator.judge(one.pairs)) for name, one in read.items()}
    settings = {name: {"engine": REPLAY, "predictions": file.as_posix()} for name, file in files.items()}
    for one in read.values():
        target = output / f"{one.name}_pred.json"
        if target.resolve() != files[one.name].resolve():
            check_replaceable(target, one, overwrite=config.overwrite)
            write_published(target, one.pairs, unlabelled=one.unlabelled)
    _show(list(read.values()), config, output, settings=settings, image_root=config.media_dir or config.dataset_dir)
    return 0


def _read(name: str, file: Path, config: EvalConfig, labels: Labels | None) -> NamedPairs:
    found = read_pair_file(file, labels=labels, missing=config.missing)
    pairs = found.pairs
    if config.media_dir:
        allowed = Allowed(config.media_dir, config.absolute_paths)
        outside = {pair.image_path for pair in pairs if not allowed.has(pair.image_path)}
        if outside:
            show(
                f"{name}: not shown, since they lie outside media_dir={config.media_dir} (links are followed): "
                f"{len(outside)} pictures, first: {min(outside)}. Name a folder that holds them",
                file=sys.stderr,
            )
        pairs = [replace(pair, image_path="") if pair.image_path in outside else pair for pair in pairs]
    return NamedPairs(name=name, pairs=pairs, unlabelled=found.unlabelled)


def _show(
    sets: Sequence[NamedPairs], config: EvalConfig, output: Path, *, settings: dict[str, Any], image_root: Path
) -> list[SetScores]:
    """Score the sets that have labels, write all files, print the table and where the files are."""
    scores = [_score(one.name, one.labelled, with_cdm=config.cdm) for one in sets if one.labelled]
    written = [output / f"{one.name}_pred.json" for one in sets]
    if scores:
        written = write_results(output, scores, {"sets": settings}, image_root=image_root)
        show(screen_table(scores))
    for one in scores:
        if one.counts.failures:
            show(_failures(one))
        if one.faithful:
            show(_over_corrected(one.name, one.faithful))
        if one.calibration and one.calibration.accepted:
            show(_trusted(one.name, one.calibration, one.calibration.accepted))
    for each in sets:
        print("".join(f"{printable(line)}\n" for line in _remarks(each)), end="")
    show(f"\nfiles in {output}: " + ", ".join(path.name for path in written))
    return scores


def _remarks(one: NamedPairs) -> Iterator[str]:
    """What else must be known about a set."""
    if not one.labelled:
        yield f"{one.name}: no labels, nothing scored; {len(one.pairs)} predictions are in {one.name}_pred.json"
        if failed := [pair for pair in one.pairs if pair.failure]:
            detail = failed[0].extra.get("detail", failed[0].failure)
            yield f"{one.name}: {len(failed)} of {len(one.pairs)} failed; first: {failed[0].id}: {detail}"
    elif one.unlabelled:
        yield f"{one.name}: {len(one.unlabelled)} of {len(one.pairs)} have no label and are not scored"
    if count := sum("unwrapped" in pair.extra for pair in one.pairs):
        yield f"{one.name}: unwrapped: {count} (code fences, dollars, reasoning or the like around the answer)"


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


def _over_corrected(name: str, found: Faithful) -> str:
    right, plausible = (f"{one.value:.2f} % [{one.low:.2f}, {one.high:.2f}]" for one in (found.right, found.plausible))
    return printable(
        f"{name}: {found.n} changed formulas: read as written {right}, as the plausible formula instead {plausible}"
    )


def _trusted(name: str, calibration: Calibration, accepted: Accepted) -> str:
    share, precision = accepted.share, accepted.precision
    right = "" if precision is None else f", {precision.value:.2f} % [{precision.low:.2f}, {precision.high:.2f}] right"
    return printable(
        f"{name}: accepted: {accepted.n} ({share.value:.2f} % [{share.low:.2f}, {share.high:.2f}]){right}; "
        f"Brier score {calibration.brier:.4f}, ECE {calibration.ece:.4f}, area under the risk-coverage curve "
        f"{calibration.aurc:.4f}"
    )


def _changed(config: EvalConfig) -> str:
    """The settings that are not the defaults, on one line; all of them are in the result files."""
    default = EvalConfig.__dataclass_fields__
    values = asdict(config) | {"base_url": without_credentials(config.base_url)}
    changed = {field.name: values[field.name] for field in fields(config) if _differs(values, default, field.name)}
    return "settings: " + " ".join(f"{name}={_plain(value)}" for name, value in changed.items())


def _differs(values: dict[str, Any], default: dict[str, Any], name: str) -> bool:
    return values[name] != default[name].default and values[name] not in ((), {}, None)


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


if __name__ == "__main__":
    sys.exit(main())
