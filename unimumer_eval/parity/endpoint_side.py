"""What an endpoint shows: its texts alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unimumer_eval.config import AskConfig
from unimumer_eval.engines import open_engine
from unimumer_eval.engines.base import Request

from .trace import Look, Question
from .transformers_side import PROMPT


def looks(config: AskConfig, questions: Iterable[Question]) -> Iterator[Look]:
    """One look a question."""
    asked = list(questions)
    engine = open_engine(config)
    requests = (Request(index=index, image=one.image, prompt=PROMPT) for index, one in enumerate(asked))
    for answer in sorted(engine.predict(requests, config.sampling), key=lambda one: one.index):
        text = answer.outputs[0].text if answer.outputs else None
        yield Look(question=asked[answer.index], text=text, failure=answer.failure)
