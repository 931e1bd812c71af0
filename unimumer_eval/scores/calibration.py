"""Whether a model's confidence can be believed: of answers given with 0.8, are 80 % right?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10


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
class Calibration:
    """Confidence against truth, over the samples that carry a confidence.

    Args:
        n: samples with a confidence.
        ece: expected calibration error with ten bins of equal width, fraction (Guo et al. 2017, arXiv 1706.04599).
        brier: mean squared difference of confidence and truth.
        bins: those that have samples.
    """

    n: int
    ece: float
    brier: float
    bins: tuple[ReliabilityBin, ...]


def calibrate(confidences: Sequence[float | None], right: Sequence[bool]) -> Calibration | None:
    """Calibration of the samples with a confidence; None if there is none.

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
    )
