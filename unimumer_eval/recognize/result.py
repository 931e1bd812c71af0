"""What a recognizer says about one input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from unimumer_data.errors import CountTextError, LatexSyntaxError
from unimumer_data.ink import Ink
from unimumer_data.latex import canonical, read_counts
from unimumer_data.tasks.answers import agrees, final_expression, split_answer
from unimumer_eval.engines.base import Output
from unimumer_eval.inference.methods import elect
from unimumer_eval.trust.evidence import Evidence, evidence_of

from .symbols import Symbol, symbols_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One expression among several samples.

    Args:
        latex: in the ``records`` form.
        share: of all samples, 0-1.
        probability: of the most probable text that means it, 0-1; None where the engine does not say.
    """

    latex: str
    share: float
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What was recognised in one input.

    Args:
        name: of the input.
        latex: the expression in the canonical ``records`` form; as the model wrote it where it cannot be read as
            LaTeX, see ``fault``; empty where recognition failed.
        answer: all that the model wrote, tree or counts included.
        confidence: 0-1; the probability of the answer, with vote= or task=three the share of the answers that agree,
            with calibration= the probability of being right. None where the engine does not say.
        accept: whether the answer can be trusted, as far as calibration= promises; None without.
        symbols: the tokens of ``latex`` with their probabilities; empty where the engine does not say.
        alternatives: the expressions of all samples, grouped by meaning, the most frequent first.
        samples: the texts of all samples as the model wrote them.
        tree: the tree text of task=tree.
        counts: the symbol counts of task=can.
        agrees: whether tree or counts are those of the expression; None for tasks without.
        cut: whether the answer ended at max_tokens.
        fault: why ``latex`` cannot be read as LaTeX (``unbalanced_brace`` ...); None if it can.
        failure: why there is no answer; None if there is one.
        evidence: what speaks for the answer, see `trust.evidence`.
        picture: RGB, exactly as the model got it.
        ink: the strokes, where the input was ink.
    """

    name: str
    latex: str = ""
    answer: str = ""
    confidence: float | None = None
    accept: bool | None = None
    symbols: tuple[Symbol, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    samples: tuple[str, ...] = ()
    tree: str | None = None
    counts: dict[str, int] | None = None
    agrees: bool | None = None
    cut: bool = False
    fault: str | None = None
    failure: str | None = None
    evidence: Evidence = field(default_factory=dict, repr=False, compare=False)
    picture: Image.Image | None = field(default=None, repr=False, compare=False)
    ink: Ink | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: everything but picture and ink."""
        return {
            "name": self.name,
            "latex": self.latex,
            "confidence": self.confidence,
            "accept": self.accept,
            "answer": self.answer,
            "symbols": [one.to_dict() for one in self.symbols],
            "alternatives": [
                {"latex": one.latex, "share": one.share, "probability": one.probability} for one in self.alternatives
            ],
            "tree": self.tree,
            "counts": self.counts,
            "agrees": self.agrees,
            "cut": self.cut,
            "fault": self.fault,
            "failure": self.failure,
        }


def records_form(expression: str) -> tuple[str, str | None]:
    r"""The ``records`` form of an expression, and why there is none; then the text is kept, its white space set right.

    >>> records_form("x^2"), records_form("x ^ {")
    (('x ^ { 2 }', None), ('x ^ {', 'unbalanced_brace'))
    """
    try:
        return canonical(expression), None
    except LatexSyntaxError as error:
        return " ".join(expression.split()), error.reason


def make_result(
    name: str,
    outputs: Sequence[Output],
    task: str,
    *,
    voted: bool = False,
    picture: Image.Image | None = None,
    ink: Ink | None = None,
) -> Recognition:
    """The result of an answered input.

    Args:
        name: of the input.
        outputs: at least one sampled text.
        task: that was asked: vanilla, tree, can ...
        voted: take what most of the outputs mean, not the first.
        picture: as the model got it.
        ink: of the input.
    """
    votes = 0
    chosen = outputs[0]
    if voted:
        chosen, votes = elect(outputs, task)
    working, expression = split_answer(chosen.text, task)
    latex, fault = records_form(expression)
    return Recognition(
        name=name,
        latex=latex,
        answer=chosen.text,
        confidence=votes / len(outputs) if voted else _probability(chosen),
        symbols=symbols_of(latex, expression, chosen),
        alternatives=group(outputs, task) if len(outputs) > 1 else (_only(latex, chosen),),
        samples=tuple(output.text for output in outputs),
        tree=working if task == "tree" else None,
        counts=_counts(working) if task == "can" else None,
        agrees=agrees(chosen.text, task),
        cut=chosen.finish == "length",
        fault=fault,
        evidence=evidence_of(chosen, task, votes=votes / len(outputs) if voted else None),
        picture=picture,
        ink=ink,
    )


def group(outputs: Sequence[Output], task: str) -> tuple[Alternative, ...]:
    """The expressions of sampled texts, those that mean the same as one, the most frequent first."""
    groups: dict[str, list[Output]] = {}
    for output in outputs:
        meaning = canonical(final_expression(output.text, task), "strict", repairs=[])
        groups.setdefault(meaning, []).append(output)
    found = []
    for members in groups.values():
        best = max(members, key=lambda one: -math.inf if one.logprob is None else one.logprob)
        latex, _ = records_form(final_expression(best.text, task))
        share = len(members) / len(outputs)
        found.append(Alternative(latex=latex, share=share, probability=_probability(best)))
    return tuple(sorted(found, key=lambda one: (-one.share, -(one.probability or 0.0))))


def _only(latex: str, output: Output) -> Alternative:
    """The one expression of one sample; there is nothing to compare it with."""
    return Alternative(latex=latex, share=1.0, probability=_probability(output))


def _probability(output: Output) -> float | None:
    return None if output.logprob is None else math.exp(min(0.0, output.logprob))


def _counts(working: str) -> dict[str, int] | None:
    try:
        return read_counts(working)
    except CountTextError:
        return None
