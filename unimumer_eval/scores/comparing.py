"""Two runs over the same samples: which is better, and could that be chance?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from unimumer_data.errors import PredictionError

from .forms import Form
from .intervals import Estimate, estimate, resampled_sums
from .metrics import METRICS
from .power import smallest_difference
from .summary import SetScores

RESAMPLES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A figure of two runs.

    Args:
        first, second: the figure of each, percent.
        difference: second - first, with the 95 % interval of the paired bootstrap.
        p: two-sided, of the paired bootstrap: how often a resample turns the difference round (or makes it vanish).
    """

    first: float
    second: float
    difference: Estimate
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs over one test set.

    Args:
        set: its name.
        form: in which predictions and labels were compared.
        figures: exprate, token_error_rate ... -> `Difference`.
        won: ids that only the second run has right.
        lost: ids that only the first run has right.
        both_right, both_wrong: samples.
        mcnemar_p: two-sided exact McNemar test of won against lost.
        smallest: points of ExpRate that this many samples can show (`power.smallest_difference`), where the runs
            disagree as often as these; None where they can show no difference.
        holm_p: ``mcnemar_p`` corrected for all comparisons made together; None where there is one only.
    """

    set: str
    n: int
    form: Form
    figures: Mapping[str, Difference]
    won: tuple[str, ...]
    lost: tuple[str, ...]
    both_right: int
    both_wrong: int
    mcnemar_p: float
    smallest: float | None = None
    holm_p: float | None = None


def compare(
    first: SetScores, second: SetScores, *, form: Form = "strict", resamples: int = RESAMPLES, seed: int = 0
) -> Comparison:
    """Compare two runs over the same samples; the order of the samples may differ.

    Args:
        form: raw, strict or loose.

    Raises:
        PredictionError: the runs do not have the same samples, or not the same labels.
    """
    order = same_samples(first, second)
    ours, theirs = ({**run.columns[form], **run.text_columns} for run in (first, second))
    blocks = [
        (metric, ours[metric.name], theirs[metric.name][order])
        for metric in METRICS
        if metric.name in ours and metric.name in theirs
    ]
    right_one, right_two = ours["exprate"][:, 0] == 1, theirs["exprate"][order, 0] == 1
    ids = [sample.pair.id for sample in first.samples]
    won = tuple(ids[i] for i in np.flatnonzero(right_two & ~right_one))
    lost = tuple(ids[i] for i in np.flatnonzero(right_one & ~right_two))
    sums = resampled_sums(np.hstack([np.hstack(block[1:]) for block in blocks]), resamples=resamples, seed=seed)
    n, start = first.n, 0
    differences = {}
    for metric, one, two in blocks:
        middle, stop = start + one.shape[1], start + 2 * one.shape[1]
        before, after = metric.value(one), metric.value(two)
        drawn = metric.figure(sums[:, middle:stop], n) - metric.figure(sums[:, start:middle], n)
        start = stop
        differences[metric.name] = Difference(
            first=before, second=after, difference=estimate(after - before, drawn), p=_two_sided(drawn)
        )
    smallest = smallest_difference(n, (len(won) + len(lost)) / n)
    return Comparison(
        set=first.name,
        n=n,
        form=form,
        figures=differences,
        won=won,
        lost=lost,
        both_right=int((right_one & right_two).sum()),
        both_wrong=int((~right_one & ~right_two).sum()),
        mcnemar_p=mcnemar(len(won), len(lost)),
        smallest=None if smallest is None else 100 * smallest,
    )


def mcnemar(won: int, lost: int) -> float:
    """Two-sided exact McNemar test: are won and lost samples two sides of a fair coin?

    >>> mcnemar(1, 7)
    0.0703125
    """
    from scipy.stats import binomtest  # takes most of a second to import, and only comparisons need it

    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def _two_sided(drawn: np.ndarray) -> float:
    """Twice the smaller tail; one is added above and below, since resampling cannot show a p of 0."""
    tail = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (tail + 1) / (len(drawn) + 1))


def same_samples(first: SetScores, second: SetScores) -> list[int]:
    """Where each sample of the first run stands in the second.

    Raises:
        PredictionError: the runs do not have the same samples, or not the same labels.
    """
    places = {key: index for index, key in enumerate(_keys(second))}
    keys = _keys(first)
    strangers = [key for key in keys if key not in places]
    if strangers or len(keys) != second.n:
        example = f", first: {strangers[0][0]!r}" if strangers else ""
        raise PredictionError(
            f"{first.name}: the runs do not have the same samples ({first.n} and {second.n}; {len(strangers)} of the "
            f"first are not in the second{example}). Compare runs over the same "
            "test set; where predictions are missing, labels= with missing=wrong counts them as wrong"
        )
    order = [places[key] for key in keys]
    for sample, index in zip(first.samples, order, strict=True):
        other = second.samples[index]
        if sample.label.strict != other.label.strict:
            raise PredictionError(
                f"{first.name}: {sample.pair.id!r} has two labels: {sample.pair.gt!r} and {other.pair.gt!r}. "
                "Score both runs against the same labels"
            )
    return order


def _keys(scores: SetScores) -> list[tuple[str, int]]:
    """Id and how often it came before; a place in the file where there is no id."""
    seen: dict[str, int] = {}
    keys = []
    for sample in scores.samples:
        count = seen.get(sample.pair.id, 0)
        seen[sample.pair.id] = count + 1
        keys.append((sample.pair.id, count))
    return keys
