"""How long scoring takes, beside what the published evaluator computes with the same libraries.

    python benchmarks/scores.py ../shared/data/predictions

Scores every ``*_pred.json`` of the folder in this process: all forms, intervals, groups, confusions. The second column
is NLTK's corpus BLEU and three Levenshtein passes, which is the work of the published evaluator. CPU seconds, reading
the files left out on both sides; the quicker of two rounds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from unimumer_data.records.predictions import find_prediction_files
from unimumer_eval.pair_files import read_predictions
from unimumer_eval.scores import Pair, score_set
from unimumer_eval.scores.forms import read


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if len(words) != 1:
        print("usage: python benchmarks/scores.py FOLDER_WITH_PREDICTIONS", file=sys.stderr)
        return 2
    sets = {name: read_predictions(file) for name, file in find_prediction_files([Path(words[0])]).items()}
    print(f"{'set':<20}{'n':>8}{'ours, s':>10}{'published, s':>14}")
    totals = [0.0, 0.0]
    for name, pairs in sets.items():
        ours, published = _seconds(lambda p=pairs, n=name: _ours(n, p)), _seconds(lambda p=pairs: _published(p))
        totals = [totals[0] + ours, totals[1] + published]
        print(f"{name:<20}{len(pairs):>8}{ours:>10.2f}{published:>14.2f}")
    print(f"{'all':<20}{sum(map(len, sets.values())):>8}{totals[0]:>10.2f}{totals[1]:>14.2f}")
    return 0


def _ours(name: str, pairs: Sequence[Pair]) -> None:
    read.cache_clear()
    score_set(name, pairs)


def _published(pairs: Sequence[Pair]) -> None:
    from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu

    labels, answers = [pair.gt.split() for pair in pairs], [pair.pred.split() for pair in pairs]
    corpus_bleu([[label] for label in labels], answers, smoothing_function=SmoothingFunction().method4)
    for _ in ("edit score", "thresholds"):
        for label, answer in zip(labels, answers, strict=True):
            Levenshtein.distance(label, answer)
    for pair in pairs:
        Levenshtein.distance(pair.gt, pair.pred)


def _seconds(work: Callable[[], None]) -> float:
    rounds = []
    for _ in range(2):
        start = time.process_time()
        work()
        rounds.append(time.process_time() - start)
    return min(rounds)


if __name__ == "__main__":
    sys.exit(main())
