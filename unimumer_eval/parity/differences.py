"""Two traces side by side: where they differ first, by how much, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from unimumer_data.errors import PredictionError
from unimumer_eval.scores import Difference, Pair, compare, score_set

from .trace import Look, Trace

Stage = Literal["picture", "prompt", "positions", "label", "text"]
_CONTEXT = 3  # tokens shown before and after a difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What still counts as equal; ids, positions and texts must be equal.

    Args:
        pixels: largest difference of a normalised pixel value; one grey level is about 0.015.
        logprobs: largest difference of the log-probability of a token of the label.
    """

    pixels: float = 0.001
    logprobs: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A difference.

    Args:
        stage: of the way from the picture to the text.
        id: of the sample.
        place: where, and what each side has there.
    """

    stage: Stage
    id: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """One stage over all samples.

    Args:
        compared: samples for which both sides show it.
        findings: the samples that differ.
        largest: the largest difference, of pixel values and log-probabilities only.
    """

    stage: Stage
    compared: int
    findings: tuple[Finding, ...]
    largest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Two traces compared.

    Args:
        names: of the two sides.
        n: samples that both have.
        stages: in the order in which a model works, so the first difference is the first cause.
        exprate: strict ExpRate of both sides with the difference and its interval; None without labels or texts.
    """

    names: tuple[str, str]
    n: int
    stages: tuple[StageResult, ...]
    exprate: Difference | None

    @property
    def first(self) -> Finding | None:
        """The first difference."""
        return next((finding for stage in self.stages for finding in stage.findings), None)


def compare_traces(first: Trace, second: Trace, tolerance: Tolerance | None = None) -> Parity:
    """Compare two traces over the same pictures.

    Raises:
        PredictionError: they have no sample in common, or different labels for one.
    """
    limits = tolerance or Tolerance()
    by_id = {look.question.id: look for look in second.looks}
    pairs = [(look, by_id[look.question.id]) for look in first.looks if look.question.id in by_id]
    if not pairs:
        raise PredictionError(f"{first.name} and {second.name} have no sample in common; give both the same data=")
    for one, other in pairs:
        if one.question.label != other.question.label:
            raise PredictionError(f"{one.question.id}: {first.name} and {second.name} have different labels for it")
    stages = (
        _stage("picture", pairs, lambda a, b: _picture(a, b, limits.pixels)),
        _stage("prompt", pairs, _prompt),
        _stage("positions", pairs, _positions),
        _stage("label", pairs, lambda a, b: _logprobs(a, b, limits.logprobs)),
        _stage("text", pairs, _text),
    )
    return Parity(names=(first.name, second.name), n=len(pairs), stages=stages, exprate=_cost(pairs))


# What a stage says of one sample: None if a side does not show it, else the difference and where it is, if anywhere.
_Said = tuple[float | None, str | None] | None


def _stage(stage: Stage, pairs: Sequence[tuple[Look, Look]], look: Callable[[Look, Look], _Said]) -> StageResult:
    said = [(one.question.id, found) for one, other in pairs if (found := look(one, other)) is not None]
    sizes = [size for _, (size, _) in said if size is not None]
    findings = tuple(Finding(stage=stage, id=id, place=place) for id, (_, place) in said if place is not None)
    return StageResult(stage=stage, compared=len(said), findings=findings, largest=max(sizes, default=None))


def _picture(one: Look, other: Look, limit: float) -> _Said:
    if one.pixels is None or other.pixels is None or one.grid is None or other.grid is None:
        return None
    grids = [" x ".join(map(str, look.grid.tolist())) for look in (one, other) if look.grid is not None]
    if one.pixels.shape != other.pixels.shape or grids[0] != grids[1]:
        return None, f"cut into {grids[0]} patches and {grids[1]} (time x rows x columns)"
    apart = np.abs(one.pixels - other.pixels)
    size = float(apart.max())
    if size <= limit:
        return size, None
    patch, value = np.argwhere(apart > limit)[0].tolist()
    return size, (
        f"patch {patch}, value {value}: {one.pixels[patch, value]:.4f} and {other.pixels[patch, value]:.4f}; "
        f"largest difference {size:.4f}"
    )


def _prompt(one: Look, other: Look) -> _Said:
    """The prompt: all tokens before the later of the two beginnings of the label."""
    if one.ids is None or other.ids is None:
        return None
    place = _first(one.ids, other.ids)
    if place is None or place >= max(one.start, other.start):
        return None, None
    return None, f"token {place}: {_around(one, place)} and {_around(other, place)}"


def _positions(one: Look, other: Look) -> _Said:
    if one.positions is None or other.positions is None:
        return None
    shared = min(one.positions.shape[1], other.positions.shape[1])
    apart = np.argwhere((one.positions[:, :shared] != other.positions[:, :shared]).T)
    if not len(apart):
        return None, None
    token, axis = apart[0].tolist()
    name = ("time", "height", "width")[axis]
    values = f"{one.positions[axis, token]} and {other.positions[axis, token]}"
    return None, f"{name} of token {token} ({_word(one, token)}): {values}"


def _logprobs(one: Look, other: Look, limit: float) -> _Said:
    """The label: its tokens, then their log-probabilities, both counted from the end of the sequence."""
    if one.logprobs is None or other.logprobs is None or one.ids is None or other.ids is None:
        return None
    length = min(len(one.logprobs), len(other.logprobs))
    starts = len(one.ids) - length, len(other.ids) - length
    place = _first(one.ids[starts[0] :], other.ids[starts[1] :])
    if place is not None:
        return None, f"token {place} of the label: {_word(one, starts[0] + place)}, {_word(other, starts[1] + place)}"
    ours, theirs = one.logprobs[-length:], other.logprobs[-length:]
    apart = np.abs(ours - theirs)
    size = float(apart.max(initial=0.0))
    if size <= limit:
        return size, None
    token = int(np.argmax(apart > limit))
    values = f"{ours[token]:.4f} and {theirs[token]:.4f}"
    word = _word(one, starts[0] + token)
    return size, f"log-probability of token {token} of the label ({word}): {values}; largest difference {size:.4f}"


def _text(one: Look, other: Look) -> _Said:
    if one.failure or other.failure:
        same = bool(one.failure) and bool(other.failure)
        return None, None if same else f"no answer on one side: {one.failure or other.failure}"
    if one.text is None or other.text is None:
        return None
    if one.text == other.text:
        return None, None
    place = _first(one.text, other.text) or 0
    return None, f"character {place}: {one.text[place : place + 40]!r} and {other.text[place : place + 40]!r}"


def _first(one: Any, other: Any) -> int | None:
    """The first place where two sequences differ, the end of the shorter one included."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other)) if len(one) != len(other) else None


def _word(look: Look, place: int) -> str:
    return repr(look.tokens[place]) if place < len(look.tokens) else "the end"


def _around(look: Look, place: int) -> str:
    """A token with those beside it."""
    words = look.tokens[max(0, place - _CONTEXT) : place + _CONTEXT + 1]
    return repr("".join(words)) if words else "the end"


def _cost(pairs: Sequence[tuple[Look, Look]]) -> Difference | None:
    labelled = [pair for pair in pairs if pair[0].question.label is not None]
    if not labelled or any(look.text is None and look.failure is None for pair in labelled for look in pair):
        return None
    sides = [score_set("parity", _answers([pair[side] for pair in labelled])) for side in (0, 1)]
    return compare(*sides, form="strict").figures["exprate"]


def _answers(looks: Sequence[Look]) -> Iterator[Pair]:
    for look in looks:
        yield Pair(id=look.question.id, gt=look.question.label or "", pred=look.text or "", failure=look.failure)
