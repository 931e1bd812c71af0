r"""Plain TeX's own table, ``\halign { \hfil $ # $ & $ {} = # $ \hfil \cr x & 1 \cr }``, as the tokens of an array.

Its first row is a template: what stands around ``#`` stands around every cell of the column. Fills say how a column is
aligned, ``$`` whether its cells are mathematics.

Source: The TeXbook, chapter 22.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .grammar import role_of
from .lengths import end_of_size

LONGEST_TEMPLATE = 256
"""Tokens; a longer template is none."""
GROWTH = 4
"""Templates add at most this many times the length of the formula, and the square of `LONGEST_TEMPLATE`, in tokens."""
_FILLS = frozenset(r"\hfil \hfill \hfilll \hss \hidewidth".split())
_ALIGNMENT = {(False, False): "l", (True, False): "r", (False, True): "l", (True, True): "c"}
_LINES = frozenset((r"\hrule", r"\hline"))
_MATH = frozenset(("$", r"\(", r"\)"))

_Part = list[str] | tuple[int, int]
"""Tokens that are finished, or a range of those that were read, where tables may be."""


def arrays_of(tokens: Sequence[str]) -> list[str]:
    r"""The tokens with arrays for ``\halign``; one without a template, or that never ends, stays.

    >>> " ".join(arrays_of(r"\halign { $ # $ & \hfil # \cr x & y \cr }".split()))
    '\\begin {array} { l r } x & \\text { \\hfil y } \\\\ \\end {array}'
    """
    partners = _partners(tokens)
    result: list[str] = []
    work: list[_Part] = [(0, len(tokens))]
    while work:
        part = work.pop()
        if isinstance(part, list):
            result += part
            continue
        position, stop = part
        while position < stop:
            table = None
            if role_of(tokens[position]) == "halign" and len(result) < _limit(tokens):
                table = _read(tokens, partners, position)
            if table is not None:
                parts, end = table
                work.append((end, stop))
                work += parts[::-1]
                break
            result.append(tokens[position])
            position += 1
    return result


def _limit(tokens: Sequence[str]) -> int:
    return GROWTH * len(tokens) + LONGEST_TEMPLATE**2


@dataclass(frozen=True, slots=True)
class _Column:
    """A column's alignment, the ranges before and after its cells, and whether a cell is text with its template."""

    align: str
    before: tuple[int, int]
    after: tuple[int, int]
    text: bool


_PLAIN = _Column("l", (0, 0), (0, 0), text=True)


def _read(tokens: Sequence[str], partners: dict[int, int], start: int) -> tuple[list[_Part], int] | None:
    """The parts of the array that begins at ``start``, and where it ends; None if it cannot be read."""
    opening = end_of_size(tokens, start + 1)
    while opening < len(tokens) and role_of(tokens[opening]) == "skip":
        opening += 1
    closing = partners.get(opening)
    if closing is None:
        return None
    template, *rows = _rows(tokens, partners, opening + 1, closing)
    if not rows or template == [(opening + 1, opening + 1)] or template[-1][1] - opening > LONGEST_TEMPLATE:
        return None
    longest = max(last - first for first, last in template)
    if longest * sum(map(len, rows)) > _limit(tokens):
        return None
    again = next((number for number, (first, last) in enumerate(template) if first == last), -1)
    del template[again : again + (again >= 0)]
    columns = [_column(tokens, *cell) for cell in template]
    body: list[_Part] = []
    aligned = [columns[0].align]
    for row in rows:
        number = 0
        for place, (first, last) in enumerate(row):
            first, rules = _rules(tokens, partners, first, last) if not place else (first, [])
            body.append(["&"] if place else rules)
            if place or len(row) > 1 or any(role_of(token) != "skip" for token in tokens[first:last]):
                column = _template_of(columns, again, number)
                aligned += [column.align] * (number + 1 - len(aligned))
                parts, spanned = _cell(tokens, first, last, column)
                body += parts
                number += spanned
        body.append(["\\\\"])
    body[-1:] = []
    head: _Part = ["\\begin", "{array}", "{", *aligned, "}"]
    return [head, *body, ["\\end", "{array}"]], closing + 1


def _rows(tokens: Sequence[str], partners: dict[int, int], start: int, stop: int) -> list[list[tuple[int, int]]]:
    """The cells of each row as ranges; what stands in braces or an environment is not looked at."""
    rows: list[list[tuple[int, int]]] = [[]]
    position = first = start
    environments = 0
    while position < stop:
        token = tokens[position]
        if role_of(token) == "cell" and not environments:
            rows[-1].append((first, position))
            first = position + 1
            if token != "&":
                rows.append([])
        environments += (token == "\\begin") - (token == "\\end")
        position = partners.get(position, position) + 1 if token == "{" else position + 1
    return [*rows[:-1], [*rows[-1], (first, stop)]]


def _column(tokens: Sequence[str], start: int, stop: int) -> _Column:
    place = next((index for index in range(start, stop) if tokens[index] == "#"), stop)
    end = place
    while end < stop and tokens[end] == "#":  # doubled in a definition
        end += 1
    before, after = tokens[start:place], tokens[end:stop]
    align = _ALIGNMENT[not _FILLS.isdisjoint(before), not _FILLS.isdisjoint(after)]
    signs = [start + index for index, token in enumerate(before) if token in _MATH]
    closing = [end + index for index, token in enumerate(after) if token in _MATH]
    outside = (*tokens[start : signs[0]], *tokens[closing[0] + 1 : stop]) if len(signs) == len(closing) == 1 else "x"
    if all(role_of(token) in ("skip", "register") for token in outside):
        return _Column(align, (signs[0] + 1, place), (end, closing[0]), text=False)
    return _Column(align, (start, place), (end, stop), text=True)


def _template_of(columns: list[_Column], again: int, number: int) -> _Column:
    """The template of a cell; those from ``again`` on repeat, and a cell beyond them has none."""
    if number < len(columns):
        return columns[number]
    if again < 0 or again >= len(columns):
        return _PLAIN
    return columns[again + (number - again) % (len(columns) - again)]


def _rules(tokens: Sequence[str], partners: dict[int, int], first: int, last: int) -> tuple[int, list[str]]:
    r"""Where a row begins after what is not aligned in it, and the rules in there."""
    rules: list[str] = []
    while first < last and (tokens[first] == "\\noalign" or role_of(tokens[first]) == "skip"):
        if tokens[first] == "\\noalign":
            end = partners.get(first + 1, first + 1)
            if not _LINES.isdisjoint(tokens[first:end]):
                rules.append("\\hline")
            first = end
        first += 1
    return first, rules


def _cell(tokens: Sequence[str], first: int, last: int, column: _Column) -> tuple[list[_Part], int]:
    r"""A cell in its template, and how many columns it spans; after ``\omit`` and ``\multispan`` it has none."""
    while first < last and role_of(tokens[first]) == "skip":
        first += 1
    command = tokens[first] if first < last else ""
    if command == "\\multispan":
        digits = [token for token in tokens[first + 1 : first + 4] if token not in ("{", "}")]
        number = digits[0] if digits and digits[0].isascii() and digits[0].isdigit() else "1"
        first += 4 if tokens[first + 1 : first + 2] == ["{"] else 2
        parts: list[_Part] = [["\\multicolumn", "{", number, "}", "{", "l", "}", "{", "\\text", "{"]]
        return [*parts, (min(first, last), last), ["}", "}"]], max(1, int(number))
    if command == "\\omit":
        return [["\\text", "{"], (first + 1, last), ["}"]], 1
    parts = [column.before, (first, last), column.after]
    return ([["\\text", "{"], *parts, ["}"]] if column.text else parts), 1


def _partners(tokens: Sequence[str]) -> dict[int, int]:
    """Place of an opening brace -> place of the one that closes it."""
    partners: dict[int, int] = {}
    waiting: list[int] = []
    for index, token in enumerate(tokens):
        if token == "{":
            waiting.append(index)
        elif token == "}" and waiting:
            partners[waiting.pop()] = index
    return partners
