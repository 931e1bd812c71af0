"""The parts of a reward: each takes a batch of answers and labels and gives a number in [0, 1] for each answer.

None of them raises, returns NaN, draws a random number or takes long: an answer out of proportion is not parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from unimumer_data.latex.grammar import prints_ink
from unimumer_data.tasks.answers import agrees, is_runaway
from unimumer_eval.scores.cdm import cdm as cdm_score
from unimumer_eval.scores.structure import structure_f1

from .answers import LONGEST_EXPRESSION, LONGEST_TEXT, Answer, answer_of, invisible_share, reading_of
from .pictures import image_agreement

FREE_LENGTH = 1.25
"""An answer may have this many times the tokens of its label before `length` falls."""


class Component(Protocol):
    """A part of a reward.

    Args:
        answers: B texts of a model; what is not text counts as empty.
        labels: B expressions.
        tasks: B task names, which decide where in an answer the expression stands; all ``vanilla`` if left out.

    Returns:
        B numbers in [0, 1].
    """

    def __call__(
        self, answers: Sequence[str], labels: Sequence[str], tasks: Sequence[str] | None = None
    ) -> list[float]: ...


def _batch(judge: Callable[[Answer, str], float]) -> Component:
    """A component from a function of one answer and its label."""

    def component(answers: Sequence[str], labels: Sequence[str], tasks: Sequence[str] | None = None) -> list[float]:
        return [
            judge(answer_of(_text(answer), task), _text(label))
            for answer, label, task in zip(answers, labels, tasks or ["vanilla"] * len(answers), strict=True)
        ]

    component.__doc__ = judge.__doc__
    component.__name__ = component.__qualname__ = judge.__name__.strip("_")
    return component


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _compared(score: Callable[[str, str], float]) -> Callable[[Answer, str], float]:
    """A score of two expressions, taken only where reading them is quick: 1 for equal texts, 0 for a runaway."""

    def judge(answer: Answer, label: str) -> float:
        if not answer.expression:
            return 0.0
        if answer.expression == label.strip():
            return 1.0
        if is_runaway(label, answer.expression) or len(label) > LONGEST_TEXT:
            return 0.0
        if sum(map(len, label.split())) > LONGEST_EXPRESSION:
            return 0.0
        return min(1.0, max(0.0, score(label.strip(), answer.expression)))

    judge.__doc__, judge.__name__ = score.__doc__, score.__name__
    return judge


def _exact(label: str, answer: str) -> float:
    """1 where answer and label have the same strict canonical form, as ExpRate, strict, counts; else 0."""
    ours, theirs = reading_of(answer), reading_of(label)
    return float(bool(ours.strict) and not ours.fault and ours.strict == theirs.strict)


def _cdm(label: str, answer: str) -> float:
    """CDM F1: glyphs that match in token and place. Blind to scripts and scope (docs/metrics.md)."""
    return cdm_score(label, answer).f1


def _structure(label: str, answer: str) -> float:
    """Structure F1: symbols that stand where they belong."""
    return structure_f1(label, answer)


def _image_match(label: str, answer: str) -> float:
    """Agreement of the two printed formulas column by column; see `pictures`."""
    return image_agreement(label, answer)


def _consistency(answer: Answer, label: str) -> float:
    """1 where the tree or the counts of an answer are those of its own expression, else 0; 1 for tasks without.

    Whether the expression is right does not matter. An answer without an expression agrees with nothing.
    """
    if not answer.expression:
        return 0.0
    agreed = agrees(f"{answer.working}\n{answer.expression}", answer.task)
    return float(agreed is not False)


def _format(answer: Answer, label: str) -> float:
    """The share of the tokens that print or order what prints; 0 for what is not one readable line of LaTeX with ink.

    1 for every canonical expression. Spaces, phantoms, colours, comments and needless braces lower it.
    """
    expression = answer.expression
    if not expression:
        return 0.0
    if expression == label.strip():
        return 1.0
    if "\n" in expression or reading_of(expression).fault:
        return 0.0
    if not any(prints_ink(token) for token in reading_of(expression).strict):
        return 0.0
    return 1.0 - invisible_share(expression)


def _length(answer: Answer, label: str) -> float:
    """1 up to 1.25 times the tokens of the label, falling as 1.25 x label / answer beyond; 0 for a runaway.

    A runaway has more than twice the characters of the label and 100 more. A short answer is not punished: what it
    lacks costs it in the other components.
    """
    if answer.expression == label.strip() and answer.expression:
        return 1.0
    if not answer.expression or is_runaway(label, answer.expression) or len(label) > LONGEST_TEXT:
        return 0.0
    ours, theirs = (len(reading_of(text).strict) for text in (answer.expression, label.strip()))
    return min(1.0, FREE_LENGTH * theirs / ours) if ours else 0.0


exact = _batch(_compared(_exact))
cdm = _batch(_compared(_cdm))
structure = _batch(_compared(_structure))
image_match = _batch(_compared(_image_match))
consistency = _batch(_consistency)
format = _batch(_format)
length = _batch(_length)

COMPONENTS: Mapping[str, Component] = MappingProxyType(
    {
        "exact": exact,
        "cdm": cdm,
        "structure": structure,
        "image_match": image_match,
        "consistency": consistency,
        "format": format,
        "length": length,
    }
)
