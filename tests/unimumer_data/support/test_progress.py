"""What a run says about how far it is."""

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
    lines = log.getvalue().splitlines()
    assert lines == [
        "set: 10/100 (10 %), 1.0/s, 0:10 gone, 1:30 left",
        "set: 20/100 (20 %), 1.0/s, 0:20 gone, 1:20 left",
        "set: 30/100 (30 %), 1.0/s, 0:30 gone, 1:10 left",
        "set: 30/100 (30 %), 1.0/s, 0:30 gone, 1:10 left",
    ]


def test_a_terminal_has_one_line_that_is_drawn_again(clock: list[float]) -> None:
    screen = Terminal()
    with Progress("set", None, stream=screen) as progress:
        for _ in range(3):
            clock[0] += 1
            progress.step(5)
    assert screen.getvalue().count("\n") == 1
    assert screen.getvalue().split("\r\x1b[K")[-1] == "set: 15, 5.0/s, 0:03 gone\n"


def test_a_line_on_a_terminal_is_ended(clock: list[float]) -> None:
    screen = Terminal()
    with Progress("set", 2, stream=screen) as progress:
        clock[0] += 0.5
        progress.step()
        progress.step()
    assert screen.getvalue().endswith("set: 2/2 (100 %), 4.0/s, 0:00 gone\n")


def test_what_was_done_before_does_not_count_for_the_rate(clock: list[float]) -> None:
    log = io.StringIO()
    with Progress("set", 100, done=90, stream=log) as progress:
        clock[0] += 10
        progress.step(5)
    assert log.getvalue().splitlines()[0] == "set: 90/100 (90 %) done before"
    assert "95/100 (95 %), 0.5/s, 0:10 gone, 0:10 left" in log.getvalue()


@pytest.mark.parametrize(("done", "seconds"), [(0, 60.0), (5, 0.5)])
def test_nothing_is_said_of_nothing_done_or_of_no_time(clock: list[float], done: int, seconds: float) -> None:
    log = io.StringIO()
    with Progress("set", 5, stream=log) as progress:
        for _ in range(done):
            progress.step()
        clock[0] += seconds
    assert not log.getvalue()
