"""From sampled texts to a result: canonical LaTeX, alternatives, probabilities of tokens."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError

import pytest

from unimumer_eval.engines.base import Output, Step
from unimumer_eval.recognize.agreeing import agreed
from unimumer_eval.recognize.result import Recognition, group, make_result


def output(text: str, probability: float = 0.5) -> Output:
    return Output(text=text, logprob=math.log(probability))


def test_the_expression_is_canonical_and_the_answer_is_kept() -> None:
    result = make_result("a", [output(r"x^2 \left( y \right)")], "vanilla")
    assert result.latex == "x ^ { 2 } ( y )"
    assert result.answer == r"x^2 \left( y \right)"
    assert result.confidence == pytest.approx(0.5)
    assert (result.tree, result.counts, result.agrees, result.fault) == (None, None, None, None)


def test_what_cannot_be_read_as_latex_is_kept_with_its_fault() -> None:
    result = make_result("a", [output("x ^ {  2")], "vanilla")
    assert (result.latex, result.fault) == ("x ^ { 2", "unbalanced_brace")


def test_tree_and_counts_come_with_whether_they_agree() -> None:
    tree = make_result("a", [output("x\n+ (right)\n1 (right)\nx + 1")], "tree")
    assert (tree.latex, tree.agrees) == ("x + 1", True)
    assert tree.tree == "x\n+ (right)\n1 (right)"
    counts = make_result("a", [output("x: 2, +: 1\nx + 1")], "can")
    assert (counts.counts, counts.agrees) == ({"x": 2, "+": 1}, False)


def test_samples_are_grouped_by_meaning_and_the_vote_takes_the_largest_group() -> None:
    texts = [output("y", 0.9), output("x ^ 2", 0.1), output("x ^ { 2 }", 0.3)]
    voted = make_result("a", texts, "vanilla", voted=True)
    assert voted.latex == "x ^ { 2 }"
    assert voted.confidence == pytest.approx(2 / 3)
    assert [(one.latex, round(one.share, 2)) for one in voted.alternatives] == [("x ^ { 2 }", 0.67), ("y", 0.33)]
    assert make_result("a", texts, "vanilla").latex == "y"
    assert group([output("a b")], "vanilla")[0].share == 1.0


def test_tokens_have_the_probability_of_the_pieces_that_spell_them() -> None:
    pieces = [("\\fr", 0.5), ("ac {", 0.8), (" a }", 0.9), (" { b", 0.25), (" }", 1.0), ("", 0.1)]
    steps = tuple(Step(text, math.log(p), (("other", math.log(0.1)),)) for text, p in pieces)
    text = "".join(text for text, _ in pieces)
    result = make_result("a", [Output(text=text, steps=steps)], "vanilla")
    by_token = {one.token: one.probability for one in result.symbols}
    assert [one.token for one in result.symbols] == result.latex.split()
    assert by_token["\\frac"] == pytest.approx(0.4)
    assert by_token["a"] == pytest.approx(0.9)
    assert by_token["b"] == pytest.approx(0.25)
    assert result.symbols[0].likely[0] == ("other", pytest.approx(0.1))
    assert text[result.symbols[5].start :].startswith(" { b")


def test_a_token_that_only_the_canonical_form_has_has_no_probability() -> None:
    steps = (Step("x^", 0.0), Step("2", math.log(0.5)))
    result = make_result("a", [Output(text="x^2", steps=steps)], "vanilla")
    assert [(one.token, one.probability and round(one.probability, 2)) for one in result.symbols] == [
        ("x", 1.0),
        ("^", 1.0),
        ("{", None),
        ("2", 0.5),
        ("}", None),
    ]


def test_tokens_of_the_working_are_not_taken_for_those_of_the_expression() -> None:
    steps = (Step("x: 1\n", math.log(0.5)), Step("x", math.log(0.25)))
    result = make_result("a", [Output(text="x: 1\nx", steps=steps)], "can")
    assert [(one.token, one.probability) for one in result.symbols] == [("x", pytest.approx(0.25))]


def test_a_result_cannot_be_changed_and_is_json() -> None:
    result = make_result("a", [output("x")], "vanilla")
    with pytest.raises(FrozenInstanceError):
        result.latex = "y"  # type: ignore[misc]
    assert json.loads(json.dumps(result.to_dict()))["latex"] == "x"


def test_three_results_become_the_one_that_most_of_them_mean() -> None:
    plain = make_result("a", [output("y", 0.9)], "vanilla")
    tree = make_result("a", [output("x\nx", 0.3)], "tree")
    counts = make_result("a", [output("x: 1\nx", 0.2)], "can")
    result = agreed({"vanilla": plain, "tree": tree, "can": counts})
    assert (result.latex, result.tree, result.counts) == ("x", "x", {"x": 1})
    assert result.confidence == pytest.approx(2 / 3)
    assert [(one.latex, round(one.share, 2)) for one in result.alternatives] == [("x", 0.67), ("y", 0.33)]
    failed = Recognition(name="a", failure="refused: no")
    assert agreed({"vanilla": failed, "tree": failed, "can": counts}).latex == "x"
    assert agreed({"vanilla": failed, "tree": failed, "can": failed}).failure == "refused: no"
