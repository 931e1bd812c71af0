"""The figures of a set in each form and on its texts, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .forms import FORMS, Form, Reading, Tokens
from .intervals import Estimate, resampled_sums
from .metric import Columns, Metric, TextPairs, TokenPairs
from .metrics import TEXT_METRICS, TOKEN_METRICS

Figures = Mapping[str, Estimate]
"""Name of a metric -> the figure of a set with its interval, percent."""
SampleColumns = Mapping[str, Columns]
"""Name of a metric -> what each sample adds to its sums, ``[n, k]``."""


def token_columns(
    labels: Sequence[Reading], answers: Sequence[Reading], answered: NDArray[np.bool_]
) -> tuple[dict[Form, SampleColumns], dict[Form, list[int]]]:
    """What each sample adds to the token metrics in each form, and its token edits.

    A sample that reads the same in one form and the next is not computed again.
    """
    columns: dict[Form, SampleColumns] = {}
    edits: dict[Form, list[int]] = {}
    before: list[tuple[Tokens, Tokens] | None] = [None] * len(labels)
    known: SampleColumns = {}
    counted = np.zeros(len(labels), dtype=np.int64)
    for form in FORMS:
        pairs = [(label.tokens(form), answer.tokens(form)) for label, answer in zip(labels, answers, strict=True)]
        fresh = [i for i, pair in enumerate(pairs) if pair != before[i]]
        if fresh:
            batch = TokenPairs([pairs[i][0] for i in fresh], [pairs[i][1] for i in fresh], answered[fresh])
            known = {m.name: _replaced(known.get(m.name), m.columns(batch), fresh, len(pairs)) for m in TOKEN_METRICS}
            counted[fresh] = batch.edits
        columns[form], edits[form], before = known, counted.tolist(), list(pairs)
    return columns, edits


def text_columns(pairs: TextPairs) -> SampleColumns:
    """What each sample adds to the text metrics; a sample without an answer adds nothing."""
    return {metric.name: metric.columns(pairs) * pairs.answered[:, None] for metric in TEXT_METRICS}


def all_figures(
    tokens: Mapping[Form, SampleColumns], texts: SampleColumns, *, resamples: int, seed: int
) -> tuple[Mapping[Form, Figures], Figures]:
    """The figures of every form, and those of the texts; all share their draws, so that they can be compared."""
    parts: list[tuple[Metric[Any], Columns]] = [
        (metric, tokens[form][metric.name]) for form in FORMS for metric in TOKEN_METRICS
    ]
    parts += [(metric, texts[metric.name]) for metric in TEXT_METRICS if metric.name in texts]
    drawn = [block for metric, block in parts if _is_drawn(metric)]
    sums = resampled_sums(np.hstack(drawn), resamples=resamples, seed=seed)
    estimates: list[Estimate] = []
    start = 0
    for metric, block in parts:
        stop = start + block.shape[1] * _is_drawn(metric)
        estimates.append(metric.estimate(block, sums[:, start:stop]))
        start = stop
    found = iter(estimates)
    forms: dict[Form, Figures] = {form: {metric.name: next(found) for metric in TOKEN_METRICS} for form in FORMS}
    return forms, {metric.name: next(found) for metric in TEXT_METRICS if metric.name in texts}


def _is_drawn(metric: Metric[Any]) -> bool:
    return metric.kind != "share"


def _replaced(known: Columns | None, fresh: Columns, rows: Sequence[int], n: int) -> Columns:
    columns = np.zeros((n, fresh.shape[1])) if known is None else known.copy()
    columns[rows] = fresh
    return columns
