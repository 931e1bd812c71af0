"""Ask for the expression alone, with its tree and with its counts, and take what most of them mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from unimumer_eval.inference.methods import THREE, majority

from .result import Alternative, Recognition

if TYPE_CHECKING:
    from .recognizer import Query, Recognizer


def three(recognizer: Recognizer, queries: Iterable[Query]) -> Iterator[Recognition]:
    """Results in the order of the queries, a window of them at a time."""
    source = iter(queries)
    while chunk := list(islice(source, recognizer.config.window)):
        asked = [recognizer.stream([replace(query, task=task) for query in chunk], task=task) for task in THREE]
        for results in zip(*map(list, asked), strict=True):
            yield recognizer.judged(agreed(dict(zip(THREE, results, strict=True))))


def agreed(results: Mapping[str, Recognition]) -> Recognition:
    """The result that most of the others mean too, with tree and counts of the others."""
    good = {task: result for task, result in results.items() if result.failure is None}
    if not good:
        return next(iter(results.values()))
    task, share = majority({task: result.latex for task, result in good.items()})
    tree, counts = results["tree"], results["can"]
    return replace(
        good[task],
        confidence=share,
        evidence={**good[task].evidence, "agree": share},
        tree=tree.tree,
        counts=counts.counts,
        alternatives=_alternatives(list(good.values())),
    )


def _alternatives(results: list[Recognition]) -> tuple[Alternative, ...]:
    groups: dict[str, list[Recognition]] = {}
    for result in results:
        groups.setdefault(result.latex, []).append(result)
    found = [
        Alternative(latex=latex, share=len(group) / len(results), probability=group[0].confidence)
        for latex, group in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.share))
