"""``<set>_confidence.jsonl`` beside ``<set>_pred.json``: confidence and evidence of each prediction, in its order.

It is a file of its own, so that prediction files stay as published and equal wherever the answers are equal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from unimumer_data.errors import PredictionError
from unimumer_data.support.files import read_text, write_whole
from unimumer_eval.scores.pairs import Pair

from .evidence import EVIDENCE

_ENDING = "_pred.json"


def evidence_path(path: Path) -> Path | None:
    """Where the evidence of a prediction file is; None for files of others."""
    return (
        path.with_name(path.name.removesuffix(_ENDING) + "_confidence.jsonl") if path.name.endswith(_ENDING) else None
    )


def write_evidence(path: Path, pairs: Sequence[Pair]) -> None:
    """Write the file beside a prediction file; an old one goes where there is nothing to say."""
    target = evidence_path(path)
    if target is None:
        return
    if not any(pair.extra.get("evidence") or pair.confidence is not None for pair in pairs):
        target.unlink(missing_ok=True)
        return
    lines = [
        {"img_id": pair.id, "confidence": pair.confidence, **dict(pair.extra.get("evidence", {}))} for pair in pairs
    ]
    write_whole(target, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def with_evidence(path: Path, pairs: Sequence[Pair]) -> list[Pair]:
    """Predictions with their confidence and evidence, where there is such a file.

    Raises:
        PredictionError: it is damaged, or of other predictions.
    """
    source = evidence_path(path)
    if source is None or not source.is_file():
        return list(pairs)
    try:
        rows = [json.loads(line) for line in read_text(source).split("\n")[:-1]]
        if [row.pop("img_id") for row in rows] != [pair.id for pair in pairs]:
            raise ValueError(f"not of the samples of {path.name}")
        return [_with(pair, row) for pair, row in zip(pairs, rows, strict=True)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PredictionError(f"{source}: cannot be read ({error}); remove it, or predict again") from error


def _with(pair: Pair, row: dict[str, Any]) -> Pair:
    confidence = row.pop("confidence")
    numbers = [*row.values(), *([] if confidence is None else [confidence])]
    if (
        not all(isinstance(one, int | float) and math.isfinite(one) for one in numbers)
        or not row.keys() <= EVIDENCE.keys()
    ):
        raise ValueError(f"{pair.id}: not numbers, or not known: {row!r:.80}")
    if confidence is not None and not 0 <= confidence <= 1:
        raise ValueError(f"{pair.id}: a confidence of {confidence}")
    return replace(pair, confidence=confidence, extra={**pair.extra, "evidence": row})
