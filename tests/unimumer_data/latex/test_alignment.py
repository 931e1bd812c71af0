from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unimumer_data.latex.alignment import Run, align, differing, edit_distance, edits

FORMULAS = st.lists(st.sampled_from(["a", "b", "{", "}", "^"]), max_size=7)


def rebuild(prediction: list[str], label: list[str], runs: list[Run]) -> list[str]:
    tokens, position = [], 0
    for run in runs:
        tokens += prediction[position : run.start] + label[run.label_start : run.label_stop]
        position = run.stop
    return tokens + prediction[position:]


def paths(prediction: list[str], label: list[str]) -> list[list[tuple[int, int, bool]]]:
    """Every alignment, as (row, column, is an edit) steps from the start: the slow way."""
    ends: dict[tuple[int, int], list[list[tuple[int, int, bool]]]] = {(0, 0): [[]]}
    for i in range(len(prediction) + 1):
        for j in range(len(label) + 1):
            steps = [(i - 1, j, True), (i, j - 1, True)]
            if i and j:
                steps.append((i - 1, j - 1, prediction[i - 1] != label[j - 1]))
            found = [[*path, (i, j, edit)] for x, y, edit in steps for path in ends.get((x, y), [])]
            if found:
                fewest = min(sum(edit for *_, edit in path) for path in found)
                ends[i, j] = [path for path in found if sum(edit for *_, edit in path) == fewest]
    return ends[len(prediction), len(label)]


def runs_of(path: list[tuple[int, int, bool]]) -> list[Run]:
    runs, before = [], (0, 0)
    for is_edit, steps in groupby(path, key=lambda step: step[2]):
        end = list(steps)[-1][:2]
        if is_edit:
            runs.append(Run(before[0], end[0], before[1], end[1]))
        before = end
    return runs


def is_whole(tokens: list[str]) -> bool:
    depth = 0
    for token in tokens:
        depth += (token == "{") - (token == "}")
        if depth < 0:
            return False
    return depth == 0


def price(prediction: list[str], label: list[str], runs: list[Run]) -> tuple[int, int]:
    cut = [
        run
        for run in runs
        if not (is_whole(prediction[run.start : run.stop]) and is_whole(label[run.label_start : run.label_stop]))
    ]
    return len(cut), len(runs)


@given(FORMULAS, FORMULAS)
def test_of_the_shortest_the_one_with_whole_groups_then_with_few_runs(prediction, label):
    runs = align(prediction, label)
    every = paths(prediction, label)
    assert rebuild(prediction, label, runs) == label
    assert edit_distance(prediction, label) == sum(edit for *_, edit in every[0])
    choices = [runs_of(path) for path in every]
    assert runs in choices
    assert price(prediction, label, runs) == min(price(prediction, label, choice) for choice in choices)


@given(st.lists(st.sampled_from("ab"), max_size=90), st.lists(st.sampled_from("ab"), max_size=90))
def test_distance_is_levenshtein(prediction, label):
    levenshtein = pytest.importorskip("rapidfuzz.distance").Levenshtein
    assert edit_distance(prediction, label) == levenshtein.distance(prediction, label)


@pytest.mark.parametrize(
    ("prediction", "label", "runs"),
    [
        ("a", "a", []),
        ("", "", []),
        ("", "a b", [Run(0, 0, 0, 2)]),
        ("a b", "", [Run(0, 2, 0, 0)]),
        # the group goes, not its end with the next group's begin
        (r"x ^ { 2 } ^ { 2 } + 1", "x ^ { 2 } + 1", [Run(5, 9, 5, 5)]),
        (r"\sqrt { a } { b }", r"\sqrt { a }", [Run(4, 7, 4, 4)]),
        # a script goes with what it belongs to
        ("a ^ { 2 } b ^ { 2 }", "a ^ { 2 }", [Run(5, 10, 5, 5)]),
        # one run rather than two
        ("a b b c", "a c", [Run(1, 3, 1, 1)]),
        (r"\begin {cases} a \end {cases} \begin {cases} b \end {cases}", r"\begin {cases} b \end {cases}",
         [Run(0, 5, 0, 0)]),
    ],
)  # fmt: skip
def test_choice(prediction, label, runs):
    assert align(prediction.split(), label.split()) == runs


def test_long_and_repetitive_texts_end_in_time():
    assert len(align("{ a } ".split() * 400, "{ a } ".split() * 20)) == 1
    assert align("{ ".split() * 500, "} ".split() * 300)


@given(FORMULAS, FORMULAS)
def test_single_edits_are_the_fewest_and_lead_to_the_label(prediction, label):
    found = edits(prediction, label)
    assert len(found) == edit_distance(prediction, label)
    assert all(i is None or j is None or prediction[i] != label[j] for i, j in found)
    marked, label_marked = differing(prediction, label)
    assert marked == [i for i, _ in found if i is not None]
    assert label_marked == [j for _, j in found if j is not None]
    kept = [token for i, token in enumerate(prediction) if i not in marked]
    assert kept == [token for j, token in enumerate(label) if j not in label_marked]


def test_neighbouring_edits_are_taken_together():
    assert differing("x 1 2".split(), "1 x 2".split()) == ([0, 1], [0, 1])
    assert edits("x 1 2".split(), "1 x 2".split()) == [(0, 0), (1, 1)]
