"""Whether a model's confidence can be believed: of answers given with 0.8, are 80 % right? Does it rank them?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from .intervals import Estimate, wilson

BINS = 10
CURVE = 40
"""Points of a risk-coverage curve that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Answers whose confidence is in [low, high); the last bin includes 1.

    Args:
        confidence: mean confidence, fraction.
        accuracy: share that is right in the strict form, fraction.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveragePoint:
    """Answers with a confidence of ``confidence`` or more.

    Args:
        coverage: their share of all, fraction.
        risk: share of them that is wrong, fraction.
    """

    confidence: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The answers that a threshold accepts.

    Args:
        n: how many.
        share: of all samples, those without an answer included; percent with interval.
        precision: share of the accepted that is right, percent with interval; None where none is accepted.
    """

    n: int
    share: Estimate
    precision: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Confidence against truth, over the samples that carry a confidence.

    Args:
        n: samples with a confidence.
        ece: expected calibration error with ten bins of equal width, fraction (Guo et al. 2017, arXiv 1706.04599).
        brier: mean squared difference of confidence and truth.
        bins: those that have samples.
        aurc: area under the risk-coverage curve: the mean, over all k, of the share that is wrong among the k most
            confident answers, fraction (Geifman and El-Yaniv 2017, arXiv 1705.08500). Of equal confidences the wrong
            ones are spread evenly.
        curve: that curve, some points of it, from the most confident on.
        accepted: what a threshold accepts; None where there is none.
    """

    n: int
    ece: float
    brier: float
    bins: tuple[ReliabilityBin, ...]
    aurc: float
    curve: tuple[CoveragePoint, ...]
    accepted: Accepted | None = None


def calibrate(
    confidences: Sequence[float | None], right: Sequence[bool], accept: Sequence[bool | None] = ()
) -> Calibration | None:
    """Calibration of the samples with a confidence; None if there is none.

    Args:
        confidences, right: of all samples.
        accept: whether a threshold accepts each of them, where there is a threshold.

    >>> calibrate([0.75, 0.75, None], [True, False, True]).ece
    0.25
    """
    known = [(c, bool(r)) for c, r in zip(confidences, right, strict=True) if c is not None]
    if not known:
        return None
    members: dict[int, list[tuple[float, bool]]] = {}
    for confidence, truth in known:
        members.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, truth))
    bins = tuple(
        ReliabilityBin(
            low=number / BINS,
            high=(number + 1) / BINS,
            n=len(group),
            confidence=sum(c for c, _ in group) / len(group),
            accuracy=sum(r for _, r in group) / len(group),
        )
        for number, group in sorted(members.items())
    )
    return Calibration(
        n=len(known),
        ece=sum(b.n * abs(b.accuracy - b.confidence) for b in bins) / len(known),
        brier=sum((c - r) ** 2 for c, r in known) / len(known),
        bins=bins,
        aurc=_area(known),
        curve=_curve(known),
        accepted=_accepted(accept, right) if any(one is not None for one in accept) else None,
    )


def _area(known: Sequence[tuple[float, bool]]) -> float:
    total, seen, wrong = 0.0, 0, 0
    for _, group in _ranked(known):
        errors = sum(not truth for _, truth in group)
        total += sum((wrong + errors * k / len(group)) / (seen + k) for k in range(1, len(group) + 1))
        seen, wrong = seen + len(group), wrong + errors
    return total / seen


def _curve(known: Sequence[tuple[float, bool]]) -> tuple[CoveragePoint, ...]:
    points, seen, wrong = [], 0, 0
    for confidence, group in _ranked(known):
        seen, wrong = seen + len(group), wrong + sum(not truth for _, truth in group)
        points.append(CoveragePoint(confidence=confidence, coverage=seen / len(known), risk=wrong / seen))
    if len(points) <= CURVE:
        return tuple(points)
    return tuple(points[round(k * (len(points) - 1) / (CURVE - 1))] for k in range(CURVE))


def _ranked(known: Sequence[tuple[float, bool]]) -> Iterator[tuple[float, list[tuple[float, bool]]]]:
    """Answers of one confidence, the most confident first."""
    for confidence, group in groupby(sorted(known, reverse=True), key=itemgetter(0)):
        yield confidence, list(group)


def _accepted(accept: Sequence[bool | None], right: Sequence[bool]) -> Accepted:
    hits = [truth for chosen, truth in zip(accept, right, strict=True) if chosen]
    return Accepted(
        n=len(hits),
        share=wilson(len(hits), len(accept)),
        precision=wilson(sum(hits), len(hits)) if hits else None,
    )
