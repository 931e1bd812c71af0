"""What became of each sample: one outcome each, so that the outcomes of a set add up to n."""

from __future__ import annotations

from typing import Literal, get_args

from unimumer_data.latex import prints_ink
from unimumer_data.tasks.answers import is_runaway

from .forms import Reading, Tokens
from .pairs import DUPLICATE, MISSING, Pair

Outcome = Literal[
    "right",  # equal as published: same tokens between white space
    "notation",  # right in the strict form: the same formula, written otherwise
    "look-alike",  # right in the loose form only
    "missing",  # the prediction file does not have the sample
    "duplicate",  # a further prediction for a sample that has one
    "failed",  # the engine gave no answer; the reason stands with the sample
    "empty",  # an answer without a token
    "runaway",  # an answer out of proportion, see `answers.is_runaway`
    "label",  # the label itself is empty or cannot be read as LaTeX
    "unparsable",  # the answer cannot be read as LaTeX
    "symbol",  # the layout is right, symbols are not
    "structure",  # the symbols are right in their order, the layout is not
    "both",  # symbols and layout are wrong
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
RIGHT: frozenset[Outcome] = frozenset(("right", "notation"))
_FAILURES: dict[str, Outcome] = {MISSING: "missing", DUPLICATE: "duplicate"}
_GAP = "\0"


def outcome_of(pair: Pair, label: Reading, answer: Reading) -> Outcome:
    """The first outcome of the list that holds (``right`` in the strict form means ``right`` or ``notation``).

    >>> sub, sup = "x _ { 2 }", "x ^ { 2 }"
    >>> from .forms import read
    >>> outcome_of(Pair(id="a", gt=sub, pred=sup), read(sub), read(sup))
    'structure'
    """
    if pair.failure:
        return _FAILURES.get(pair.failure, "failed")
    if not answer.raw:
        return "empty"
    if not label.raw:
        return "label"
    if label.raw == answer.raw:
        return "right"
    if label.strict == answer.strict:
        return "notation"
    if label.loose == answer.loose:
        return "look-alike"
    if is_runaway(pair.gt, pair.answer):
        return "runaway"
    if label.fault:
        return "label"
    return "unparsable" if answer.fault else error_kind(label.strict, answer.strict)


def error_kind(label: Tokens, answer: Tokens) -> Literal["symbol", "structure", "both"]:
    """Separate wrong symbols from wrong layout in two token strings that differ.

    Symbols are the tokens that leave ink. ``structure``: the same symbols in the same order, arranged otherwise.
    ``symbol``: the same arrangement once every symbol is a blank.
    """
    if _symbols(label) == _symbols(answer):
        return "structure"
    return "symbol" if _layout(label) == _layout(answer) else "both"


def _symbols(tokens: Tokens) -> list[str]:
    return [token for token in tokens if prints_ink(token)]


def _layout(tokens: Tokens) -> list[str]:
    return [_GAP if prints_ink(token) else token for token in tokens]
