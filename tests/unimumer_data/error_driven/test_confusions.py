from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unimumer_data.error_driven.confusions import (
    GAP,
    Confusions,
    learn,
    load,
    look_alikes,
    save,
)
from unimumer_data.error_driven.corruptor import Corruptor
from unimumer_data.error_driven.heat_map import heat_svg, heat_text
from unimumer_data.error_driven.show_confusions import main, table
from unimumer_data.latex import parse_tokens, write_tokens

LABELS = [
    r"\frac { a ^ { 2 } + 1 } { \sqrt [ 3 ] { b } }",
    r"\begin {cases} x & y \\ 2 & z \end {cases}",
    r"\int _ { 0 } ^ { 1 } \hat { x } d x",
    "z",
]


def pairs(*texts: tuple[str, str]) -> list[tuple[list[str], list[str]]]:
    return [(prediction.split(), label.split()) for prediction, label in texts]


def test_symbols_are_counted_and_layout_is_not():
    learned = learn(
        pairs(
            ("a + z", "a + 2"),
            ("x _ { 2 }", "x ^ { 2 }"),
            ("a b", "a , b"),
            ("a + b", "a b"),
            (r"\frac { 1 } { 2 }", r"\sqrt { 1 } { 2 }"),
            (r"x \leq y", r"x \le y"),
        )
    )
    assert learned.counts == {("2", "z"): 1, (",", GAP): 1, (GAP, "+"): 1}
    assert learned.seen["2"] == 3
    assert learned.rate("2") == pytest.approx(1 / 3)


@pytest.mark.parametrize("confusions", [look_alikes(), learn(pairs(("2 a", "z b"), ("a + b", "a b"), ("a", "a ,")))])
@given(label=st.sampled_from(LABELS), seed=st.integers(0, 10_000), rate=st.floats(0.01, 1))
def test_made_up_errors_are_valid_formulas(confusions, label, seed, rate):
    tokens = label.split()
    wrong = Corruptor(confusions, rate).corrupt(tokens, random.Random(seed))
    assert tokens == label.split()
    if wrong is not None:
        assert wrong != tokens
        assert write_tokens(parse_tokens(wrong)) == wrong
        assert ("{", "}") not in pairwise(wrong)


def test_rate_is_kept():
    corruptor = Corruptor(look_alikes(), 0.2)
    label, chance = ["x", "+", "2", "z", "b"] * 20, random.Random(1)
    changed = [
        sum(one != other for one, other in zip(label, corruptor.corrupt(label, chance) or label, strict=True))
        for _ in range(50)
    ]
    assert 0.12 < sum(changed) / len(changed) / len(label) < 0.22  # an edit may hit the same symbol again


def test_nothing_to_confuse():
    assert Corruptor(look_alikes(), 0.5).corrupt([r"\Omega"], random.Random(0)) is None


def test_every_look_alike_may_stand_for_the_other():
    for label, answer in look_alikes().counts:
        for token in (label, answer):
            assert write_tokens(parse_tokens([token])) == [token]


def test_saved_tables_come_back(tmp_path):
    learned = learn(pairs(("a + z", "a + 2")))
    save(learned, tmp_path / "confusions.json")
    assert load(tmp_path / "confusions.json") == learned


def test_shown(tmp_path, capsys):
    (tmp_path / "toy_pred.json").write_text('[{"gt": "a < 2", "pred": "a < z", "img_id": "1", "image_path": ""}]')
    assert main([f"predictions={tmp_path}", f"output={tmp_path / 'out'}"]) == 0
    output = capsys.readouterr().out
    assert ["2", "z", "1", "1"] in [line.split() for line in output.splitlines()]
    assert load(tmp_path / "out/confusions.json").counts == {("2", "z"): 1}
    ElementTree.parse(tmp_path / "out/confusions.svg")


def test_pictures_of_any_table():
    for confusions in (Confusions({}, {}), Confusions({("<", "&"): 1, ("", "x"): 9}, {"<": 3}), look_alikes()):
        assert "label" in table(confusions)
        assert "columns" in heat_text(confusions)
        ElementTree.fromstring(heat_svg(confusions))


def test_no_such_file(tmp_path, capsys):
    assert main([f"predictions={tmp_path / 'none.json'}"]) == 1
    assert "none.json" in capsys.readouterr().err
