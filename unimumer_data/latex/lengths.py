r"""TeX lengths among tokens: ``3 p t``, ``- 0.5 e m plus 1 e x``, ``2 \baselineskip``, ``\dimexpr 1 p t * 2 \relax``.

Source: The TeXbook, chapter 24, <glue>, and The e-TeX manual, 3.5; white space is gone from tokens, so the letters of
a unit stand apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .grammar import EXPRESSIONS, NUMBERED, REGISTERS, is_unknown

UNITS = frozenset("pt pc in bp cm mm dd cc sp em ex mu".split())
_DIGITS = frozenset("0123456789.,")
_CONSTANTS = {'"': frozenset("0123456789ABCDEF"), "'": frozenset("01234567")}
_SIGNS = frozenset("=+-")
_OPENERS = {"(": ")"} | dict.fromkeys(EXPRESSIONS, "\\relax")
_EM = {
    "pt": 1 / 12, "pc": 1.0, "in": 72.27 / 12, "bp": 72.27 / 72 / 12, "cm": 72.27 / 2.54 / 12, "mm": 7.227 / 2.54 / 12,
    "dd": 1238 / 1157 / 12, "cc": 1238 / 1157, "sp": 1 / 65536 / 12, "em": 1.0, "ex": 0.43, "mu": 1 / 18,
}  # fmt: skip


def end_of_length(tokens: Sequence[str], start: int) -> int:
    r"""Where the length that begins at ``start`` ends, with ``plus`` and ``minus``; ``start`` if none begins there.

    >>> end_of_length("3 m u p l u s 1 m u x".split(), 0)
    10
    >>> end_of_length(r"\dimexpr ( 1 p t + \jot ) * 2 \relax x".split(), 0)
    11
    """
    end = _end_of_dimension(tokens, start)
    if end == start:
        return start
    for word in ("plus", "minus"):
        if _spells(tokens, end, word):
            after = end + len(word)
            stretch = _end_of_dimension(tokens, after)
            if stretch == after:
                return end
            end = stretch
    return end


def end_of_number(tokens: Sequence[str], start: int) -> int:
    """Where the number that begins at ``start`` ends; ``start`` if none begins there."""
    count, position = len(tokens), start
    while position < count and tokens[position] in _SIGNS:
        position += 1
    digits = position
    while position < count and tokens[position] in _DIGITS:
        position += 1
    return _end_of_dimension(tokens, start) if position == digits else position


def end_of_register(tokens: Sequence[str], start: int) -> int:
    r"""Where a register and the value that it is given end, ``\hsize = 3 c m``; ``start`` if there is none."""
    name = _end_of_factor(tokens, start, start)
    return end_of_length(tokens, name + 2 * _spells(tokens, name, "by"))


def _end_of_dimension(tokens: Sequence[str], start: int) -> int:
    count, position = len(tokens), start
    while position < count and tokens[position] in _SIGNS:
        position += 1
    if position < count and tokens[position] in EXPRESSIONS:
        end = _end_of_expression(tokens, position)
        return start if end == position else end
    return _end_of_factor(tokens, start, position)


def _end_of_expression(tokens: Sequence[str], start: int) -> int:
    r"""Where ``\dimexpr ... \relax`` ends; ``start`` if it has no value."""
    count, position = len(tokens), start
    open_ones: Counter[str] = Counter()
    while True:
        while position < count and (tokens[position] in _SIGNS or tokens[position] in _OPENERS):
            open_ones[_OPENERS.get(tokens[position], "")] += 1
            position += 1
        end = _end_of_factor(tokens, position, position)
        if end == position:
            return start
        position = end
        for word in ("plus", "minus"):
            if _spells(tokens, position, word):
                position = _end_of_factor(tokens, position + len(word), position + len(word))
        while position < count and open_ones[tokens[position]] > 0:
            open_ones[tokens[position]] -= 1
            position += 1
        if not open_ones["\\relax"] or position >= count or tokens[position] not in ("+", "-", "*", "/"):
            return position
        position += 1


def _end_of_factor(tokens: Sequence[str], start: int, position: int) -> int:
    """Where a length without signs ends that begins at ``position``; ``start`` if none does."""
    digits = position
    position = _end_of_digits(tokens, digits)
    if position >= len(tokens):
        return start if position == digits else len(tokens)
    token = tokens[position]
    if token in NUMBERED:
        position += 1
        named = position < len(tokens) and is_unknown(tokens[position])
        return position + 1 if named else _end_of_digits(tokens, position)
    if token in REGISTERS or is_unknown(token):
        position += 1
        while position < len(tokens) and tokens[position] == "@":  # \z@, \p@
            position += 1
        return position + 4 * _spells(tokens, position, "skip")  # \z@skip
    if position == digits:
        return start
    if _spells(tokens, position, "true"):
        position += 4
    for infinite in ("filll", "fill", "fil"):
        if _spells(tokens, position, infinite):
            return position + len(infinite)
    return position + 2 * ("".join(tokens[position : position + 2]).lower() in UNITS)  # else a number


def _end_of_digits(tokens: Sequence[str], position: int) -> int:
    """Where a number ends: ``1.5``, ``"1F`` in sixteens, ``'17`` in eights, ````a`` by its character."""
    count = len(tokens)
    if position + 1 < count and tokens[position] == "`" and tokens[position + 1].isalnum():
        return position + 2
    known = _CONSTANTS.get(tokens[position], _DIGITS) if position < count else _DIGITS
    position += known is not _DIGITS
    while position < count and tokens[position] in known:
        position += 1
    return position


def end_of_size(tokens: Sequence[str], start: int) -> int:
    """Where the size of a box ends, ``to 3 c m`` or ``spread 3 p t``; ``start`` if none begins there."""
    for word in ("to", "spread"):
        if _spells(tokens, start, word):
            after = start + len(word)
            end = _end_of_dimension(tokens, after)
            return start if end == after else end
    return start


def end_of_bar(tokens: Sequence[str], start: int) -> tuple[int, bool]:
    r"""Where the sides of TeX's own rule end, ``width 1 p t height 2 e x depth 0 p t``, and whether it prints.

    >>> end_of_bar("width 0 p t x".replace("width", "w i d t h").split(), 0)
    (8, False)
    """
    sides: dict[str, float | None] = {}
    position = start
    while True:
        word = next((word for word in ("width", "height", "depth") if _spells(tokens, position, word)), None)
        after = position + len(word or "")
        end = _end_of_dimension(tokens, after)
        if word is None or end == after:
            break
        sides[word] = in_em(tokens[after:end])
        position = end
    flat = sides.get("height") == 0 and sides.get("depth", 0.0) == 0
    return position, not (flat or sides.get("width") == 0)


def _spells(tokens: Sequence[str], position: int, word: str) -> bool:
    return "".join(tokens[position : position + len(word)]) == word


def in_em(tokens: Sequence[str]) -> float | None:
    """The length that the tokens spell, in em of 12 points; None if they spell none."""
    text = "".join(tokens).lower().replace("true", "").replace(",", ".")
    if text.startswith("\\z"):
        return 0.0
    factor, register, _ = text.partition("\\")
    if register and "0" in factor and not factor.strip("+-0."):
        return 0.0
    try:
        return float(text[:-2]) * _EM[text[-2:]]
    except (KeyError, ValueError):
        return None
