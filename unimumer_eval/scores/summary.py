"""Every score of one test set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unimumer_data.errors import PredictionError
from unimumer_data.tasks.answers import is_runaway

from .calibration import Calibration, calibrate
from .confusions import Alignment, align
from .faithful import Faithful, faithful
from .forms import FORMS, TOO_LONG, Form, Reading, read
from .groups import MEASURES, Group, group_scores
from .intervals import RESAMPLES
from .kinds import KindScore, kind_scores
from .metric import TextPairs
from .outcomes import OUTCOMES, Outcome, outcome_of
from .pairs import Pair, mark_duplicates
from .published import Published, published_scores
from .rates import Figures, SampleColumns, all_figures, text_columns, token_columns

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
        forms: raw, strict, loose -> token metrics, percent, with intervals.
        metrics: text metrics (CDM, structure F1 ...), percent, with intervals; empty where they were left out.
        counts: empty, runaway, unparsable ... answers.
        outcomes: outcome -> samples; adds up to n.
        groups: length, depth, complexity -> ExpRate by group.
        kinds: ExpRate by kind of formula; a sample may be of several.
        alignment: confusions, single symbols, symbol and structure edits.
        calibration: of the confidence; None where the predictions carry none.
        faithful: over-correction, of samples whose ink was changed; None where there are none.
        resamples, seed: of the bootstrap.
        samples: every pair with its outcome, in the order given.
        columns: what each sample adds to each token metric of a form, for comparing runs.
        text_columns: the same of the text metrics.
    """

    name: str
    n: int
    published: Published
    forms: Mapping[Form, Figures]
    metrics: Figures
    counts: Counts
    outcomes: Mapping[Outcome, int]
    groups: Mapping[str, tuple[Group, ...]]
    kinds: tuple[KindScore, ...]
    alignment: Alignment
    calibration: Calibration | None
    faithful: Faithful | None
    resamples: int
    seed: int
    samples: tuple[Sample, ...] = field(repr=False)
    columns: Mapping[Form, SampleColumns] = field(repr=False)
    text_columns: SampleColumns = field(repr=False)


def score_set(
    name: str,
    pairs: Iterable[Pair],
    *,
    text_metrics: bool = False,
    workers: int = 1,
    progress: Callable[[], object] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> SetScores:
    """Score one test set. Every pair counts: what failed, is missing or came twice is wrong, never left out.

    The published figures take a second prediction for one id as it stands, as the published evaluator does.

    Args:
        text_metrics: compute CDM, structure F1 and the other text metrics too; they take most of the time.
        workers: processes for CDM.
        progress: called after every pair that CDM has scored.
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
    answered = np.array([pair.answered and bool(label.raw) for pair, label in zip(marked, labels, strict=True)])
    columns, edits = token_columns(labels, answers, answered)
    texts: SampleColumns = {}
    if text_metrics:
        texts = text_columns(_text_pairs(marked, labels, answers, answered, workers, progress))
    forms, metrics = all_figures(columns, texts, resamples=resamples, seed=seed)
    right = {form: (columns[form]["exprate"][:, 0] == 1).tolist() for form in FORMS}
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
        forms=forms,
        metrics=metrics,
        counts=_counts(samples),
        outcomes={outcome: tally[outcome] for outcome in OUTCOMES},
        groups={m.name: group_scores(m, values[m.name], *(right[form] for form in FORMS)) for m in MEASURES},
        kinds=kind_scores([label.strict for label in labels], *(right[form] for form in FORMS)),
        alignment=align((i, s.label.strict, s.answer.strict) for i, s in enumerate(samples) if _can_align(s)),
        calibration=calibrate(
            [pair.confidence for pair in marked], right["strict"], [pair.extra.get("accept") for pair in marked]
        ),
        faithful=faithful(marked, answers, right["strict"]),
        resamples=resamples,
        seed=seed,
        samples=samples,
        columns=columns,
        text_columns=texts,
    )


def _text_pairs(
    pairs: Sequence[Pair],
    labels: Sequence[Reading],
    answers: Sequence[Reading],
    answered: NDArray[np.bool_],
    workers: int,
    progress: Callable[[], object] | None,
) -> TextPairs:
    """What text metrics look at. Texts that are too long to be parsed are left out, and score 0 unless equal."""
    texts = [(pair.gt, pair.answer) for pair in pairs]
    scored = answered.copy()
    for index, (label, answer) in enumerate(zip(labels, answers, strict=True)):
        if TOO_LONG in (label.fault, answer.fault) and label.raw != answer.raw:
            texts[index], scored[index] = ("", ""), False
    return TextPairs(texts, list(zip(labels, answers, strict=True)), scored, workers, progress)


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
