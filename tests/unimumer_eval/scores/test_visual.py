"""CDM and structure F1 of a set: nothing leaves n, a sample without an answer scores 0."""

from __future__ import annotations

import pytest

from unimumer_eval.scores import Pair, score_set


def test_every_pair_counts() -> None:
    pairs = [
        Pair(id="right", gt="x ^ { 2 }", pred="x^2"),
        Pair(id="moved", gt="a ^ { 2 } + b = c", pred="a _ { 2 } + b = c"),
        Pair(id="failed", gt="", pred="", failure="image"),
        Pair(id="right", gt="x ^ { 2 }", pred="x ^ { 2 }"),  # a second prediction for one sample
    ]
    steps: list[int] = []
    scores = score_set("toy", pairs, text_metrics=True, progress=lambda: steps.append(1))
    assert len(steps) == 4
    # CDM does not see that the script has moved; structure F1 does: 5 of 6 symbols stand where they belong
    assert scores.metrics["cdm_exprate"].value == scores.metrics["cdm_f1"].value == 50
    assert scores.metrics["structure_f1"].value == pytest.approx(100 * (1 + 5 / 6) / 4)
