"""A run on disk: killed, resumed, changed."""

import json
from pathlib import Path

import pytest

from unimumer_data.errors import PredictionError
from unimumer_eval.engines.base import Answer, Output, Step, compact
from unimumer_eval.inference.journal import Journal

SETTINGS = {"model": "m", "temperature": 0.0}
LINE_SEPARATOR = "\u2028"


def answer(index: int, text: str = "x") -> Answer:
    return Answer(index=index, outputs=(Output(text=text, tokens=2, logprob=-0.5),), prompt_tokens=9)


def test_answers_survive_without_being_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "set", SETTINGS)
    journal.add("recognise", answer(1, f"a{LINE_SEPARATOR}b\nc"))
    assert Journal(tmp_path, "set", SETTINGS).answers("recognise") == {1: answer(1, f"a{LINE_SEPARATOR}b\nc")}


def test_half_a_line_is_asked_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "set", SETTINGS)
    journal.add("recognise", answer(0))
    journal.add("recognise", answer(1))
    journal.close()
    journal.partial.write_bytes(journal.partial.read_bytes()[:-7])

    resumed = Journal(tmp_path, "set", SETTINGS)
    assert resumed.answers("recognise") == {0: answer(0)}
    resumed.add("recognise", answer(1))
    assert set(Journal(tmp_path, "set", SETTINGS).answers("recognise")) == {0, 1}


def test_a_finished_journal_is_in_order_whatever_the_order_of_the_answers(tmp_path: Path) -> None:
    for folder, order in (("one", (0, 1, 2)), ("other", (2, 0, 1))):
        journal = Journal(tmp_path / folder, "set", SETTINGS)
        for index in order:
            journal.add("recognise", answer(index))
        journal.finish({"samples": 3})
        assert not journal.partial.exists()
    name = "set_answers.jsonl"
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_finished_run_needs_no_answer_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "set", SETTINGS)
    journal.add("recognise", answer(0))
    journal.finish({"samples": 1})
    assert Journal(tmp_path, "set", SETTINGS).answers("recognise") == {0: answer(0)}


def test_other_settings_do_not_resume_an_unfinished_run(tmp_path: Path) -> None:
    Journal(tmp_path, "set", SETTINGS).add("recognise", answer(0))
    with pytest.raises(PredictionError, match=r"temperature: 0.0 -> 0.2.*resume=false"):
        Journal(tmp_path, "set", SETTINGS | {"temperature": 0.2})
    again = Journal(tmp_path, "set", SETTINGS | {"temperature": 0.2}, resume=False)
    assert again.answers("recognise") == {}


def test_a_finished_run_with_other_settings_is_replaced_on_demand_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "set", SETTINGS)
    journal.add("recognise", answer(0))
    journal.finish({})
    other = SETTINGS | {"model": "other"}
    for resume in (True, False):
        with pytest.raises(PredictionError, match=r"finished run.*model: 'm' -> 'other'.*overwrite=true"):
            Journal(tmp_path, "set", other, resume=resume)
    assert Journal(tmp_path, "set", other, overwrite=True).answers("recognise") == {}


def test_of_another_model_the_beginning_of_its_digest_is_shown(tmp_path: Path) -> None:
    Journal(tmp_path, "set", SETTINGS | {"model_sha256": "a" * 64}).finish({})
    with pytest.raises(PredictionError, match=r"\(model_sha256: aaaaaaaa... -> bbbbbbbb...\)"):
        Journal(tmp_path, "set", SETTINGS | {"model_sha256": "b" * 64})


def test_an_answer_about_another_picture_is_forgotten(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "set", SETTINGS)
    journal.add("recognise", answer(0), "aaaa")
    journal.add("recognise", answer(1), "bbbb")
    journal.finish({})
    again = Journal(tmp_path, "set", SETTINGS)
    again.forget_others("recognise", {0: "aaaa", 1: "cccc"})
    assert set(again.answers("recognise")) == {0}


def test_only_failures_are_retried(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "set", SETTINGS)
    journal.add("recognise", answer(0))
    journal.add("recognise", Answer(index=1, failure="endpoint: HTTP 500"))
    journal.finish({})
    retried = Journal(tmp_path, "set", SETTINGS, retry_failures=True)
    assert set(retried.answers("recognise")) == {0}
    retried.add("recognise", answer(1, "y"))
    retried.finish({})
    assert Journal(tmp_path, "set", SETTINGS).answers("recognise")[1] == answer(1, "y")


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "set", SETTINGS)
    journal.partial.write_text('{"stage": "recognise"}\n')
    with pytest.raises(PredictionError, match=r"set_answers\.jsonl\.partial, line 1"):
        Journal(tmp_path, "set", SETTINGS)


def test_settings_and_summary_are_in_the_run_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "set", SETTINGS)
    journal.finish({"samples": 0})
    assert json.loads(journal.manifest.read_text()) == {"settings": SETTINGS, "samples": 0}


def test_steps_come_back_as_they_were(tmp_path: Path) -> None:
    steps = (Step("x", -0.25, (("x", -0.25), ("y", -2.0))), Step("", -0.5))
    known = Answer(index=0, outputs=(Output(text="x", tokens=2, steps=steps),))
    Journal(tmp_path, "set", SETTINGS).add("recognise", known)
    assert Journal(tmp_path, "set", SETTINGS).answers("recognise") == {0: known}


def test_probabilities_of_tokens_come_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "set", SETTINGS)
    journal.add("recognise", Answer(index=0, outputs=(Output(text="x", logprobs=compact((-0.25, -1e-6, -3.5))),)))
    (output,) = Journal(tmp_path, "set", SETTINGS).answers("recognise")[0].outputs
    assert list(output.logprobs) == [-0.25, 0.0, -3.5]
