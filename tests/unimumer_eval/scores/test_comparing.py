"""Two runs over the same samples."""

import pytest

from unimumer_data.errors import PredictionError
from unimumer_eval.scores import Pair, compare, score_set


def run(answers: str, label: str = "x", name: str = "toy"):
    """One sample a letter: ``x`` is right."""
    pairs = [Pair(id=str(i), gt=label, pred=answer) for i, answer in enumerate(answers)]
    return score_set(name, pairs, resamples=0)


def test_won_lost_and_mcnemar_by_hand():
    result = compare(run("xxxxyyyyyy"), run("xxyyxxxxxx"), resamples=200)
    assert result.won == ("4", "5", "6", "7", "8", "9") and result.lost == ("2", "3")
    assert (result.both_right, result.both_wrong) == (2, 0)
    assert result.mcnemar_p == pytest.approx(2 * (1 + 8 + 28) / 256)  # P(at most 2 of 8), two sides
    assert result.figures["exprate"].difference.value == pytest.approx(40)


def test_equal_runs_do_not_differ():
    result = compare(run("xyxy"), run("xyxy"), resamples=100)
    exprate = result.figures["exprate"]
    assert (exprate.difference.low, exprate.difference.high, exprate.p, result.mcnemar_p) == (0, 0, 1, 1)


def test_clear_difference_is_significant_both_ways():
    better, worse = run("x" * 60 + "y" * 40), run("y" * 60 + "x" * 10 + "y" * 30)
    up, down = compare(worse, better, resamples=500), compare(better, worse, resamples=500)
    assert up.figures["exprate"].p < 0.01 and down.figures["exprate"].p < 0.01
    assert up.figures["exprate"].difference.low > 0 > down.figures["exprate"].difference.high


def test_order_of_samples_does_not_matter():
    first = run("xy")
    turned = score_set("toy", [Pair(id="1", gt="x", pred="x"), Pair(id="0", gt="x", pred="y")])
    result = compare(first, turned, resamples=10)
    assert (result.won, result.lost) == (("1",), ("0",))


def test_other_samples_are_refused():
    with pytest.raises(PredictionError, match="do not have the same samples"):
        compare(run("xx"), run("xxx"))


def test_other_labels_are_refused():
    with pytest.raises(PredictionError, match="'0' has two labels"):
        compare(run("xx"), run("xx", label="z"))
