"""What is taken out of a model's text."""

import pytest

from unimumer_data.tasks import TASKS, Expression, prompts
from unimumer_data.tasks.answers import agrees, final_expression, is_runaway, split_answer, task_of

FRACTION = Expression(r"\frac { a ^ { 2 } + 1 } { b }")


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if not task.fields])
def test_a_perfect_answer_gives_its_expression_back(task: str) -> None:
    text = TASKS[task].answer(FRACTION)
    assert final_expression(text, task) == FRACTION.text
    assert agrees(text, task) is (None if task == "vanilla" else True)


@pytest.mark.parametrize("task", ["tree", "can"])
def test_a_working_of_another_expression_disagrees(task: str) -> None:
    working = TASKS[task].answer(FRACTION).rpartition("\n")[0]
    assert agrees(f"{working}\nx", task) is False


@pytest.mark.parametrize("task", ["tree", "can"])
def test_an_answer_cut_in_its_working_has_no_expression(task: str) -> None:
    working = TASKS[task].answer(FRACTION).rpartition("\n")[0]
    assert final_expression(working, task) == ""
    assert agrees(working, task) is False


def test_an_answer_without_working_is_its_expression() -> None:
    assert split_answer("x + y", "tree") == ("", "x + y")
    assert agrees("x + y", "tree") is False


def test_an_expression_in_words_of_a_tree_is_no_tree_line() -> None:
    assert final_expression("x\nx ( r i g h t )", "tree") == "x ( r i g h t )"


def test_a_correction_ends_in_its_expression() -> None:
    assert split_answer("REPLACE:d -> a\na + b", "error_fix") == ("REPLACE:d -> a", "a + b")
    assert split_answer("REPLACE:d -> a", "error_fix") == ("REPLACE:d -> a", "")


def test_instructions_tell_their_task() -> None:
    assert {task_of(task.instruction) for task in TASKS.values()} == set(TASKS)
    assert task_of(prompts.ERROR_FIND.format(candidate="x")) == "error_find"
    assert task_of(prompts.ERROR_FIX.format(marked="x")) == "error_fix"
    assert task_of("What does the picture say?") == "vanilla"


def test_runaways_are_found_without_spaces_too() -> None:
    assert is_runaway("x", "x" * 103) and is_runaway("x", "x " * 103)
    assert not is_runaway("x", "x" * 102)
