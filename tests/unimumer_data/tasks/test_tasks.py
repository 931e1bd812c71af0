from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.errors import UnknownTaskError
from unimumer_data.latex import canonical_tree
from unimumer_data.tasks import TASKS, Expression, get_task

TESTS = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((TESTS / "data" / "golden_records.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["vanilla", "tree", "can"])
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["label"][:20])
def test_the_golden_records_of_the_published_format(golden: dict[str, str], name: str) -> None:
    task = get_task(name)
    assert task.instruction == GOLDEN[0]["instructions"][name]
    assert task.answer(Expression(golden["label"])) == golden[name]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["label"][:20])
def test_an_expression_of_a_tree_is_that_of_its_text(golden: dict[str, str]) -> None:
    expression = Expression.of_tree(canonical_tree(golden["label"]))
    assert expression.text == golden["label"]
    assert [TASKS[name].answer(expression) for name in ("vanilla", "tree", "can")] == [
        golden[name] for name in ("vanilla", "tree", "can")
    ]


def test_an_unknown_task_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownTaskError, match=r"unknown task 'vanila' \(did you mean 'vanilla'\?\)"):
        get_task("vanila")
