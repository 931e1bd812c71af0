"""What a metric is: what each sample adds to a sum, and the figure of a set made of those sums.

Both the value and every bootstrap resample are functions of sums over samples, so a metric gives columns, not a
number. Two kinds differ in what they look at: a token metric is computed in each form (raw, strict, loose), a text
metric once, on the texts as they are.

To add one, write a file with a `Metric` beside this one and name it in `metrics.py`. It then appears in scores.json,
scores.csv, all tables, the report and comparisons of runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import starmap
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from .cdm import Cdm, cdm_many
from .forms import Reading, Tokens
from .intervals import Estimate, estimate, wilson

Columns = NDArray[np.float64]
Batch = TypeVar("Batch", "TokenPairs", "TextPairs")
Kind = Literal["share", "mean", "rate"]


def mean_percent(sums: Columns, n: int) -> Columns:
    """Percent: the mean of the first column."""
    return 100 * sums[:, 0] / n


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Generic[Batch]):
    """One figure of a set.

    Args:
        name: key in scores.json, scores.csv and compare.json.
        title: heading in tables and in the report.
        kind: ``share``: each sample is right or not; Wilson's interval. ``mean``: of values from 0 to 1; bootstrap,
            but Wilson's interval where all samples are 0 or all are 1. ``rate``: any other function of sums;
            bootstrap.
        columns: the batch -> what each sample adds, ``[n, k]``.
        figure: sums ``[B, k]`` and n -> ``[B]`` percent.
        lower_is_better: whether a smaller figure is the better one.
        in_tables: whether tables have a column of it; files always do.
    """

    name: str
    title: str
    kind: Kind
    columns: Callable[[Batch], Columns]
    figure: Callable[[Columns, int], Columns] = mean_percent
    lower_is_better: bool = False
    in_tables: bool = True

    def value(self, columns: Columns) -> float:
        """The figure of a set, percent; ``columns`` are ``[n, k]``."""
        return float(self.figure(columns.sum(axis=0, keepdims=True), len(columns))[0])

    def estimate(self, columns: Columns, sums: Columns) -> Estimate:
        """The figure with its 95 % interval.

        Args:
            columns: ``[n, k]``.
            sums: ``[B, k]`` of resamples; not looked at for a share.
        """
        n = len(columns)
        if self.kind == "share":
            return wilson(round(float(columns[:, 0].sum())), n)
        value = self.value(columns)
        if self.kind == "mean" and value in (0.0, 100.0):
            return wilson(n if value else 0, n)
        return estimate(value, self.figure(sums, n))


@dataclass(frozen=True)
class TokenPairs:
    """Labels and answers in one form.

    Args:
        labels, answers: n token lists each.
        answered: whether label and answer have a token, ``[n]``; where not, the sample is wrong.
    """

    labels: Sequence[Tokens]
    answers: Sequence[Tokens]
    answered: NDArray[np.bool_]

    def __iter__(self) -> Iterator[tuple[Tokens, Tokens]]:
        return zip(self.labels, self.answers, strict=True)

    @cached_property
    def edits(self) -> Columns:
        """Token edits of each sample, ``[n]``."""
        return np.array(list(starmap(_edits, self)), dtype=np.float64)

    @cached_property
    def lengths(self) -> Columns:
        """Tokens of label and answer, ``[n, 2]``."""
        return np.array([(len(label), len(answer)) for label, answer in self], dtype=np.float64).reshape(-1, 2)


@dataclass(frozen=True)
class TextPairs:
    """Labels and answers as texts. Results that several metrics need are computed once.

    Args:
        texts: n times label and answer.
        readings: n times the same in all forms.
        answered: whether label and answer have a token, ``[n]``; where not, every text metric is 0.
        workers: processes for CDM.
        progress: called after every pair.
    """

    texts: Sequence[tuple[str, str]]
    readings: Sequence[tuple[Reading, Reading]]
    answered: NDArray[np.bool_]
    workers: int = 1
    progress: Callable[[], object] | None = field(default=None, repr=False)

    @cached_property
    def cdm(self) -> list[Cdm]:
        """CDM of each pair."""
        return list(cdm_many(self.texts, workers=self.workers, progress=self.progress))


def column(values: Sequence[float] | Columns) -> Columns:
    """One value a sample as the one column of a metric, ``[n, 1]``."""
    return np.asarray(values, dtype=np.float64).reshape(-1, 1)


def _edits(label: Tokens, answer: Tokens) -> int:
    return 0 if label == answer else Levenshtein.distance(label, answer)
