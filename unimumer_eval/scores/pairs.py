"""What is scored: a label, the model's text for it, and why there is none where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from unimumer_data.errors import MissingPredictionError, PredictionError

MISSING = "missing"
DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One sample of a test set with what the model said about it.

    Args:
        id: of the sample, unique within its set; empty where the prediction file has none.
        gt: the label, LaTeX.
        pred: the prediction, LaTeX; empty where there is none.
        failure: why there is no usable prediction (``missing``, ``image`` ...), for counting; None if there is one.
            A failed pair counts as wrong whatever ``pred`` holds, and stays in n.
        image_path: of the picture, for the report.
        confidence: probability in [0, 1] that the prediction is right, as the engine says.
        extra: anything an engine wants to keep beside it; not scored.
    """

    id: str
    gt: str
    pred: str
    failure: str | None = None
    image_path: str = ""
    confidence: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        """The text that is scored: nothing where the prediction failed."""
        return "" if self.failure else self.pred

    @property
    def answered(self) -> bool:
        """Whether there is anything that could be right."""
        return bool(self.answer.strip())


def mark_duplicates(pairs: Iterable[Pair]) -> list[Pair]:
    """Fail every further prediction for an id that has one already: it stays in n and is never right.

    >>> twice = [Pair(id="a", gt="x", pred="x"), Pair(id="a", gt="x", pred="x")]
    >>> [pair.failure for pair in mark_duplicates(twice)]
    [None, 'duplicate']
    """
    seen: set[str] = set()
    marked = []
    for pair in pairs:
        marked.append(replace(pair, failure=DUPLICATE) if pair.id and pair.id in seen else pair)
        seen.add(pair.id)
    return marked


def against_labels(
    name: str, pairs: Sequence[Pair], labels: Mapping[str, str], *, missing: Literal["error", "wrong"] = "error"
) -> list[Pair]:
    """The predictions of a set, compared with the set's own labels: id -> label.

    The label of the set replaces the one in the prediction file. A sample without a prediction becomes a failed pair.

    Args:
        name: of the set, for messages.
        missing: what to do about samples without a prediction: ``error`` raises, ``wrong`` counts them as wrong.

    Raises:
        MissingPredictionError: samples lack predictions and ``missing`` is ``error``.
        PredictionError: predictions for samples that the set does not have.
    """
    answered = {pair.id for pair in pairs}
    absent = [id for id in labels if id not in answered]
    strangers = [pair.id for pair in pairs if pair.id not in labels]
    if strangers:
        raise PredictionError(
            f"{len(strangers)} of {len(pairs)} predictions are for samples that {name} does not have, "
            f"first: {strangers[0]!r}. Score them with the labels of their own set"
        )
    if absent and missing == "error":
        raise MissingPredictionError(
            f"{len(absent)} of {len(labels)} {name} predictions missing, first: {absent[0]}. Or pass missing=wrong"
        )
    found = [replace(pair, gt=labels[pair.id]) for pair in pairs]
    return found + [Pair(id=id, gt=labels[id], pred="", failure=MISSING) for id in absent]
