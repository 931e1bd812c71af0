"""Do scores agree with people? Every metric against human ratings of printed formula pairs.

    python benchmarks/human.py ../shared/data/human/formula_ratings.json

The file is an array of {id, label, prediction, ratings (0-10), official_cdm, bleu, levenshtein, llm_judges}; data of
phorn1/formula-metric-study (MIT, arXiv 2512.09874). Printed of each metric: Pearson's r and Spearman's rho with the
mean rating; precision and recall of "right" (the metric's threshold) against a mean rating of 9 and more; the cost of
a pair. Intervals are 95 % percentiles of a bootstrap over documents, since pairs of one document are alike.

Nothing is fitted to all pairs. Thresholds that a metric does not come with, and the form of `similarity` among its
relatives, are chosen on all documents but one and judged on that one, in turn.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from unimumer_data.support.tables import write_table
from unimumer_eval.scores import cdm as cdm_module
from unimumer_eval.scores import structure
from unimumer_eval.scores import structure_loose as structure_loose_module
from unimumer_eval.scores.cdm import cdm
from unimumer_eval.scores.forms import read
from unimumer_eval.scores.similarity import similarity
from unimumer_eval.scores.structure import structure_f1
from unimumer_eval.scores.structure_loose import node_edits, structure_loose

GOOD = 9
RESAMPLES = 2000
Values = NDArray[np.float64]


def ours() -> dict[str, Callable[[str, str], float]]:
    """Name -> metric of two texts."""
    return {
        "ExpRate, raw": lambda gt, pred: float(gt.split() == pred.split()),
        "ExpRate, strict": lambda gt, pred: float(read(gt).strict == read(pred).strict),
        "ExpRate, loose": lambda gt, pred: float(read(gt).loose == read(pred).loose),
        "CDM F1": lambda gt, pred: cdm(gt, pred).f1,
        "structure F1": structure_f1,
        "structure F1, loose": structure_loose,
        "similarity": similarity,
    }


def relatives(pairs: Sequence[tuple[str, str]]) -> dict[str, Values]:
    """The forms among which that of `similarity` was chosen: w t / (t + edits) + (1 - w) F1^p."""
    edits = np.array([node_edits(*pair) for pair in pairs], dtype=float)
    partial = {
        "CDM F1": np.array([cdm(*pair).f1 for pair in pairs]),
        "loose F1": np.array([structure_loose(*pair) for pair in pairs]),
    }
    return {
        f"w={w} t={t} {name}^{p}": w * t / (t + edits) + (1 - w) * values**p
        for w in (0.3, 0.4, 0.5, 0.6, 0.7)
        for t in (0.5, 1, 2, 3)
        for p in (1, 2, 4)
        for name, values in partial.items()
    }


def correlation(values: Values, ratings: Values) -> float:
    """Pearson's r; 0 where all values are the same."""
    return float(np.corrcoef(values, ratings)[0, 1]) if values.std() > 0 and ratings.std() > 0 else 0.0


def rank_correlation(values: Values, ratings: Values) -> float:
    """Spearman's rho; 0 where all values are the same."""
    return float(spearmanr(values, ratings)[0]) if values.std() > 0 and ratings.std() > 0 else 0.0


def held_out_choice(candidates: dict[str, Values], ratings: Values, documents: Sequence[str]) -> Values:
    """Of each pair, the value of the candidate that correlates best on all other documents."""
    held = np.zeros(len(ratings))
    for mine in _folds(documents):
        best = max(candidates, key=lambda name: correlation(candidates[name][~mine], ratings[~mine]))
        held[mine] = candidates[best][mine]
    return held


def held_out_right(values: Values, ratings: Values, documents: Sequence[str]) -> NDArray[np.bool_]:
    """Which pairs a metric calls right, with the threshold that has the best F1 on all other documents."""
    good, right = ratings >= GOOD, np.zeros(len(ratings), dtype=bool)
    for mine in _folds(documents):
        thresholds = np.unique(values[~mine])
        f1 = [_f1(values[~mine] >= threshold, good[~mine]) for threshold in thresholds]
        right[mine] = values[mine] >= thresholds[int(np.argmax(f1))]
    return right


def _folds(documents: Sequence[str]) -> list[NDArray[np.bool_]]:
    return [np.array([document == one for one in documents]) for document in sorted(set(documents))]


def _f1(right: NDArray[np.bool_], good: NDArray[np.bool_]) -> float:
    return float(2 * (right & good).sum() / max(right.sum() + good.sum(), 1))


def bootstrap(measure: Callable[[NDArray[np.int64]], float], documents: Sequence[str]) -> tuple[float, float]:
    """2.5 % and 97.5 % percentiles of a figure over documents drawn with replacement."""
    groups = [np.flatnonzero(mine) for mine in _folds(documents)]
    random = np.random.default_rng(0)
    drawn = [
        measure(np.concatenate([groups[i] for i in random.integers(0, len(groups), len(groups))]))
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def row(name: str, values: Values, ratings: Values, documents: Sequence[str], cost: float | None) -> tuple[str, ...]:
    """One line of the table."""
    right = held_out_right(values, ratings, documents)
    good = ratings >= GOOD
    r = correlation(values, ratings)
    low, high = bootstrap(lambda chosen: correlation(values[chosen], ratings[chosen]), documents)
    return (
        name,
        f"{r:.3f} [{low:.2f}, {high:.2f}]",
        f"{rank_correlation(values, ratings):.3f}",
        f"{100 * (right & good).sum() / max(right.sum(), 1):.0f} %",
        f"{100 * (right & good).sum() / max(good.sum(), 1):.0f} %",
        "-" if cost is None else f"{1000 * cost:.2f} ms",
    )


def _forget() -> None:
    """Empty the caches, so that each metric pays for its own work."""
    for cached in (read, structure._nodes, structure_loose_module.loose_nodes, cdm_module._render):
        cached.cache_clear()


def main(path: Path) -> None:
    """Print the table."""
    rated: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    documents = [one["id"].partition("_")[0] for one in rated]
    ratings = np.array([np.mean(one["ratings"]) for one in rated])
    pairs = [(one["label"], one["prediction"]) for one in rated]
    cdm(*pairs[0])  # the first call reads the fonts
    rows = []
    for name, metric in ours().items():
        _forget()
        start = time.process_time()
        values = np.array([metric(*pair) for pair in pairs])
        rows.append(row(name, values, ratings, documents, (time.process_time() - start) / len(pairs)))
    chosen = held_out_choice(relatives(pairs), ratings, documents)
    rows.append(row("similarity, form chosen on the other documents", chosen, ratings, documents, None))
    for key, name in (("official_cdm", "published CDM"), ("bleu", "BLEU"), ("levenshtein", "edit similarity")):
        values = np.array([one[key] or 0.0 for one in rated], dtype=float)
        rows.append(row(name, values, ratings, documents, None))
    for judge in rated[0]["llm_judges"]:
        values = np.array([one["llm_judges"].get(judge) or 0.0 for one in rated], dtype=float)
        rows.append(row(f"judge {judge}", values, ratings, documents, None))
    print(
        f"{len(rated)} pairs of {len(set(documents))} documents, {100 * (ratings >= GOOD).mean():.0f} % rated {GOOD}+"
    )
    head = ("metric", "r [95 %]", "rho", "precision", "recall", "a pair")
    print(write_table(head, rows, "screen"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
