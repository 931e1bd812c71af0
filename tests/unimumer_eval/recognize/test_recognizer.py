"""One object that reads formulas, with engines that are plain functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from PIL import Image

from unimumer_eval import Recognizer
from unimumer_eval.recognize.recognizer import RecognizerConfig, recognizer_config

BOUNDS = {"image_max_pixels": 16384, "image_min_pixels": 3136, "template": "qwen2_vl"}


@pytest.fixture
def wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recognizer:
    """A recogniser that says how wide its picture is."""
    (tmp_path / "wide.py").write_text("def width(picture):\n    return ' '.join(str(picture.width))\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return Recognizer(engine="python:wide:width", window=4)


def model_folder(path: Path, bounds: object = BOUNDS) -> Path:
    path.mkdir()
    (path / "unimumer.json").write_text(json.dumps(bounds))
    return path


def pixels(**keys: object) -> tuple[int, int]:
    config = recognizer_config(RecognizerConfig, {"engine": "transformers", **keys}, origin="test")
    return config.image_max_pixels, config.image_min_pixels


def test_pictures_are_scaled_as_the_model_was_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = model_folder(tmp_path / "model")
    assert pixels(model=str(model)) == (16384, 3136)
    assert f"as {model} was trained: image_max_pixels=16384 image_min_pixels=3136" in capsys.readouterr().err


def test_an_adapter_was_trained_after_its_model(tmp_path: Path) -> None:
    model = model_folder(tmp_path / "model")
    adapter = model_folder(tmp_path / "adapter", {**BOUNDS, "image_max_pixels": 40000})
    assert pixels(model=str(model), adapter=str(adapter)) == (40000, 3136)


def test_bounds_that_are_given_win(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = model_folder(tmp_path / "model")
    assert pixels(model=str(model), image_max_pixels=50000, image_min_pixels=1024) == (50000, 1024)
    assert capsys.readouterr().err == ""


def test_without_a_record_they_are_those_of_the_paper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model").mkdir()
    assert pixels(model=str(tmp_path / "model")) == (262144, 1024)
    assert capsys.readouterr().err == ""


def test_results_come_in_order_and_inputs_are_drawn_as_they_are_needed(wide: Recognizer) -> None:
    drawn = 0

    def inputs() -> Iterator[Image.Image | Path]:
        nonlocal drawn
        for width in range(100, 1100):
            drawn += 1
            yield Path("missing.png") if width == 102 else Image.new("RGB", (width, 50), "white")

    results = list(islice(wide(inputs()), 10))
    assert [result.latex.replace(" ", "") for result in results] == [
        "" if width == 102 else str(width) for width in range(100, 110)
    ]
    assert results[2].failure and "missing.png" in results[2].failure
    assert drawn < 30
