"""The prompt and the pixels of prediction are those of training, token for token and value for value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from unimumer_data.images import fit_pixels, load_image
from unimumer_data.tasks import prompts
from unimumer_data.training.tiny import TinyConfig, make_tiny
from unimumer_eval.engines.prompting import chat_prompt

pytestmark = pytest.mark.slow
pytest.importorskip("llamafactory", reason="needs the training environment")

MAX_PIXELS = 40_000
QUESTIONS = [prompts.VANILLA, prompts.TREE, prompts.COUNT, prompts.ERROR_FIND.format(candidate=r"\frac { a } { b }")]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    make_tiny(TinyConfig(output=folder))
    return folder


@pytest.fixture(scope="module")
def training(model: Path) -> tuple[Any, Any, Any]:
    """LLaMA-Factory's tokenizer, processor and template, made as its trainer makes them."""
    from llamafactory.data.template import get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments, ModelArguments
    from llamafactory.model import load_tokenizer

    loaded = load_tokenizer(ModelArguments(model_name_or_path=str(model), image_max_pixels=MAX_PIXELS))
    template = get_template_and_fix_tokenizer(loaded["tokenizer"], DataArguments(template="qwen2_vl"))
    return loaded["tokenizer"], loaded["processor"], template


@pytest.mark.parametrize("size", [(300, 200), (40, 30), (1, 1), (900, 20), (333, 77)], ids=str)
@pytest.mark.parametrize("question", QUESTIONS, ids=["vanilla", "tree", "can", "error_find"])
def test_prediction_repeats_training(
    question: str, size: tuple[int, int], model: Path, training: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    from transformers import AutoProcessor

    tokenizer, processor, template = training
    path = tmp_path / "a.png"
    Image.effect_noise(size, 80).convert("RGB").save(path)

    turns = [{"role": "user", "content": "<image>" + question}, {"role": "assistant", "content": "x"}]
    expanded = template.mm_plugin.process_messages(turns, [str(path)], [], [], processor)
    trained, _ = template.encode_oneturn(tokenizer, expanded, system=None)
    trained_pixels = template.mm_plugin.get_mm_inputs([str(path)], [], [], [1], [0], [0], [trained], processor)

    ours = AutoProcessor.from_pretrained(model)
    text = chat_prompt(ours, question, system=None, template_args={})
    picture = fit_pixels(load_image(path), MAX_PIXELS)
    predicted = ours(text=[text], images=[picture], return_tensors="np")

    assert predicted["input_ids"][0].tolist() == trained
    np.testing.assert_array_equal(predicted["pixel_values"], np.asarray(trained_pixels["pixel_values"]))
