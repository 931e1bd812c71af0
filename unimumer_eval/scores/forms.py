"""The three forms in which label and prediction are compared.

    raw       what lies between white space, as published
    strict    the canonical token string: same parse, nothing that shows on paper is deleted
    loose     strict, and what looks alike counts as alike

A text that cannot be read stands for its own tokens in the strict and loose form: it can equal nothing but itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.latex import strict_and_loose, tokenize

Form = Literal["raw", "strict", "loose"]
FORMS: tuple[Form, ...] = ("raw", "strict", "loose")

Tokens = tuple[str, ...]

LONGEST = 20_000
"""Characters up to which a text is parsed. A longer one stands for what lies between its white space; the longest
published label has 705."""
TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Reading:
    """One text in all forms.

    Args:
        fault: why the text cannot be read as LaTeX (reason of the LatexSyntaxError); None if it can.
    """

    raw: Tokens
    strict: Tokens
    loose: Tokens
    fault: str | None = None

    def tokens(self, form: Form) -> Tokens:
        tokens: Tokens = getattr(self, form)
        return tokens


@lru_cache(maxsize=1 << 18)
def read(text: str) -> Reading:
    """Read a text once; test sets repeat themselves and predictions repeat labels.

    >>> read("x^2").strict
    ('x', '^', '{', '2', '}')
    """
    raw = tuple(text.split())
    if not raw:
        return Reading(raw, raw, raw)
    if len(text) > LONGEST:
        return Reading(raw, raw, raw, TOO_LONG)
    try:
        strict, loose = map(tuple, strict_and_loose(text))
    except LatexSyntaxError as error:
        lexed = tuple(tokenize(text))
        return Reading(raw, lexed, lexed, error.reason)
    return Reading(raw, strict, loose)
