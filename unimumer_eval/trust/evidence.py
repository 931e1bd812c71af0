"""What speaks for an answer, known without its label.

Evidence is kept with each answer: what the engine and the way of asking say. Features are made of it and of the
expression itself; a `calibrator.Calibrator` turns them into a probability.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from unimumer_data.tasks.answers import agrees
from unimumer_eval.engines.base import Output
from unimumer_eval.scores.forms import read

Evidence = Mapping[str, float]
EVIDENCE = {
    "logprob": "log-probability of the whole answer",
    "lowest": "log-probability of its least probable token",
    "tokens": "tokens of the answer",
    "votes": "share of the samples that mean this expression (vote=)",
    "agree": "share of the plain, tree and count answers that mean this expression (task=three)",
    "consistent": "1 where tree or counts of the answer are those of its own expression, else 0",
}
"""What an answer may carry, and what it means."""
FEATURES = {
    **{name: about for name, about in EVIDENCE.items() if name != "tokens"},
    "mean": "log-probability by token",
    "length": "logarithm of 1 + the tokens of the expression",
    "parses": "1 where the expression can be read as LaTeX, else 0",
}
"""What a probability can be fitted on, and what it means."""
_OF_TEXT = ("length", "parses")
_LOWEST = -1e4  # a log-probability that JSON holds, in place of minus infinity


def evidence_of(output: Output, task: str, *, votes: float | None = None) -> Evidence:
    """The evidence of an answer; what the engine does not say is left out.

    >>> evidence_of(Output(text="x", tokens=2, logprob=-0.5, logprobs=(-0.375, -0.125)), "vanilla")
    {'logprob': -0.5, 'lowest': -0.375, 'tokens': 2}
    """
    evidence: dict[str, float] = {}
    if output.logprob is not None:
        evidence["logprob"] = _finite(output.logprob)
    if output.logprobs:
        evidence["lowest"] = _finite(min(output.logprobs))
    if evidence and output.tokens:
        evidence["tokens"] = output.tokens
    if votes is not None:
        evidence["votes"] = votes
    consistent = agrees(output.text, task)
    if consistent is not None:
        evidence["consistent"] = float(consistent)
    return evidence


def features_of(evidence: Evidence, expression: str) -> dict[str, float]:
    """Feature -> value, of those that are known."""
    features = {name: value for name, value in evidence.items() if name in FEATURES}
    if "logprob" in evidence and evidence.get("tokens"):
        features["mean"] = evidence["logprob"] / evidence["tokens"]
    reading = read(expression)
    return {**features, "length": math.log1p(len(reading.strict)), "parses": float(reading.fault is None)}


def says_something(features: Iterable[str]) -> bool:
    """Whether a model has a say in them, and not the expression alone."""
    return any(name not in _OF_TEXT for name in features)


def _finite(logprob: float) -> float:
    return round(max(_LOWEST, min(0.0, logprob)), 5)
