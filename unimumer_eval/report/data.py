"""``scores.json`` and ``scores.csv``. Every key is explained in docs/scores-schema.md."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from unimumer_data.latex.conventions import VERSION as CANONICAL_VERSION
from unimumer_eval.scores import FORMS, Comparison, FormScores, SetScores

SCHEMA = "unimumer-scores"
VERSION = 1
"""Rises when a key changes its meaning or goes; a new key leaves it as it is."""

FIGURES = tuple(field.name for field in fields(FormScores))
_CONFUSIONS = 200
_EXAMPLES = 5


def scores_json(sets: Sequence[SetScores], settings: Mapping[str, Any]) -> str:
    """All figures of a run as JSON.

    Args:
        settings: how the predictions came about; kept as given.
    """
    return dump(
        {
            "schema": SCHEMA,
            "version": VERSION,
            "canonical": CANONICAL_VERSION,
            "settings": dict(settings),
            "sets": [set_dict(scores) for scores in sets],
        }
    )


def scores_csv(sets: Sequence[SetScores]) -> str:
    """One line a set and form; of each figure the value and both ends of its interval."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["set", "n", "form", *(name + end for name in FIGURES for end in ("", "_low", "_high"))])
    for scores in sets:
        for form in FORMS:
            estimates = [getattr(scores.forms[form], name) for name in FIGURES]
            numbers = [f"{x:.4f}" for e in estimates for x in (e.value, e.low, e.high)]
            writer.writerow([scores.name, scores.n, form, *numbers])
    return table.getvalue()


def set_dict(scores: SetScores) -> dict[str, Any]:
    """One set as plain data, without its samples."""
    published, alignment = scores.published, scores.alignment
    ids = [sample.pair.id for sample in scores.samples]
    return {
        "name": scores.name,
        "n": scores.n,
        "published": {
            "n": published.n,
            "within": list(published.within),
            **{name: published.rate(k) for k, name in enumerate(FIGURES[:4])},
            "edit_score": published.edit_score,
            "bleu4": published.bleu4,
            "character_error_rate": published.character_error_rate,
        },
        "bootstrap": {"resamples": scores.resamples, "seed": scores.seed},
        "forms": {form: asdict(scores.forms[form]) for form in FORMS},
        "counts": asdict(scores.counts),
        "outcomes": dict(scores.outcomes),
        "groups": {name: [asdict(group) for group in groups] for name, groups in scores.groups.items()},
        "alignment": {
            "pairs": alignment.pairs,
            "symbol_edits": alignment.symbol_edits,
            "structure_edits": alignment.structure_edits,
            "sorts": alignment.sorts(),
            "confusions": [
                {
                    "label": confusion.label,
                    "answer": confusion.answer,
                    "count": confusion.count,
                    "sort": confusion.sort,
                    "examples": [ids[i] for i in dict.fromkeys(confusion.where)][:_EXAMPLES],
                }
                for confusion in alignment.confusions[:_CONFUSIONS]
            ],
            "symbols": [
                asdict(symbol) | {"recall": symbol.recall, "precision": symbol.precision}
                for symbol in alignment.symbols
            ],
        },
        "visual": None if scores.visual is None else asdict(scores.visual),
        "calibration": None if scores.calibration is None else asdict(scores.calibration),
    }


def comparison_json(comparisons: Mapping[tuple[str, str], Sequence[Comparison]], settings: Mapping[str, Any]) -> str:
    """Comparisons of pairs of runs as JSON.

    Args:
        comparisons: (first run, second run) -> one comparison a test set.
    """
    pairs = [
        {"first": first, "second": second, "sets": [asdict(comparison) for comparison in found]}
        for (first, second), found in comparisons.items()
    ]
    return dump({"schema": "unimumer-compare", "version": VERSION, "settings": dict(settings), "comparisons": pairs})


def dump(content: Any) -> str:
    """JSON for people and programs; what JSON does not know (paths) is written as text."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n"
