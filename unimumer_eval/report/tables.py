"""Tables of sets and scores: for the screen, for Markdown, for LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from unimumer_eval.scores import Comparison, Estimate, SetScores, Visual

Row = tuple[str, ...]

_PUBLISHED: Row = ("set", "n", "ExpRate", "<=1", "<=2", "<=3", "edit", "BLEU-4", "CER")
_FORMS: Row = ("set", "raw", "strict [95 %]", "loose", "TER", "CER", "empty", "runaway", "unparsable", "failed")
_VISUAL: Row = ("set", "ExpRate@CDM", "CDM F1", "structure F1", "mended labels", "mended answers")
_PAPER: Row = ("Set", "n", "ExpRate raw", "strict", "loose", "≤ 1", "≤ 2", "≤ 3", "TER", "CER", "BLEU-4")
_ON_PAPER: Row = ("ExpRate@CDM", "CDM F1", "Structure F1")


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
    forms = [
        (
            scores.name,
            f"{scores.forms['raw'].exprate.value:.2f}",
            _with_interval(scores.forms["strict"].exprate),
            f"{scores.forms['loose'].exprate.value:.2f}",
            f"{scores.forms['strict'].token_error_rate.value:.2f}",
            f"{scores.forms['strict'].char_error_rate.value:.2f}",
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
            align_columns([_PUBLISHED, *published]),
            "",
            "By canonical form: ExpRate, and true token and character error rates (strict), percent",
            align_columns([_FORMS, *forms]),
            *_visual_table(sets),
            *(_warning(scores) for scores in sets if scores.counts.unparsable_labels or scores.counts.empty_labels),
        ]
    )


def _visual_table(sets: Sequence[SetScores]) -> list[str]:
    rows = [
        (
            scores.name,
            *_on_paper(visual),
            str(visual.cdm.mended_labels),
            str(visual.cdm.mended_answers),
        )
        for scores in sets
        if (visual := scores.visual) is not None
    ]
    return ["", "On paper: CDM, and structure F1, percent", align_columns([_VISUAL, *rows])] if rows else []


def comparison_table(first: str, second: str, comparisons: Sequence[Comparison]) -> str:
    """Two runs, one line a set: both ExpRates, their difference, won and lost samples, both tests."""
    head = ("set", "n", first, second, "difference [95 %]", "won", "lost", "p bootstrap", "p McNemar")
    rows = []
    for comparison in comparisons:
        exprate = comparison.figures["exprate"]
        rows.append(
            (
                comparison.set,
                str(comparison.n),
                f"{exprate.first:.2f}",
                f"{exprate.second:.2f}",
                f"{exprate.difference.value:+.2f} [{exprate.difference.low:+.2f}, {exprate.difference.high:+.2f}]",
                str(len(comparison.won)),
                str(len(comparison.lost)),
                f"{exprate.p:.4f}",
                f"{comparison.mcnemar_p:.4g}",
            )
        )
    return align_columns([head, *rows])


def markdown_table(sets: Sequence[SetScores]) -> str:
    """ExpRate raw, strict with its interval and loose; then strict figures, and CDM where it was scored."""
    return "\n".join(markdown_lines(_paper_rows(sets), text_columns=1)) + "\n"


def markdown_lines(rows: Sequence[Sequence[str]], *, text_columns: int) -> list[str]:
    """A Markdown table; the first columns are text, the others numbers to the right."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    numbers = len(rows[0]) - text_columns
    return [lines[0], "|" + " --- |" * text_columns + " ---: |" * numbers, *lines[1:]]


def latex_table(sets: Sequence[SetScores]) -> str:
    """The same as a ``tabular`` for papers; needs the package booktabs."""
    rows = _paper_rows(sets)
    lines = [" & ".join(map(_escape, row)) + r" \\" for row in rows]
    return "\n".join(
        [
            "% ExpRate in percent; strict with its 95 % bootstrap interval; from <= 1 to BLEU-4 figures are strict",
            r"\begin{tabular}{l" + "r" * (len(rows[0]) - 1) + "}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def align_columns(rows: Sequence[Row]) -> str:
    """Rows of cells as text: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(_align, range(len(row)), row, widths)).rstrip() for row in rows)


def _align(column: int, cell: str, width: int) -> str:
    return cell.rjust(width) if column else cell.ljust(width)


def _paper_rows(sets: Sequence[SetScores]) -> list[Row]:
    """The heading and a row for each set; CDM only where all sets have it."""
    rows = [_PAPER, *(_paper_row(scores) for scores in sets)]
    visual = [scores.visual for scores in sets if scores.visual is not None]
    if len(visual) < len(sets):
        return rows
    return [left + right for left, right in zip(rows, [_ON_PAPER, *map(_on_paper, visual)], strict=True)]


def _on_paper(visual: Visual) -> Row:
    return tuple(f"{x:.2f}" for x in (visual.cdm.exprate, visual.cdm.f1, visual.structure_f1))


def _paper_row(scores: SetScores) -> Row:
    strict = scores.forms["strict"]
    within = (strict.exprate_le1, strict.exprate_le2, strict.exprate_le3)
    return (
        scores.name,
        f"{scores.n:,}",
        f"{scores.forms['raw'].exprate.value:.2f}",
        _with_interval(strict.exprate),
        f"{scores.forms['loose'].exprate.value:.2f}",
        *(f"{x.value:.2f}" for x in (*within, strict.token_error_rate, strict.char_error_rate, strict.bleu4)),
    )


def _with_interval(estimate: Estimate) -> str:
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def _warning(scores: SetScores) -> str:
    bad = scores.counts.unparsable_labels + scores.counts.empty_labels
    return (
        f"{scores.name}: {bad} of {scores.n} labels cannot be read as LaTeX; an answer is right there only if it "
        "repeats them. Give intact labels if you have them (labels=)"
    )


def _escape(cell: str) -> str:
    for character, spelled in {"_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "≤": r"$\leq$"}.items():
        cell = cell.replace(character, spelled)
    return cell
