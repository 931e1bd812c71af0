"""Every score of one test set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from unimumer_data.errors import PredictionError

from .pairs import Pair, mark_duplicates
from .published import Published, published_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class SetScores:
    """One scored test set: its pairs and every figure about them."""

    name: str
    pairs: tuple[Pair, ...]
    published: Published


def score_set(name: str, pairs: Iterable[Pair]) -> SetScores:
    """Score one test set. Every pair counts: what failed, is missing or came twice is wrong, never left out.

    The published figures take a second prediction for one id as it stands, as the published evaluator does.

    Raises:
        PredictionError: no pairs.
    """
    given = tuple(pairs)
    if not given:
        raise PredictionError(f"{name}: no predictions to score; is the file an empty array?")
    return SetScores(name=name, pairs=tuple(mark_duplicates(given)), published=published_scores(given))
