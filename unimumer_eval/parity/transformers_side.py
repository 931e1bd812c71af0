"""What `engine=transformers` sees: its own processor, prompt and model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from unimumer_data.errors import ImageError
from unimumer_data.tasks import TASKS
from unimumer_eval.config import AskConfig
from unimumer_eval.engines import open_engine
from unimumer_eval.engines.base import Request, picture_of
from unimumer_eval.engines.transformers import TransformersEngine

from .forward import chosen, forward
from .trace import Look, Question

PROMPT = TASKS["vanilla"].instruction


def looks(config: AskConfig, questions: Iterable[Question]) -> Iterator[Look]:
    """One look a question."""
    engine = open_engine(config)
    assert isinstance(engine, TransformersEngine)
    for index, question in enumerate(questions):
        try:
            picture = picture_of(question.image, config.image_max_pixels, config.image_min_pixels)
        except ImageError as error:
            yield Look(question=question, failure=f"image: {error}")
            continue
        (answer,) = engine.predict([Request(index=index, image=question.image, prompt=PROMPT)], config.sampling)
        text = answer.outputs[0].text if answer.outputs else None
        yield _look(engine, question, picture, text, answer.failure)


def _look(
    engine: TransformersEngine, question: Question, picture: Image.Image, text: str | None, failure: str | None
) -> Look:
    import torch

    tokenizer = engine.processor.tokenizer
    inputs = engine.processor(text=[engine.chat(PROMPT)], images=[picture], return_tensors="pt")
    start = inputs["input_ids"].shape[1]
    label = torch.tensor([label_ids(tokenizer, question.label)])
    more = {"input_ids": label, "attention_mask": torch.ones_like(label)}
    # whatever else there is for each token, such as its kind, is zero for text
    longer = {
        name: torch.cat([value, more.get(name, torch.zeros_like(label))], dim=1)
        for name, value in inputs.items()
        if value.shape == inputs["input_ids"].shape
    }
    inputs = inputs.to(engine.model.device)
    logprobs, positions = forward(
        engine.model, {**inputs, **{k: v.to(engine.model.device) for k, v in longer.items()}}
    )
    ids = longer["input_ids"][0].numpy()
    return Look(
        question=question,
        text=text,
        ids=ids,
        tokens=words(tokenizer, ids),
        start=start,
        grid=inputs["image_grid_thw"][0].cpu().numpy(),
        pixels=inputs["pixel_values"].float().cpu().numpy(),
        positions=positions,
        logprobs=chosen(logprobs, ids, start),
        failure=failure,
    )


def label_ids(tokenizer: Any, label: str | None) -> list[int]:
    """Tokens of a label with the end of the answer."""
    ids: list[int] = tokenizer(label or "", add_special_tokens=False)["input_ids"]
    return [*ids, tokenizer.eos_token_id]


def words(tokenizer: Any, ids: Any) -> tuple[str, ...]:
    """Each token as text."""
    return tuple(tokenizer.decode([int(id)]) for id in np.asarray(ids))
