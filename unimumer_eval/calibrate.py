"""Learn from a validation set which answers can be trusted.

    unimumer calibrate results/val target=0.99
    unimumer eval model=outputs/unimumer data=my_test calibration=results/val/calibration.json

The first folder holds the results of `unimumer eval` on a validation set that the model was not trained on. One half
of its answers fits a probability of being right; the other half sets the threshold: of future answers that reach it,
at least the share target= is right, with the probability confidence=. The promise holds for pictures that are drawn
as those of the validation set were, and for no others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from unimumer_data.errors import ConfigError, PredictionError
from unimumer_data.records.predictions import find_prediction_files
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import read_text, write_whole
from unimumer_data.support.tables import show

from .pair_files import read_predictions
from .scores import Pair, score_set
from .scores.calibration import calibrate
from .trust.calibrator import KEPT, Calibrator
from .trust.evidence import features_of

NAME = "calibration.json"
_NEVER = -1.0  # below every threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateConfig:
    """Keys of `unimumer calibrate RESULTS [key=value ...]`."""

    target: float = option(0.99, "share of the accepted answers that shall be right")
    confidence: float = option(0.9, "how sure the promise is: over validation sets that could have been drawn")
    set: str | None = option(None, "which set of the folder, where it holds several")
    form: Literal["raw", "strict", "loose"] = option("strict", "form in which an answer must be equal to its label")
    method: Literal["platt", "isotonic"] = option(
        "platt", "how the probability is fitted; isotonic needs a thousand samples or more"
    )
    fit: float = option(0.5, "share of the samples that fits the probability; the others set the threshold")
    seed: int = option(0, "of the draw of these two parts")
    output: Path | None = option(None, f"file to write; by default {NAME} in the folder")

    def __post_init__(self) -> None:
        for key in ("target", "confidence", "fit"):
            if not 0 < getattr(self, key) < 1:
                raise ConfigError(f"{key} must be between 0 and 1, got {getattr(self, key)}")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words(
        "unimumer calibrate", __doc__, argv, keys=keys_of(CalibrateConfig), metavar="RESULTS | key=value"
    )
    paths = [Path(word) for word in words if "=" not in word]
    return run_command(lambda: _run(paths, load_config(CalibrateConfig, [word for word in words if "=" in word])))


def _run(paths: Sequence[Path], config: CalibrateConfig) -> None:
    if len(paths) != 1:
        raise ConfigError("name one folder with the results of unimumer eval, or one prediction file in it")
    name, file = _chosen(find_prediction_files(paths), config.set)
    pairs = read_predictions(file)
    settings = _settings(file.with_name(f"{name}_run.json"))
    found = calibrator_of(name, pairs, config, settings)
    output = config.output or file.with_name(NAME)
    write_whole(output, found.to_json())
    show(_summary(found, len(pairs), config))
    show(f"use it: calibration={output}")


def calibrator_of(
    name: str, pairs: Sequence[Pair], config: CalibrateConfig, settings: Mapping[str, Any]
) -> Calibrator:
    """Fit the probability on one part of a validation set and choose the threshold on the other.

    Answers that failed or are empty, and those that lack a feature that nearly all others have, take no part in the
    fit and are never accepted.

    Args:
        name: of the set.
        pairs: predictions with labels.
        config: what is promised.
        settings: how the predictions came about.

    Raises:
        PredictionError: the answers do not allow it; says why.
    """
    import numpy as np

    from .trust.fitting import fit, known_features
    from .trust.threshold import choose, thresholds

    rows = [features_of(pair.extra.get("evidence", {}), pair.pred) if pair.answered else {} for pair in pairs]
    scores = score_set(name, pairs, resamples=0)
    right = scores.columns[config.form]["exprate"][:, 0] == 1
    try:
        names = known_features([row for row in rows if row])
        order = np.random.default_rng(config.seed).permutation(len(pairs))
        cut = round(config.fit * len(pairs))
        whole = [all(one in row for one in names) for row in rows]
        first = [i for i in order[:cut] if whole[i]]
        curve = fit([{one: rows[i][one] for one in names} for i in first], [right[i] for i in first], config.method)
    except PredictionError as error:
        raise PredictionError(f"{name}: {error}") from error
    known = np.array([curve(row) if good else _NEVER for row, good in zip(rows, whole, strict=True)])
    second = order[cut:]
    promise = choose(
        thresholds(known[order[:cut]], right[order[:cut]], len(second), confidence=config.confidence),
        known[second],
        right[second],
        target=config.target,
        confidence=config.confidence,
    )
    return Calibrator(
        set=name,
        form=config.form,
        method=config.method,
        curve=curve,
        promise=promise,
        measured=_measured([known[i] for i in second if whole[i]], [right[i] for i in second if whole[i]]),
        settings={key: settings[key] for key in KEPT if key in settings},
    )


def _measured(probabilities: Sequence[float], right: Sequence[bool]) -> dict[str, float]:
    found = calibrate(probabilities, right)
    return {} if found is None else {"brier": found.brier, "ece": found.ece, "aurc": found.aurc}


def _chosen(files: Mapping[str, Path], name: str | None) -> tuple[str, Path]:
    if name is None and len(files) == 1:
        return next(iter(files.items()))
    if name is None or name not in files:
        raise ConfigError(f"set= must name one of the sets: {', '.join(files)}")
    return name, files[name]


def _settings(path: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = json.loads(read_text(path))["settings"]
    except FileNotFoundError:
        return {}  # predictions of others
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise PredictionError(f"{path}: cannot be read ({error}); remove it") from error
    return settings


def _summary(found: Calibrator, n: int, config: CalibrateConfig) -> str:
    from .trust.threshold import needed

    promise, measured = found.promise, found.measured
    lines = [
        f"{found.set}: {n} samples, {n - promise.n} to fit the probability, {promise.n} to set the threshold",
        "made of: " + ", ".join(one.name for one in found.curve.weights),
        f"on the second part: Brier score {measured['brier']:.4f}, ECE {measured['ece']:.4f}, area under the "
        f"risk-coverage curve {measured['aurc']:.4f}",
    ]
    if promise.threshold is None:
        least = needed(config.target, config.confidence)
        lines.append(
            f"no threshold keeps the promise, so no answer will be accepted: it takes {least} accepted answers "
            "without an error, or more with a few. Take more samples, a lower target= or a lower confidence="
        )
    else:
        lines.append(
            f"threshold {promise.threshold:.6f} accepts {100 * promise.accepted / promise.n:.1f} % of the pictures; "
            f"{promise.right} of {promise.accepted} accepted answers are right, hence {100 * promise.at_least:.2f} % "
            f"or more of all such pictures, with a confidence of {100 * promise.confidence:g} % ({promise.bound})"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
