from __future__ import annotations

from unimumer_data.tasks import get_task
from unimumer_data.tasks.base import Expression

LABEL, CANDIDATE = r"\sqrt { a ^ { 2 } }", r"\sqrt { d ^ { 2 } }"


def test_both_tasks_ask_and_answer_as_published():
    find, fix = get_task("error_find"), get_task("error_fix")
    (expression,) = find.expressions(LABEL, [CANDIDATE])
    marked = r"\sqrt { <error_start> d <error_end> ^ { 2 } }"
    assert find.question(expression).endswith(f"<deleted>.\n\nerroneous formula: {CANDIDATE}\nMarked formula: ")
    assert find.answer(expression) == marked
    assert fix.question(expression).endswith(f"parts to be removed.\n\nMarked formula: {marked}\nCorrection log: ")
    assert fix.answer(expression) == f"REPLACE:d -> a\n{LABEL}"
    assert (find.suffix, fix.suffix) == ("_error_find", "_error_fix")


def test_one_record_for_each_candidate():
    fix, tree = get_task("error_fix"), get_task("tree")
    assert fix.expressions("a", ["b", "c"]) == [Expression("a", "b"), Expression("a", "c")]
    assert fix.expressions("a") == []
    assert tree.expressions("a", ["b", "c"]) == [Expression("a")]
    assert tree.question(Expression("a")) == tree.instruction
