"""The figures of ``unimumer eval``, for harnesses that bring answers of their own: one scorer for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from unimumer_data import __version__
from unimumer_data.latex.conventions import VERSION as CANONICAL_VERSION
from unimumer_data.records.predictions import too_long
from unimumer_data.support.files import whole_text
from unimumer_data.tasks.answers import final_expression, is_boxed

from .pair_files import failed_pair
from .report.data import VERSION as SCORES_VERSION
from .scores import Pair, score_set

UNIMUMER = "unimumer_"
"""Before the name of a set, the name of its task in a harness."""
FIGURES = (
    *("exprate_raw", "exprate_strict", "exprate_loose", "exprate_le1", "exprate_le2", "exprate_le3", "bleu4"),
    *("token_error_rate", "cdm_exprate", "cdm_f1", "structure_f1", "structure_loose", "similarity"),
)
"""What is reported, percent. From ``exprate_le1`` to ``token_error_rate`` in the strict form."""


def figures(name: str, rows: Sequence[Mapping[str, str]], answers: Sequence[str | None]) -> dict[str, float]:
    """All figures of a set.

    Args:
        name: of the set.
        rows: as `eval/harness/prepare.py` wrote them: id, task, and the label in ``answer``.
        answers: of the model, as it gave them; None for none, which counts as wrong.
    """
    pairs = [_pair(row, answer) for row, answer in zip(rows, answers, strict=True)]
    scores = score_set(name, pairs, text_metrics=True, resamples=0)
    found = {f"exprate_{form}": figures["exprate"].value for form, figures in scores.forms.items()}
    found |= {key: one.value for key, one in {**scores.forms["strict"], **scores.metrics}.items()}
    return {key: found[key] for key in FIGURES}


def _pair(row: Mapping[str, str], answer: str | None) -> Pair:
    fault = "no answer" if answer is None else too_long(answer)
    if answer is None or fault:
        return failed_pair(row["id"], row["answer"], fault or "")
    expression = final_expression(whole_text(answer), row["task"], boxed=is_boxed(row["answer"]))
    return Pair(id=row["id"], gt=row["answer"], pred=expression)


def versions() -> dict[str, str | int]:
    """What the figures depend on."""
    return {"unimumer": __version__, "canonical": CANONICAL_VERSION, "scores": SCORES_VERSION}
