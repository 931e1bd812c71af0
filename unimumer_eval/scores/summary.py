"""Every score of one test set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unimumer_data.errors import PredictionError
from unimumer_data.tasks.answers import is_runaway

from .calibration import Calibration, calibrate
from .confusions import Alignment, align
from .forms import FORMS, Form, Reading, read
from .groups import MEASURES, Group, group_scores
from .intervals import RESAMPLES
from .outcomes import OUTCOMES, Outcome, outcome_of
from .pairs import Pair, mark_duplicates
from .published import Published, published_scores
from .rates import FormScores, edits_of, form_columns, form_scores, right_of
from .visual import Visual

_NOT_ALIGNED: frozenset[Outcome] = frozenset(("missing", "duplicate", "failed", "empty", "runaway"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One pair with what became of it.

    Args:
        label, answer: both in every form.
        outcome: see `outcomes.Outcome`.
        edits: token edits in each form.
        measures: length, depth and complexity of the label.
    """

    pair: Pair
    label: Reading
    answer: Reading
    outcome: Outcome
    edits: Mapping[Form, int]
    measures: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many samples have what; one sample may have several.

    Args:
        missing, duplicate, failed: no usable prediction; ``failed`` is the engine's.
        failures: reason -> samples, of all three.
        empty: predictions that are there but have no token.
        runaway: predictions out of proportion, see `answers.is_runaway`.
        unparsable: predictions that cannot be read as LaTeX.
        unparsable_labels, empty_labels: labels that cannot be read, or have no token.
    """

    missing: int
    duplicate: int
    failed: int
    failures: Mapping[str, int]
    empty: int
    runaway: int
    unparsable: int
    unparsable_labels: int
    empty_labels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetScores:
    """One scored test set.

    Args:
        name: of the set.
        n: samples; nothing is ever left out.
        published: the figures of the published evaluator.
        forms: the figures in raw, strict and loose form, with intervals.
        counts: empty, runaway, unparsable ... answers.
        outcomes: outcome -> samples; adds up to n.
        groups: length, depth, complexity -> ExpRate by group.
        alignment: confusions, single symbols, symbol and structure edits.
        calibration: of the confidence; None where the predictions carry none.
        resamples, seed: of the bootstrap.
        visual: CDM and structure F1; None where they were left out.
        samples: every pair with its outcome, in the order given.
        columns: sums of each sample, ``[n, WIDTH]`` a form, for comparing runs.
    """

    name: str
    n: int
    published: Published
    forms: Mapping[Form, FormScores]
    counts: Counts
    outcomes: Mapping[Outcome, int]
    groups: Mapping[str, tuple[Group, ...]]
    alignment: Alignment
    calibration: Calibration | None
    resamples: int
    seed: int
    samples: tuple[Sample, ...] = field(repr=False)
    columns: Mapping[Form, NDArray[np.float64]] = field(repr=False)
    visual: Visual | None = None


def score_set(name: str, pairs: Iterable[Pair], *, resamples: int = RESAMPLES, seed: int = 0) -> SetScores:
    """Score one test set. Every pair counts: what failed, is missing or came twice is wrong, never left out.

    The published figures take a second prediction for one id as it stands, as the published evaluator does.

    Args:
        resamples: bootstrap resamples of the intervals; 0 for none.
        seed: of the bootstrap.

    Raises:
        PredictionError: no pairs.
    """
    given = tuple(pairs)
    if not given:
        raise PredictionError(f"{name}: no predictions to score; is the file an empty array?")
    marked = mark_duplicates(given)
    labels = [read(pair.gt) for pair in marked]
    answers = [read(pair.answer) for pair in marked]
    columns = form_columns(labels, answers)
    right = {form: right_of(columns[form]).tolist() for form in FORMS}
    edits = {form: edits_of(columns[form]).tolist() for form in FORMS}
    values = {measure.name: [measure.of(label.strict) for label in labels] for measure in MEASURES}
    samples = tuple(
        Sample(
            pair=pair,
            label=label,
            answer=answer,
            outcome=outcome_of(pair, label, answer),
            edits={form: edits[form][i] for form in FORMS},
            measures={measure: values[measure][i] for measure in values},
        )
        for i, (pair, label, answer) in enumerate(zip(marked, labels, answers, strict=True))
    )
    tally = Counter(sample.outcome for sample in samples)
    return SetScores(
        name=name,
        n=len(samples),
        published=published_scores(given),
        forms=form_scores(columns, resamples=resamples, seed=seed),
        counts=_counts(samples),
        outcomes={outcome: tally[outcome] for outcome in OUTCOMES},
        groups={m.name: group_scores(m, values[m.name], *(right[form] for form in FORMS)) for m in MEASURES},
        alignment=align((i, s.label.strict, s.answer.strict) for i, s in enumerate(samples) if _can_align(s)),
        calibration=calibrate([pair.confidence for pair in marked], right["strict"]),
        resamples=resamples,
        seed=seed,
        samples=samples,
        columns=columns,
    )


def _can_align(sample: Sample) -> bool:
    return sample.outcome not in _NOT_ALIGNED and not (sample.label.fault or sample.answer.fault)


def _counts(samples: tuple[Sample, ...]) -> Counts:
    outcomes = Counter(sample.outcome for sample in samples)
    return Counts(
        missing=outcomes["missing"],
        duplicate=outcomes["duplicate"],
        failed=outcomes["failed"],
        failures=dict(Counter(sample.pair.failure for sample in samples if sample.pair.failure)),
        empty=outcomes["empty"],
        runaway=sum(is_runaway(sample.pair.gt, sample.pair.answer) for sample in samples),
        unparsable=sum(sample.answer.fault is not None for sample in samples),
        unparsable_labels=sum(sample.label.fault is not None for sample in samples),
        empty_labels=sum(not sample.label.raw for sample in samples),
    )
