"""Tables of sets and scores: for the screen, for Markdown, for LaTeX. Their columns come from the list of metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unimumer_data.support.tables import write_table
from unimumer_eval.scores import TEXT_METRICS, TOKEN_METRICS, Comparison, Estimate, Metric, SetScores

Row = tuple[str, ...]

_PUBLISHED: Row = ("set", "n", "ExpRate", "<=1", "<=2", "<=3", "edit", "BLEU-4", "CER")
_TOKEN: list[Metric[Any]] = [metric for metric in TOKEN_METRICS if metric.in_tables and metric.name != "exprate"]
_TEXT: list[Metric[Any]] = [metric for metric in TEXT_METRICS if metric.in_tables]


def screen_table(sets: Sequence[SetScores]) -> str:
    """The published figures to their last digit, then the canonical forms with intervals and the odd answers."""
    published = [
        (
            scores.name,
            str(scores.published.n),
            *(f"{scores.published.rate(k):.4f}" for k in range(4)),
            f"{scores.published.edit_score:.4f}",
            f"{scores.published.bleu4:.4f}",
            f"{scores.published.character_error_rate:.4f}",
        )
        for scores in sets
    ]
    head = ("set", "raw", "strict [95 %]", "loose", "TER", "CER", "empty", "runaway", "unparsable", "failed")
    forms = [
        (
            scores.name,
            *_exprates(scores),
            _plain(scores.forms["strict"]["token_error_rate"]),
            _plain(scores.forms["strict"]["char_error_rate"]),
            str(scores.counts.empty),
            str(scores.counts.runaway),
            str(scores.counts.unparsable),
            str(sum(scores.counts.failures.values())),
        )
        for scores in sets
    ]
    return "\n".join(
        [
            "As published: tokens between white space, percent; CER is token edits / characters",
            write_table(_PUBLISHED, published, "screen"),
            "",
            "By canonical form: ExpRate, and true token and character error rates (strict), percent",
            write_table(head, forms, "screen"),
            *_text_table(sets),
            *(_warning(scores) for scores in sets if scores.counts.unparsable_labels or scores.counts.empty_labels),
        ]
    )


def _text_table(sets: Sequence[SetScores]) -> list[str]:
    rows = [(scores.name, *map(_with_interval, _text_figures(scores))) for scores in sets if scores.metrics]
    head = ("set", *(f"{metric.title} [95 %]" for metric in _TEXT))
    return ["", "On paper, percent", write_table(head, rows, "screen")] if rows else []


def comparison_table(first: str, second: str, comparisons: Sequence[Comparison]) -> str:
    """Two runs, one line a set: both ExpRates, second - first, what only one of them has right, both tests."""
    head = (
        "set", "n", first, second, f"{second} - {first} [95 %]",
        f"only {second} right", f"only {first} right", "p bootstrap", "p McNemar",
    )  # fmt: skip
    rows = []
    for comparison in comparisons:
        exprate = comparison.figures["exprate"]
        rows.append(
            (
                comparison.set,
                str(comparison.n),
                f"{exprate.first:.2f}",
                f"{exprate.second:.2f}",
                signed(exprate.difference),
                str(len(comparison.won)),
                str(len(comparison.lost)),
                f"{exprate.p:.4f}",
                f"{comparison.mcnemar_p:.4g}",
            )
        )
    return write_table(head, rows, "screen")


def comparison_notes(comparisons: Sequence[Comparison], spread: Mapping[str, float]) -> list[str]:
    """What n samples can show, and whether the difference is more than two seeds of one model differ by.

    Args:
        spread: set -> points of ExpRate by which runs of one model with other seeds differ.
    """
    notes = []
    for one in comparisons:
        found = abs(one.figures["exprate"].difference.value)
        disagree = len(one.won) + len(one.lost)
        can = "can show no difference" if one.smallest is None else f"can show {one.smallest:.2f} points or more"
        notes.append(f"{one.set}: {one.n} samples, of which {disagree} have one run right only, {can} (power 80 %)")
        if found and (one.smallest is None or found < one.smallest):
            notes.append(
                f"{one.set}: the difference of {found:.2f} is below that: more samples are needed to trust it"
            )
        if one.set in spread and found <= spread[one.set]:
            notes.append(
                f"WARNING {one.set}: the difference of {found:.2f} is no more than that of runs of one model with "
                f"other seeds, {spread[one.set]:.2f}"
            )
    return notes


def holm_table(comparisons: Mapping[tuple[str, str], Sequence[Comparison]]) -> str:
    """McNemar's p of all comparisons, and corrected for their number."""
    rows = [
        (f"{second} against {first}", one.set, f"{one.mcnemar_p:.4g}", f"{one.holm_p:.4g}")
        for (first, second), found in comparisons.items()
        for one in found
        if one.holm_p is not None
    ]
    return write_table(("runs", "set", "p McNemar", "p Holm"), rows, "screen", text_columns=2)


def differences_table(comparisons: Sequence[Comparison]) -> str:
    """Two runs, one line a set: second - first in every metric of the tables that both runs have."""
    metrics = [m for m in (*_TOKEN, *_TEXT) if all(m.name in comparison.figures for comparison in comparisons)]
    rows = [(c.set, *(signed(c.figures[metric.name].difference) for metric in metrics)) for c in comparisons]
    return write_table(("set", *(metric.title for metric in metrics)), rows, "screen")


def signed(difference: Estimate) -> str:
    """A difference with its interval, all with their signs."""
    return f"{difference.value:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]"


def markdown_table(sets: Sequence[SetScores]) -> str:
    """ExpRate raw, strict with its interval and loose; then strict figures, and CDM where it was scored."""
    head, *rows = _paper_rows(sets)
    return write_table(head, rows, "markdown") + "\n"


def latex_table(sets: Sequence[SetScores]) -> str:
    """The same as a ``tabular`` for papers; needs the package booktabs."""
    head, *rows = _paper_rows(sets)
    note = "% ExpRate in percent; strict with its 95 % Wilson interval; from <= 1 to CER figures are strict"
    return f"{note}\n{write_table(head, rows, 'latex')}\n"


def _paper_rows(sets: Sequence[SetScores]) -> list[Row]:
    """The heading and a row for each set; text metrics only where all sets have them."""
    text = _TEXT if all(scores.metrics for scores in sets) else []
    head = ("Set", "n", "ExpRate raw", "strict", "loose", *(metric.title for metric in (*_TOKEN, *text)))
    return [
        head,
        *(
            (
                scores.name,
                f"{scores.n:,}",
                *_exprates(scores),
                *(_plain(scores.forms["strict"][metric.name]) for metric in _TOKEN),
                *(_plain(scores.metrics[metric.name]) for metric in text),
            )
            for scores in sets
        ),
    ]


def _exprates(scores: SetScores) -> Row:
    """Raw, strict with its interval, loose."""
    raw, strict, loose = (scores.forms[form]["exprate"] for form in ("raw", "strict", "loose"))
    return _plain(raw), _with_interval(strict), _plain(loose)


def _text_figures(scores: SetScores) -> list[Estimate]:
    return [scores.metrics[metric.name] for metric in _TEXT]


def _plain(estimate: Estimate) -> str:
    return f"{estimate.value:.2f}"


def _with_interval(estimate: Estimate) -> str:
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def _warning(scores: SetScores) -> str:
    bad = scores.counts.unparsable_labels + scores.counts.empty_labels
    return (
        f"{scores.name}: {bad} of {scores.n} labels cannot be read as LaTeX; an answer is right there only if it "
        "repeats them. Give intact labels if you have them (labels=)"
    )
