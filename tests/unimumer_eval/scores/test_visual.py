"""CDM and structure F1 of a set: nothing leaves n, a failure scores 0."""

from __future__ import annotations

import pytest

from unimumer_eval.scores import Pair, visual_scores


def test_every_pair_counts() -> None:
    pairs = [
        Pair(id="right", gt="x ^ { 2 }", pred="x^2"),
        Pair(id="moved", gt="a ^ { 2 } + b = c", pred="a _ { 2 } + b = c"),
        Pair(id="failed", gt="", pred="", failure="image"),
        Pair(id="right", gt="x ^ { 2 }", pred="x ^ { 2 }"),  # a second prediction for one sample
    ]
    steps: list[int] = []
    visual = visual_scores(pairs, progress=lambda: steps.append(1))
    assert visual.cdm.n == len(steps) == 4
    # CDM does not see that the script has moved; structure F1 does: 5 of 6 symbols stand where they belong
    assert visual.cdm.exprate == visual.cdm.f1 == 50
    assert visual.structure_f1 == pytest.approx(100 * (1 + 5 / 6) / 4)
