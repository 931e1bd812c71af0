"""A model of lmms-eval that asks a `Recognizer`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lmms_eval.api.model import lmms

from unimumer_data.support.config import parse_value
from unimumer_eval import Recognizer
from unimumer_eval.recognize.recognizer import Query


class UniMumer(lmms):
    """Answers one request at a time as it stands; a picture that cannot be read has an empty answer."""

    is_simple = True

    def __init__(self, batch_size: int | str = 1, device: str | None = None, **keys: Any) -> None:
        super().__init__()
        del batch_size, device  # the engine chooses them
        self._recognize = Recognizer(**{key: parse_value(str(value)) for key, value in keys.items()})

    def generate_until(self, requests: Sequence[Any]) -> list[str]:
        queries = (self._query(*request.args) for request in requests)
        return [result.answer for result in self._recognize.stream(queries)]

    def _query(self, text: str, settings: Any, visual: Any, number: Any, task: str, split: str) -> Query:
        (picture,) = visual(self.task_dict[task][split][number])
        return Query(source=picture, prompt=text)

    def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        raise NotImplementedError("the tasks ask for texts only")

    def generate_until_multi_round(self, requests: Sequence[Any]) -> list[str]:
        raise NotImplementedError("the tasks ask once")
