"""The published figures, to the last digit."""

import pytest

from unimumer_eval.report.published_text import published_text
from unimumer_eval.scores import Pair, published_scores


def pair(gt: str, pred: str, **rest) -> Pair:
    return Pair(id=rest.pop("id", ""), gt=gt, pred=pred, **rest)


def test_counts_made_by_hand():
    scores = published_scores([pair("a b", "a b"), pair("a b", "a c"), pair("a b c d", "")])
    assert scores.n == 3
    assert scores.within == (1, 2, 2, 2)
    assert scores.rate(1) == pytest.approx(200 / 3)
    assert scores.edit_score == pytest.approx((100 + 50 + 0) / 3)
    assert scores.character_error_rate == pytest.approx((0 + 1 + 4) / (3 + 3 + 7))


def test_failed_answer_is_an_empty_answer_and_stays_in_n():
    scores = published_scores([pair("a b c d", "a b c d", failure="image")])
    assert (scores.n, scores.within) == (1, (0, 0, 0, 0))


def test_both_empty_is_a_match_as_published():
    assert published_scores([pair("", "")]).edit_score == 100


def test_text_has_the_published_layout():
    text = published_text(published_scores([pair("a b", "a b")] * 1200))
    assert "  Total Samples: 1,200\n" in text
    assert "  Exact Match Rate:      100.0000% (0 errors)\n" in text
    assert "  Errors ≤ 3:  1,200 samples (100.00%)\n" in text
    assert text.startswith("\n====") and text.endswith("====\n")


def test_rates_are_rounded_twice_as_published():
    # 1 of 12,800 is 0.0078125 %: four digits 0.0078, then two digits 0.01
    text = published_text(published_scores([pair("a", "a")] + [pair("a b c d e", "")] * 12_799))
    assert "  Errors ≤ 0:      1 samples (  0.01%)\n" in text


def test_published_prediction_files_give_their_published_text(shared_data, read_pairs):
    files = sorted((shared_data / "predictions").glob("*_pred.json"))
    assert files, "the folder holds no published predictions"
    for file in files:
        wanted = file.with_name(file.name.replace("_pred.json", "_results.txt")).read_bytes()
        assert published_text(published_scores(read_pairs(file))).encode() == wanted, file.name
