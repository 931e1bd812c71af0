"""What a run shows of how far it is."""

from __future__ import annotations

import io

import pytest

from unimumer_data.support.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, to be moved by hand."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_now_and_then_and_one_at_the_end(clock: list[float]) -> None:
    log = io.StringIO()
    with Progress("set", 100, stream=log) as progress:
        for _ in range(30):
            clock[0] += 1
            progress.step()
    assert log.getvalue().splitlines() == [
        "set: 10/100 (10 %), 0:10 elapsed, 1.0/s, 1:30 left",
        "set: 20/100 (20 %), 0:20 elapsed, 1.0/s, 1:20 left",
        "set: 30/100 (30 %), 0:30 elapsed, 1.0/s, 1:10 left",
        "set: 30/100 (30 %), 0:30 elapsed, 1.0/s, 1:10 left",
    ]


def test_the_time_until_the_first_item_does_not_count_for_the_rate(clock: list[float]) -> None:
    log = io.StringIO()
    with Progress("set", 102, stream=log) as progress:
        clock[0] += 600  # a model is loaded
        progress.step()
        assert log.getvalue() == "set: 1/102 (0 %), 10:00 elapsed\n"
        clock[0] += 1
        progress.step()
        clock[0] += 9
        progress.step(19)
    assert "21/102 (20 %), 10:10 elapsed, 2.0/s, 0:40 left" in log.getvalue()


def test_answers_that_come_at_once_have_no_rate(clock: list[float]) -> None:
    log = io.StringIO()
    with Progress("set", 3, stream=log) as progress:
        clock[0] += 8
        for _ in range(3):
            progress.step()
            clock[0] += 0.001
    assert log.getvalue().splitlines()[-1] == "set: 3/3 (100 %), 0:08 elapsed"


def test_a_terminal_has_a_bar(clock: list[float]) -> None:
    screen = Terminal()
    with Progress("set", 20, stream=screen) as progress:
        progress.step(5)
    assert "set" in screen.getvalue() and "5/20" in screen.getvalue()
    assert "\n" in screen.getvalue().rpartition("5/20")[2]  # the last line is ended


def test_what_was_done_before_does_not_count_for_the_rate(clock: list[float]) -> None:
    log = io.StringIO()
    with Progress("set", 100, done=90, stream=log) as progress:
        progress.step()
        clock[0] += 10
        progress.step(5)
    assert log.getvalue().splitlines()[0] == "set: 90/100 (90 %) done before"
    assert "96/100 (96 %), 0:10 elapsed, 0.5/s, 0:08 left" in log.getvalue()


@pytest.mark.parametrize(("done", "seconds"), [(0, 60.0), (5, 0.5)])
def test_nothing_is_shown_of_nothing_done_or_of_no_time(clock: list[float], done: int, seconds: float) -> None:
    log = io.StringIO()
    with Progress("set", 5, stream=log) as progress:
        for _ in range(done):
            progress.step()
        clock[0] += seconds
    assert not log.getvalue()
