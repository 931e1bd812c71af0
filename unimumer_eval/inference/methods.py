"""Ways to use a model that learned several tasks: ask once, vote over samples, or recognise, detect and correct.

A method is a generator. It yields stages (a name and the requests of all samples), is sent the answers, and returns
the predictions; whoever drives it decides how the requests are answered and what is already known.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from unimumer_data.latex import Repair, canonical
from unimumer_data.tasks import TASKS, prompts
from unimumer_data.tasks.answers import PLAIN, agrees, bare_answer, final_expression, is_boxed
from unimumer_data.tasks.corrections import read_correction, read_marked
from unimumer_eval.engines.base import Answer, Output, Request
from unimumer_eval.pair_files import failed_pair
from unimumer_eval.scores import Pair
from unimumer_eval.trust.evidence import Evidence, evidence_of

from .items import Item


@dataclass(frozen=True, slots=True)
class Stage:
    """Questions that can be asked at the same time; the name keeps their answers apart from those of other stages."""

    name: str
    requests: list[Request]


THREE = (PLAIN, "tree", "can")
"""What ``task=three`` asks."""
Answers = Mapping[int, Answer]
Method = Generator[Stage, Answers, list[Pair]]


def ask(items: Sequence[Item], task: str) -> Method:
    """Ask each sample once. ``task`` is a name of the task registry, or ``record``: what the record itself asks."""
    answers = yield _questions(items, task)
    return [_pair(item, answers.get(item.index), _task(item, task)) for item in items]


def vote(items: Sequence[Item], task: str) -> Method:
    """Ask each sample for several texts; the expression that most of them mean wins.

    Texts are grouped by the canonical form of their expressions. Of equally large groups the more probable one
    wins; of a group the most probable text is given. Confidence is the winner's share of all samples.
    """
    answers = yield _questions(items, task)
    pairs = []
    for item in items:
        pair = _pair(item, answers.get(item.index), _task(item, task))
        if pair.failure is None:
            winner, votes = elect(answers[item.index].outputs, _task(item, task), boxed=is_boxed(item.gt))
            outputs = answers[item.index].outputs
            evidence = evidence_of(winner, _task(item, task), votes=votes / len(outputs))
            extra = dict(pair.extra) | {"votes": votes, "evidence": evidence}
            expression = final_expression(winner.text, _task(item, task), boxed=is_boxed(item.gt))
            pair = replace(pair, pred=expression, confidence=votes / len(outputs), extra=extra)
        pairs.append(pair)
    return pairs


def three(items: Sequence[Item]) -> Method:
    """Ask each sample for the expression, for its tree and for its counts; the expression that most of them mean wins.

    Where all differ it is the plain one. Confidence is the winner's share of the answers that there are.
    """
    answers = {}
    for task in THREE:
        answers[task] = yield _questions(items, task, name="recognise" if task == PLAIN else task)
    return [_agreed(item, {task: answers[task].get(item.index) for task in THREE}) for item in items]


def _agreed(item: Item, answers: Mapping[str, Answer | None]) -> Pair:
    pairs = {task: _pair(item, answer, task) for task, answer in answers.items()}
    good = {task: pair for task, pair in pairs.items() if pair.failure is None}
    if not good:
        return pairs[PLAIN]
    expressions = {task: pair.pred for task, pair in good.items()}
    task, share = majority(expressions)
    evidence: Evidence = {**good[task].extra["evidence"], "agree": share}
    extra = {**good[task].extra, "expressions": expressions, "evidence": evidence}
    return replace(good[task], confidence=share, extra=extra)


def majority(expressions: Mapping[str, str]) -> tuple[str, float]:
    """The task whose expression most of the others mean too, the first of several, and their share with it.

    >>> majority({"vanilla": "x", "tree": "x ^ { 2 }", "can": "x^2"})
    ('tree', 0.6666666666666666)
    """
    meanings = {task: canonical(expression, "strict", repairs=[]) for task, expression in expressions.items()}
    times = Counter(meanings.values())
    task = max(meanings, key=lambda one: times[meanings[one]])
    return task, times[meanings[task]] / len(meanings)


def refine(items: Sequence[Item], recognised: Sequence[Pair], rounds: int) -> Method:
    """Let the model detect errors in its own recognition and correct them, until it finds none, or ``rounds`` times.

    A sample keeps its last good expression when a round fails or does not end in an expression.

    Args:
        items: the samples.
        recognised: plain recognition of the same samples, in the same order.
        rounds: maximum number of corrections.
    """
    current = {item.index: pair for item, pair in zip(items, recognised, strict=True)}
    open_items = [item for item in items if current[item.index].failure is None and current[item.index].pred.strip()]
    for number in range(1, rounds + 1):
        detected = yield Stage(
            f"detect {number}",
            [_request(item, prompts.ERROR_FIND.format(candidate=current[item.index].pred)) for item in open_items],
        )
        marked = {item.index: _text(detected.get(item.index), "error_find") for item in open_items}
        open_items = [item for item in open_items if read_marked(marked[item.index], repairs=[]).marks]
        if not open_items:
            break
        corrected = yield Stage(
            f"correct {number}",
            [_request(item, prompts.ERROR_FIX.format(marked=marked[item.index])) for item in open_items],
        )
        before = dict(current)
        for item in open_items:
            answer = _text(corrected.get(item.index), "error_fix")
            current[item.index] = _corrected(before[item.index], marked[item.index], answer)
        open_items = [item for item in open_items if current[item.index] is not before[item.index]]
    return [current[item.index] for item in items]


def _corrected(before: Pair, marked: str, answer: str) -> Pair:
    """``before`` with the expression that the correction comes to, if it comes to one."""
    if not answer:
        return before
    repairs: list[Repair] = []
    expression = read_correction(answer, marked, repairs=repairs)
    if not expression or expression == before.pred:
        return before
    step = {"marked": marked, "answer": answer, "repairs": [repair.reason for repair in repairs]}
    extra = {"first": before.pred, **before.extra, "corrections": [*before.extra.get("corrections", ()), step]}
    return replace(before, pred=expression, extra=extra)


def elect(outputs: Sequence[Output], task: str, *, boxed: bool = False) -> tuple[Output, int]:
    """The most probable text of the largest group of equal expressions, and how many are in that group.

    An empty expression is never elected while there is another.
    """
    groups: dict[str, list[Output]] = {}
    for output in outputs:
        expression = final_expression(output.text, task, boxed=boxed)
        groups.setdefault(canonical(expression, "strict", repairs=[]), []).append(output)
    if len(groups) > 1:
        groups.pop("", None)
    best = max(groups.values(), key=lambda group: (len(group), max(map(_probability, group))))
    return max(best, key=_probability), len(best)


def _questions(items: Sequence[Item], task: str, name: str = "recognise") -> Stage:
    def prompt(item: Item) -> str:
        return item.prompt if task == "record" else TASKS[task].instruction

    return Stage(name, [_request(item, prompt(item)) for item in items if item.fault is None])


def _task(item: Item, task: str) -> str:
    return item.task if task == "record" else task


def _request(item: Item, prompt: str) -> Request:
    return Request(index=item.index, image=item.image, prompt=prompt)


def _text(answer: Answer | None, task: str) -> str:
    return bare_answer(answer.outputs[0].text, task).strip() if answer and answer.outputs else ""


def _pair(item: Item, answer: Answer | None, task: str) -> Pair:
    """The first output of an answer as a prediction."""
    if answer is None or not answer.outputs:
        detail = item.fault or (answer.failure if answer else None) or "no answer"
        return failed_pair(item.id, item.gt or "", detail, item.image_path)
    first = answer.outputs[0]
    extra: dict[str, Any] = {
        "answer": first.text,
        "finish": first.finish,
        "evidence": evidence_of(first, task),
    }
    boxed = is_boxed(item.gt)
    if bare_answer(first.text, task, boxed=boxed) != first.text:
        extra["unwrapped"] = True
    agreement = agrees(first.text, task)
    if agreement is not None:
        extra["agrees"] = agreement
    if len(answer.outputs) > 1:
        extra["samples"] = [final_expression(output.text, task, boxed=boxed) for output in answer.outputs]
    return Pair(
        id=item.id,
        gt=item.gt or "",
        pred=final_expression(first.text, task, boxed=boxed),
        image_path=item.image_path,
        confidence=None if first.logprob is None else math.exp(min(0.0, first.logprob)),
        extra=extra,
    )


def _probability(output: Output) -> float:
    return -math.inf if output.logprob is None else output.logprob
