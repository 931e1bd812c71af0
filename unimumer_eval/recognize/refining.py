"""Recognise, detect errors, correct: the method of evaluation, over a stream of inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from unimumer_eval.inference import methods
from unimumer_eval.inference.items import Item
from unimumer_eval.scores import Pair

from .result import Recognition, records_form

if TYPE_CHECKING:
    from .recognizer import Query, Recognizer


def refine(recognizer: Recognizer, queries: Iterable[Query]) -> Iterator[Recognition]:
    """Results in the order of the queries, a window of them at a time."""
    source = iter(queries)
    while chunk := list(islice(source, recognizer.config.window)):
        yield from map(recognizer.judged, _refine(recognizer, chunk))


def _refine(recognizer: Recognizer, chunk: list[Query]) -> list[Recognition]:
    plain = list(recognizer.stream([replace(query, task="vanilla") for query in chunk], task="vanilla"))
    asked = [number for number, one in enumerate(plain) if one.failure is None]
    items = [_item(number, plain[number]) for number in asked]
    pairs = [Pair(id=str(number), gt="", pred=plain[number].latex) for number in asked]
    method = methods.refine(items, pairs, recognizer.config.rounds)
    try:
        stage = next(method)
        while True:
            answers = {answer.index: answer for answer in recognizer.ask(stage.requests)}
            stage = method.send(answers)
    except StopIteration as end:
        corrected: list[Pair] = end.value
    for number, pair in zip(asked, corrected, strict=True):
        if pair.pred != plain[number].latex:
            latex, fault = records_form(pair.pred)
            plain[number] = replace(plain[number], latex=latex, fault=fault, symbols=(), confidence=None)
    return plain


def _item(number: int, result: Recognition) -> Item:
    assert result.picture is not None
    return Item(
        index=number,
        id=str(number),
        image_path=result.name,
        image=result.picture,  # type: ignore[arg-type]  # methods hand it on to the engine, which takes both
        prompt="",
        task="vanilla",
        gt="",
    )
