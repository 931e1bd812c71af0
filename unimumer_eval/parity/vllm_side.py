"""What `engine=vllm` sees: the model in it is watched as it is given token ids, patches and positions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unimumer_data.errors import EngineError, ImageError
from unimumer_eval.config import AskConfig
from unimumer_eval.engines import open_engine
from unimumer_eval.engines.base import Request, picture_of
from unimumer_eval.engines.vllm import VllmEngine

from .trace import Look, Question
from .transformers_side import PROMPT, label_ids, words


def looks(config: AskConfig, questions: Iterable[Question]) -> Iterator[Look]:
    """One look a question."""
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # the model must be in this process to be watched
    engine = open_engine(config)
    assert isinstance(engine, VllmEngine)
    seen: list[tuple[list[int], Any, Any]] = []
    engine.llm.apply_model(lambda model: _watch(model, seen))
    for index, question in enumerate(questions):
        try:
            picture = picture_of(question.image, config.image_max_pixels, config.image_min_pixels)
        except ImageError as error:
            yield Look(question=question, failure=f"image: {error}")
            continue
        seen.clear()
        (answer,) = engine.predict([Request(index=index, image=question.image, prompt=PROMPT)], config.sampling)
        if answer.failure:
            yield Look(question=question, failure=answer.failure)
            continue
        if not seen:
            raise EngineError(f"model={config.model}: vllm gives it no positions in three directions; not supported")
        yield _look(engine, question, picture, answer.outputs[0].text, seen[0])


def _watch(model: Any, seen: list[tuple[list[int], Any, Any]]) -> None:
    """Note what the model is asked for positions with: expanded tokens, the picture, and its answer."""
    inner = model.get_mrope_input_positions

    def watched(tokens: Any, features: Any, *args: Any, **more: Any) -> Any:
        found = inner(tokens, features, *args, **more)
        seen.append((list(tokens), features, found[0]))
        return found

    model.get_mrope_input_positions = watched


def _look(
    engine: VllmEngine, question: Question, picture: Image.Image, text: str, seen: tuple[list[int], Any, Any]
) -> Look:
    prompt, features, positions = seen
    label = label_ids(engine.tokenizer, question.label)
    ids = np.array([*prompt, *label], dtype=np.int64)
    data = features[0].data
    return Look(
        question=question,
        text=text,
        ids=ids,
        tokens=words(engine.tokenizer, ids),
        start=len(prompt),
        grid=np.asarray(data["image_grid_thw"].data.cpu()).reshape(-1)[-3:].astype(np.int64),
        pixels=_normalised(data["pixel_values"].data, engine.processor.image_processor),
        positions=np.asarray(positions.cpu()).astype(np.int64),
        logprobs=_label_logprobs(engine, picture, label),
    )


def _normalised(patches: Any, image_processor: Any) -> NDArray[np.float32]:
    """Patches as the vision tower gets them; vLLM may hand them over as bytes, and normalise them on the device."""
    values: NDArray[np.float32] = patches.float().cpu().numpy()
    if patches.is_floating_point():
        return values
    mean = np.array(image_processor.image_mean, dtype=np.float32)[:, None]
    std = np.array(image_processor.image_std, dtype=np.float32)[:, None]
    channels = values.reshape(len(values), len(mean), -1)  # channels come first
    normalised: NDArray[np.float32] = (channels * image_processor.rescale_factor - mean) / std
    return normalised.reshape(values.shape)


def _label_logprobs(engine: VllmEngine, picture: Image.Image, label: list[int]) -> NDArray[np.float64]:
    """The label as the end of a prompt, whose tokens vLLM rates."""
    from vllm import SamplingParams

    asked = engine.tokenizer(engine.chat(PROMPT), add_special_tokens=False)["input_ids"]
    prompt = {"prompt_token_ids": [*asked, *label], "multi_modal_data": {"image": picture}}
    params = SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0)
    (output,) = engine.llm.generate([prompt], params, lora_request=engine.adapter, use_tqdm=False)
    rated = output.prompt_logprobs[-len(label) :]
    return np.array([place[id].logprob for place, id in zip(rated, label, strict=True)])
