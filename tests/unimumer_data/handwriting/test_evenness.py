"""The em of an ink, estimated again."""

from __future__ import annotations

import pytest

from unimumer_data.handwriting.evenness import Height, factors

LETTERS = "abcdefghij" * 4


def ink(name: str, size: float, letters: str = LETTERS, writer: str = "w", tall: str = "") -> list[Height]:
    return [Height(letter, writer, name, size * (2.0 if letter in tall else 1.0)) for letter in letters]


def test_an_ink_that_is_too_large_becomes_smaller() -> None:
    found = factors([*ink("usual", 1.0), *ink("large", 1.3)])
    assert found["w", "usual"] / found["w", "large"] == pytest.approx(1.3, rel=0.05)


def test_a_letter_that_the_writer_always_writes_large_says_nothing_of_its_ink() -> None:
    others = [one for number in range(5) for one in ink(f"{number}", 1.0, writer=f"v{number}")]
    usual = [one for number in range(20) for one in ink(f"u{number}", 1.0, "ab", tall="a")]
    found = factors([*others, *usual, *ink("a only", 1.0, "aaaa", tall="a")])
    assert found["w", "a only"] == pytest.approx(1.0, abs=0.1)


def test_few_letters_change_little() -> None:
    found = factors([*ink("usual", 1.0), *ink("one letter", 2.0, "a")])
    assert 0.8 < found["w", "one letter"] < 1.0


def test_the_only_ink_of_a_writer_stays() -> None:
    assert factors([*ink("usual", 1.0, writer="v"), *ink("large", 1.3)]) == {}
