"""A calibrated probability of being right, and whether to accept an answer; plain numbers, applied without a library.

`fitting` fits it and ``unimumer calibrate`` writes it as JSON.
"""

from __future__ import annotations

import bisect
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError
from unimumer_data.latex.conventions import VERSION as CANONICAL_VERSION
from unimumer_data.support.config import make_config
from unimumer_data.support.files import read_text
from unimumer_data.tasks.answers import PLAIN
from unimumer_eval.scores import Form, Pair

from .evidence import FEATURES, Evidence, features_of

SCHEMA = "unimumer-calibration"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One feature of a logistic regression.

    Args:
        name: see `evidence.FEATURES`.
        weight: of the standardised value.
        mean, scale: of the values that it was fitted on.
        low, high: their range; values outside count as its ends, so that nothing is extrapolated.
    """

    name: str
    weight: float
    mean: float
    scale: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """From features to a probability.

    Args:
        weights, intercept: of a logistic regression (Platt's scaling with several features).
        steps: of an isotonic regression after it: points (probability before, after), between which lines run.
    """

    weights: tuple[Weight, ...]
    intercept: float
    steps: tuple[tuple[float, float], ...] = ()

    def __call__(self, features: Mapping[str, float]) -> float:
        """The probability; KeyError for a feature that is not known."""
        total = self.intercept
        for one in self.weights:
            value = min(max(features[one.name], one.low), one.high)
            total += one.weight * (value - one.mean) / one.scale
        return interpolate(self.steps, logistic(total))


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Of the answers that are accepted, at least the share ``target`` is right.

    Args:
        target: fraction.
        confidence: how often the promise is kept, over calibration sets that could have been drawn.
        threshold: the probability from which on an answer is accepted; None accepts none.
        bound: the argument for it.
        n: samples that the threshold was chosen on.
        accepted, right: how many of them it accepts, and how many of those are right.
        at_least: lower confidence bound of the share that is right among the accepted.
    """

    target: float
    confidence: float
    threshold: float | None
    bound: str
    n: int
    accepted: int
    right: int
    at_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrator:
    """What ``calibration.json`` holds.

    Args:
        set: name of the validation set.
        form: in which an answer must be equal to its label to be right.
        method: ``platt`` or ``isotonic``.
        curve: the probability.
        promise: the threshold.
        measured: Brier score, ECE and the area under the risk-coverage curve, on samples that were not fitted on.
        settings: how the answers came about.
    """

    set: str
    form: Form
    method: str
    curve: Curve
    promise: Promise
    measured: Mapping[str, float]
    settings: Mapping[str, Any]

    def probability(self, evidence: Evidence, expression: str) -> float | None:
        """How probable it is that an answer is right; None where a feature is not known of it."""
        if not expression.strip():
            return 0.0
        try:
            return self.curve(features_of(evidence, expression))
        except KeyError:
            return None

    def accepts(self, probability: float | None) -> bool:
        """Whether the promise covers an answer."""
        threshold = self.promise.threshold
        return probability is not None and threshold is not None and probability >= threshold

    def judge(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Predictions with their calibrated probability as confidence, and ``accept`` in ``extra``.

        Raises:
            ConfigError: the answers lack what the probability is made of.
        """
        judged = []
        for pair in pairs:
            evidence = pair.extra.get("evidence", {})
            probability = None if pair.failure else self.probability(evidence, pair.pred)
            accept = pair.answered and self.accepts(probability)
            judged.append(replace(pair, confidence=probability, extra={**pair.extra, "accept": accept}))
        if any(pair.answered for pair in judged) and all(pair.confidence is None for pair in judged if pair.answered):
            names = ", ".join(f"{one.name} ({FEATURES.get(one.name, 'not known')})" for one in self.curve.weights)
            raise ConfigError(f"calibration: no answer has all that the probability is made of: {names}. {self.cure}")
        return judged

    @property
    def cure(self) -> str:
        """How to ask, in one sentence."""
        keys = " ".join(f"{name}={value}" for name, value in asking(self.settings).items())
        return f"Ask as for {self.set}{keys and ': ' + keys}"

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        """Warnings about what differs from the validation set and breaks the promise.

        Raises:
            ConfigError: the question is asked in another way.
        """
        if asking(settings) != asking(self.settings):
            now = " ".join(f"{name}={value}" for name, value in asking(settings).items()) or "plain recognition"
            raise ConfigError(f"calibration: made for another way of asking than {now}. {self.cure}")
        both = [key for key in _WHO if key in self.settings and key in settings]
        return [
            f"calibration: {key} was {self.settings[key]!r} and is {settings[key]!r}; its promise does not hold then"
            for key in both
            if self.settings[key] != settings[key]
        ]

    def to_json(self) -> str:
        """The text of ``calibration.json``."""
        content = {"schema": SCHEMA, "version": VERSION, "canonical": CANONICAL_VERSION, **asdict(self)}
        return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n"


def asking(settings: Mapping[str, Any]) -> dict[str, Any]:
    """How the question was asked, without what is usual: ``task=record`` is plain recognition here."""
    found = {name: settings[name] for name in _ASKING if settings.get(name)}
    if found.get("task") in ("record", PLAIN):
        del found["task"]
    return {name: value for name, value in found.items() if (name, value) != ("n", 1)}


_ASKING = ("task", "vote", "rounds", "temperature", "n")
_WHO = (
    *("model_sha256", "adapter_sha256", "function_sha256", "dtype", "system", "top_p", "max_tokens"),
    *("image_max_pixels", "image_min_pixels"),
)
KEPT = (*_ASKING, *_WHO, "model", "engine", "data", "data_sha256")
"""Settings of a run that a calibration keeps."""


def read_calibrator(path: Path) -> Calibrator:
    """Read a ``calibration.json``.

    Raises:
        ConfigError: it is missing, or not one that this version can apply.
    """
    try:
        content = json.loads(read_text(path))
        schema, version = content.pop("schema"), content.pop("version")
        canonical = content.pop("canonical")
        if (schema, version) != (SCHEMA, VERSION):
            raise ValueError(f"schema {schema!r}, version {version!r}")
        if canonical != CANONICAL_VERSION:
            raise ValueError(f"of canonical rules {canonical}; now they are {CANONICAL_VERSION}")
        curve = content.pop("curve")
        weights = tuple(make_config(Weight, one, origin="weights") for one in curve["weights"])
        steps = tuple((float(x), float(y)) for x, y in curve["steps"])
        promise = make_config(Promise, content.pop("promise"), origin="promise")
        if not all(math.isfinite(one.scale) and one.scale > 0 for one in weights):
            raise ValueError("a scale that is not above 0")
        found = Curve(weights=weights, intercept=float(curve["intercept"]), steps=steps)
        return Calibrator(**content, curve=found, promise=promise)
    except FileNotFoundError:
        raise ConfigError(f"calibration={path}: no such file; unimumer calibrate RESULTS writes one") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(
            f"calibration={path}: not a calibration that can be applied ({error}); write it with unimumer calibrate"
        ) from error


def logistic(value: float) -> float:
    """1 / (1 + exp(-value)), without overflow.

    >>> logistic(0.0), logistic(-1000.0)
    (0.5, 0.0)
    """
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    power = math.exp(max(value, -745.0))
    return power / (1.0 + power) if value > -745.0 else 0.0


def interpolate(steps: tuple[tuple[float, float], ...], value: float) -> float:
    """The value on the lines between the steps, level beyond their ends; the value itself without steps.

    >>> interpolate(((0.25, 0.0), (0.75, 1.0)), 0.5), interpolate((), 0.5)
    (0.5, 0.5)
    """
    if not steps:
        return value
    place = bisect.bisect_right(steps, value, key=lambda step: step[0])
    if place in (0, len(steps)):
        return steps[min(place, len(steps) - 1)][1]
    (x0, y0), (x1, y1) = steps[place - 1], steps[place]
    return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
