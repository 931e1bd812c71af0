"""Confusions, symbols, structure apart from symbols."""

import pytest

from unimumer_eval.scores.confusions import GAP, align, category_of
from unimumer_eval.scores.outcomes import error_kind


def split(*pairs: tuple[str, str]):
    return [(i, tuple(label.split()), tuple(answer.split())) for i, (label, answer) in enumerate(pairs)]


def test_confusions_are_counted_with_their_samples():
    found = align(split(("x + 1", "X + 7"), ("x", "X"), ("a b", "a"), ("a", "a b"))).confusions
    assert [(c.label, c.answer, c.count, c.where) for c in found] == [
        ("x", "X", 2, (0, 1)),
        (GAP, "b", 1, (3,)),
        ("1", "7", 1, (0,)),
        ("b", GAP, 1, (2,)),
    ]


def test_structure_edits_are_no_symbol_edits():
    result = align(split(("x ^ { 2 }", "x _ { 2 }"), ("x ^ { 2 }", "y ^ { 2 }")))
    assert (result.symbol_edits, result.structure_edits) == (1, 1)


def test_symbols_by_hand():
    result = align(split(("x + x", "x + y"), ("x", "x")))
    x = result.symbols[0]
    assert (x.symbol, x.in_labels, x.in_answers, x.found, x.samples) == ("x", 3, 2, 2, 2)
    assert (x.recall, x.precision, x.exprate.value) == (pytest.approx(200 / 3), 100, 50)
    assert all(symbol.symbol not in ("{", "}", "^") for symbol in result.symbols)


@pytest.mark.parametrize(
    ("label", "answer", "sort"),
    [
        ("x", "X", "case"),
        ("n", "m", "letter-letter"),
        ("1", "l", "letter-digit"),
        ("z", "2", "letter-digit"),
        ("1", "7", "digit-digit"),
        (r"\alpha", "a", "other"),
        (r"\Phi", r"\phi", "other"),
    ],
)
def test_sorts(label, answer, sort):
    assert category_of(label, answer) == sort


@pytest.mark.parametrize(
    ("label", "answer", "kind"),
    [
        ("x ^ { 2 }", "x _ { 2 }", "structure"),
        (r"\frac { a } { b }", r"\frac { a b } { }", "structure"),
        ("x ^ { 2 }", "x ^ { 3 }", "symbol"),
        ("x ^ { 2 }", "y _ { 2 }", "both"),
    ],
)
def test_error_kinds(label, answer, kind):
    assert error_kind(tuple(label.split()), tuple(answer.split())) == kind
