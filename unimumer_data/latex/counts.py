r"""Symbol counts, the text of the symbol counting task, both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from unimumer_data.errors import CountTextError

_BRACES = frozenset("{}")
_MOST_DIGITS = 9


def count_symbols(tokens: Sequence[str]) -> dict[str, int]:
    r"""Count the tokens of an expression.

    >>> count_symbols(["x", "^", "{", "x", "}"])
    {'x': 2, '^': 1}

    Args:
        tokens: canonical tokens; not modified.

    Returns:
        token -> count, in order of first appearance. ``{`` and ``}`` are left out; every other token counts, also
        those that leave no ink (``^``, ``\begin``, ``{cases}``, ``&``), as in the published records.

    Source: arXiv 2505.23566, Sec. 3.4, and the published sample records.
    """
    counts: dict[str, int] = {}
    for token in tokens:
        counts[token] = counts.get(token, 0) + 1
    for brace in _BRACES:
        counts.pop(brace, None)
    return counts


def write_counts(counts: Mapping[str, int]) -> str:
    """``SYMBOL: N`` joined by a comma and a space.

    >>> write_counts({'x': 2, '^': 1})
    'x: 2, ^: 1'
    """
    return ", ".join([f"{token}: {count}" for token, count in counts.items()])


def read_counts(text: str) -> dict[str, int]:
    """Read a symbol counting text, also where a comma or a colon is itself a symbol.

    >>> read_counts("x: 2, ,: 1, :: 3")
    {'x': 2, ',': 1, ':': 3}

    Raises:
        CountTextError: an entry is not ``SYMBOL: N``, or a symbol stands twice; names the entry.
    """
    counts: dict[str, int] = {}
    for number, entry in enumerate(text.strip().split(", ") if text.strip() else []):
        token, separator, count = entry.rpartition(": ")
        if not separator or not token or not (count.isascii() and count.isdigit() and len(count) <= _MOST_DIGITS):
            raise CountTextError(f"entry {number}: expected 'SYMBOL: N', found {entry[:80]!r}")
        if token in counts:
            raise CountTextError(f"entry {number}: {token!r} is counted twice")
        counts[token] = int(count)
    return counts
