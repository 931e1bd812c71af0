"""BLEU-4 from sufficient statistics equals NLTK's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unimumer_eval.scores.bleu import bleu4, bleu_statistics

tokens = st.lists(st.sampled_from("abcd"), max_size=9)


@settings(deadline=None)  # the first import of NLTK takes seconds
@given(st.lists(st.tuples(tokens, tokens, st.booleans()), min_size=1, max_size=6))
def test_equals_nltk(sentences):
    translate = pytest.importorskip("nltk.translate.bleu_score")
    references = [reference for reference, _, _ in sentences]
    hypotheses = [reference if same else hypothesis for reference, hypothesis, same in sentences]
    wanted = translate.corpus_bleu(
        [[reference] for reference in references],
        hypotheses,
        smoothing_function=translate.SmoothingFunction().method4,
    )
    assert float(bleu4(bleu_statistics(references, hypotheses).sum(axis=0))) == pytest.approx(100 * wanted, abs=1e-9)


def test_equals_nltk_on_published_predictions(shared_data, read_pairs):
    translate = pytest.importorskip("nltk.translate.bleu_score")
    pairs = read_pairs(shared_data / "predictions" / "crohme_2014_pred.json")
    references, hypotheses = [p.gt.split() for p in pairs], [p.pred.split() for p in pairs]
    method4 = translate.SmoothingFunction().method4
    wanted = translate.corpus_bleu([[r] for r in references], hypotheses, smoothing_function=method4)
    assert float(bleu4(bleu_statistics(references, hypotheses).sum(axis=0))) == pytest.approx(100 * wanted, abs=1e-10)


def test_statistics_of_many_corpora_at_once():
    rows = bleu_statistics([["a", "b", "c", "d"], ["a"]], [["a", "b", "c", "d"], ["b"]])
    assert bleu4(np.stack([rows[0], rows[1]])).tolist() == [pytest.approx(100), 0]


def test_a_repeated_ngram_counts_only_as_often_as_the_label_has_it():
    (row,) = bleu_statistics([["a", "b"]], [["a", "a", "a"]])
    assert row.tolist() == [1, 0, 0, 0, 3, 2, 1, 1, 2, 3]
