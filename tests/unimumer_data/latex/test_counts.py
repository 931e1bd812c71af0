"""Symbol counts."""

from __future__ import annotations

import pytest

from unimumer_data.errors import CountTextError
from unimumer_data.latex import count_symbols, read_counts, write_counts


def test_counts_every_token_but_braces_in_order() -> None:
    tokens = r"\frac { a ^ { 2 } + 1 } { b }".split()
    assert write_counts(count_symbols(tokens)) == r"\frac: 1, a: 1, ^: 1, 2: 1, +: 1, 1: 1, b: 1"


def test_layout_tokens_count() -> None:
    tokens = r"\begin {cases} x _ { 1 } & 2 \\ x \end {cases}".split()
    assert list(count_symbols(tokens).items()) == [
        ("\\begin", 1), ("{cases}", 2), ("x", 2), ("_", 1), ("1", 1), ("&", 1), ("2", 1), ("\\\\", 1), ("\\end", 1),
    ]  # fmt: skip


def test_round_trip_with_separators_as_symbols() -> None:
    counts = count_symbols(": , : 1 , ,".split())
    assert counts == {":": 2, ",": 3, "1": 1}
    assert read_counts(write_counts(counts)) == counts
    assert read_counts("") == {}


@pytest.mark.parametrize("text", ["x", "x: y", "x: 1, x: 2", "x: -1", "x:1", ": 2"])
def test_broken_counts_are_refused(text: str) -> None:
    with pytest.raises(CountTextError, match="entry "):
        read_counts(text)
