"""What a set looks like on paper: ExpRate@CDM and CDM F1, and beside them structure F1, which sees what CDM cannot.

Costs up to a millisecond a pair, hence not part of `summary.score_set`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .cdm import Cdm, CdmSummary, cdm_many, cdm_summary
from .pairs import Pair, mark_duplicates
from .structure import structure_f1

_WRONG = Cdm(f1=0.0, precision=0.0, recall=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visual:
    """Visual scores of a set; nothing is left out of n.

    Args:
        cdm: ExpRate@CDM, mean F1, precision and recall, percent.
        structure_f1: mean structure F1, percent.
    """

    cdm: CdmSummary
    structure_f1: float


def visual_scores(pairs: Iterable[Pair], *, workers: int = 1, progress: Callable[[], object] | None = None) -> Visual:
    """Score a set; a prediction that failed, is missing or came twice scores 0.

    Args:
        workers: processes for CDM.
        progress: called after every pair.
    """
    marked = mark_duplicates(tuple(pairs))
    scores = cdm_many(((pair.gt, pair.answer) for pair in marked), workers=workers, progress=progress)
    summary = cdm_summary(_WRONG if pair.failure else score for pair, score in zip(marked, scores, strict=True))
    structure = sum(_structure(marked))
    return Visual(cdm=summary, structure_f1=100 * structure / len(marked) if marked else 0.0)


def _structure(pairs: Sequence[Pair]) -> Iterator[float]:
    return (0.0 if pair.failure else structure_f1(pair.gt, pair.answer) for pair in pairs)
