"""Formulas to practise: what is weak is drawn more often, and nothing that is tested."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.build import command as build
from unimumer_data.error_driven.practise import main
from unimumer_data.error_driven.weakness import Weakness, features_of

FORMULAS = [f"{letter} + {number}" for letter in "abcz" for number in range(50)] + [
    rf"\frac {{ {letter} }} {{ {number} }}" for letter in "abcz" for number in range(50)
]


def predictions(folder: Path, *pairs: tuple[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run_pred.json"
    rows = [
        {"img_id": str(number), "gt": label, "pred": answer, "image_path": f"{number}.png"}
        for number, (label, answer) in enumerate(pairs)
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A model that takes z for 2 and cannot read fractions."""
    good = [("a + b", "a + b"), ("b - c", "b - c"), ("c = a", "c = a")] * 10
    bad = [("z + a", "2 + a"), (r"\frac { a } { b }", "a b")] * 10
    return predictions(tmp_path / "results", *good, *bad)


@pytest.fixture
def formulas(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(FORMULAS) + "\n", encoding="utf-8")
    return path


def drawn(path: Path) -> list[str]:
    return [line.split("\t")[1] for line in path.read_text(encoding="utf-8").splitlines()]


def test_what_is_weak_becomes_frequent(
    results: Path, formulas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "list.txt"
    words = [f"results={results}", f"formulas={formulas}", "n=80", f"root={tmp_path}", "strength=3"]
    assert main([*words, f"output={output}"]) == 0
    found = drawn(output)
    assert len(found) == len(set(found)) == 80
    assert sum("z" in one for one in found) > 30  # a quarter of the list would be 20
    assert sum("frac" in one for one in found) > 45  # half of the list would be 40
    said = capsys.readouterr().out
    assert "80 of 80 formulas" in said and "symbol" in said and "fraction" in said


def test_the_same_seed_draws_the_same_list(results: Path, formulas: Path, tmp_path: Path) -> None:
    words = [f"results={results}", f"formulas={formulas}", "n=50", f"root={tmp_path}"]
    for name, seed in {"a": 0, "b": 0, "c": 1}.items():
        assert main([*words, f"seed={seed}", f"output={tmp_path / name}"]) == 0
    assert drawn(tmp_path / "a") == drawn(tmp_path / "b") != drawn(tmp_path / "c")


def test_a_formula_of_a_test_set_or_of_the_results_is_never_drawn(
    results: Path, tmp_path: Path, hand_bank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = tmp_path / "tests.txt"
    tests.write_text("x ^ 2\n", encoding="utf-8")
    words = ["source=synth", f"path={tests}", "name=exam", "split=test", f"options={{bank: {hand_bank}}}"]
    assert build.main([*words, f"output={tmp_path}", "workers=1"]) == 0
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("x^{2}\nz+a\ny = x\ny=x\n\\frac{x\n", encoding="utf-8")
    listed = tmp_path / "list.txt"
    assert main([f"results={results}", f"formulas={corpus}", f"root={tmp_path}", f"output={listed}"]) == 0
    assert drawn(listed) == ["y = x"]
    said = capsys.readouterr().out
    assert "in_results: 1, in_test_set: 1, repeated: 1, unbalanced_brace: 1" in said
    # a list that was written in another way is refused by build
    listed.write_text(listed.read_text() + "mine\tx ^ { 2 }\n", encoding="utf-8")
    words = ["source=synth", f"path={listed}", "name=practise", f"options={{bank: {hand_bank}}}", "workers=1"]
    assert build.main([*words, f"output={tmp_path}"]) == 1
    assert "mine is exam/tests_1 (same label)" in capsys.readouterr().err


def test_strength_0_and_copies(
    results: Path, formulas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"results={results}", f"formulas={formulas}", f"root={tmp_path}"]
    assert main([*words, "n=200", "strength=0", f"output={tmp_path / 'even'}"]) == 0
    assert 30 < sum("z" in one for one in drawn(tmp_path / "even")) < 70
    assert main([*words, "n=1000", "copies=2", f"output={tmp_path / 'twice'}"]) == 0
    assert len(drawn(tmp_path / "twice")) == 2 * len(FORMULAS)
    assert "the list has no more" in capsys.readouterr().out


def test_mistakes_end_in_a_sentence(
    results: Path, formulas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"results={results}", f"formulas={formulas}", f"root={tmp_path}"]
    (tmp_path / "there").write_text("x")
    for extra, code in {
        f"output={tmp_path / 'there'}": 1,
        f"formulas={tmp_path / 'none'}": 1,
        "n=0": 2,
        "strength=-1": 2,
    }.items():
        assert main([*words, f"output={tmp_path / 'new'}", extra]) == code
    assert "exists; choose another output" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_rates_are_against_the_usual_and_cautious() -> None:
    pairs = [("a".split(), "z".split())] * 2 + [("a".split(), "a".split())] * 200
    weakness = Weakness(pairs)
    assert 1 < weakness.lifts["symbol", "z"] < 100
    assert weakness.lifts["symbol", "a"] < 1
    assert weakness.worth(["z"]) > weakness.worth(["q"]) > 0


def test_a_model_without_a_mistake_makes_an_even_list() -> None:
    weakness = Weakness([("a".split(), "a".split())] * 5)
    assert {weakness.worth([symbol]) for symbol in "abc"} == {1.0}


def test_features_are_symbols_pairs_kinds_nesting_and_length() -> None:
    found = features_of(r"\frac { a } { b ^ { 2 } }".split())
    assert {("symbol", "a"), ("pair", "a b"), ("kind", "fraction"), ("nesting", "2"), ("length", "10 to 19")} <= found
