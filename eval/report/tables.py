"""One table of sets and scores, for the screen."""

from __future__ import annotations

from collections.abc import Sequence

from unimumer_eval.scores import SetScores

_HEAD = ("set", "n", "ExpRate", "<=1", "<=2", "<=3", "edit", "BLEU-4")


def screen_table(sets: Sequence[SetScores]) -> str:
    """Percent with four digits, right-aligned, one line a set."""
    rows = [_HEAD] + [
        (
            scores.name,
            str(scores.published.n),
            *(f"{scores.published.rate(k):.4f}" for k in range(4)),
            f"{scores.published.edit_score:.4f}",
            f"{scores.published.bleu4:.4f}",
        )
        for scores in sets
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    return "\n".join("  ".join(map(_align, range(len(row)), row, widths)) for row in rows)


def _align(column: int, cell: str, width: int) -> str:
    return cell.rjust(width) if column else cell.ljust(width)
