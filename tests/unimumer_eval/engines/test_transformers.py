"""The transformers engine with a tiny random model: what it says about its tokens."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.tasks import TASKS
from unimumer_data.training.tiny import TinyConfig, make_tiny
from unimumer_eval.config import AskConfig, Sampling
from unimumer_eval.engines import Answer, Predictor, Request, open_engine

pytest.importorskip("transformers", reason="needs the training environment")
PROMPT = TASKS["vanilla"].instruction


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    folder = tmp_path_factory.mktemp("tiny")
    make_tiny(TinyConfig(output=folder))
    return open_engine(AskConfig(engine="transformers", model=str(folder), image_max_pixels=16_384))


def ask(engine: Predictor, request: Request, **sampling: int | bool) -> Answer:
    (answer,) = engine.predict([request], Sampling(**{"max_tokens": 12, **sampling}))
    return answer


def picture() -> Image.Image:
    return Image.radial_gradient("L").resize((90, 60)).convert("RGB")


def test_steps_are_the_text_token_by_token(engine: Predictor) -> None:
    request = Request(index=0, image=picture(), prompt=PROMPT)
    plain = ask(engine, request).outputs[0]
    assert plain.steps == ()
    output = ask(engine, request, steps=True, alternatives=3).outputs[0]
    assert (output.text, output.logprob) == (plain.text, plain.logprob)
    assert "".join(step.text for step in output.steps) == output.text
    assert len(output.steps) == output.tokens
    assert math.isclose(sum(step.logprob for step in output.steps), output.logprob or 0.0, abs_tol=1e-3)
    for step in output.steps:
        assert len(step.likely) == 3
        assert step.likely[0] == (step.text, step.logprob)  # greedy takes the likeliest
        assert [p for _, p in step.likely] == sorted((p for _, p in step.likely), reverse=True)


def test_an_answer_goes_on_from_its_beginning(engine: Predictor) -> None:
    request = Request(index=0, image=picture(), prompt=PROMPT)
    steps = ask(engine, request, steps=True, max_tokens=8).outputs[0].steps
    begun = Request(index=0, image=request.image, prompt=PROMPT, prefix=steps[0].text)
    assert ask(engine, begun, steps=True, max_tokens=1).outputs[0].steps[0].logprob == steps[1].logprob


def test_a_file_and_the_picture_in_it_are_asked_alike(engine: Predictor, tmp_path: Path) -> None:
    image = picture()
    image.save(tmp_path / "a.png")
    from_file = ask(engine, Request(index=0, image=tmp_path / "a.png", prompt=PROMPT))
    assert from_file == ask(engine, Request(index=0, image=image, prompt=PROMPT))
