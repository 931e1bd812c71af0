"""``scores.json`` and ``scores.csv``. Every key is explained in docs/scores-schema.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from unimumer_data.latex.conventions import VERSION as CANONICAL_VERSION
from unimumer_data.support.tables import write_csv
from unimumer_eval.scores import FORMS, METRICS, TOKEN_METRICS, Comparison, Estimate, SetScores

SCHEMA = "unimumer-scores"
VERSION = 2
"""Rises when a key changes its meaning or goes; a new key leaves it as it is."""

_NO_FIGURE = ("", "", "")
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
    """One line a set and form; of each figure the value and both ends of its interval.

    The figures of the text metrics belong to no form and stand in each line of a set; empty where they were left out.
    """
    names = [metric.name for metric in METRICS]
    head = ["set", "n", "form", *(name + end for name in names for end in ("", "_low", "_high"))]
    rows = []
    for scores in sets:
        for form in FORMS:
            figures = {**scores.forms[form], **scores.metrics}
            rows.append([scores.name, scores.n, form, *(x for name in names for x in _digits(figures.get(name)))])
    return write_csv(head, rows)


def _digits(figure: Estimate | None) -> tuple[str, str, str]:
    return _NO_FIGURE if figure is None else (f"{figure.value:.4f}", f"{figure.low:.4f}", f"{figure.high:.4f}")


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
            **{metric.name: published.rate(k) for k, metric in enumerate(TOKEN_METRICS[:4])},
            "edit_score": published.edit_score,
            "bleu4": published.bleu4,
            "character_error_rate": published.character_error_rate,
        },
        "bootstrap": {"resamples": scores.resamples, "seed": scores.seed},
        "forms": {form: _figures(scores.forms[form]) for form in FORMS},
        "metrics": _figures(scores.metrics),
        "visual": _visual(scores),
        "counts": asdict(scores.counts),
        "outcomes": dict(scores.outcomes),
        "groups": {name: [asdict(group) for group in groups] for name, groups in scores.groups.items()},
        "kinds": [asdict(kind) for kind in scores.kinds],
        "alignment": {
            "pairs": alignment.pairs,
            "symbol_edits": alignment.symbol_edits,
            "structure_edits": alignment.structure_edits,
            "categories": alignment.categories(),
            "confusions": [
                {
                    "label": confusion.label,
                    "answer": confusion.answer,
                    "count": confusion.count,
                    "category": confusion.category,
                    "examples": [ids[i] for i in dict.fromkeys(confusion.where)][:_EXAMPLES],
                }
                for confusion in alignment.confusions[:_CONFUSIONS]
            ],
            "symbols": [
                asdict(symbol) | {"recall": symbol.recall, "precision": symbol.precision}
                for symbol in alignment.symbols
            ],
        },
        "calibration": None if scores.calibration is None else asdict(scores.calibration),
        "faithful": None if scores.faithful is None else asdict(scores.faithful),
    }


def _visual(scores: SetScores) -> dict[str, Any] | None:
    """CDM and structure F1 as version 1 had them: numbers without intervals, null where they were left out."""
    if not scores.metrics:
        return None
    values = {name: figure.value for name, figure in scores.metrics.items()}
    cdm = {name: values[f"cdm_{name}"] for name in ("exprate", "f1", "precision", "recall")}
    return {"cdm": {"n": scores.n, **cdm}, "structure_f1": values["structure_f1"]}


def _figures(figures: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: asdict(figure) for name, figure in figures.items()}


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
