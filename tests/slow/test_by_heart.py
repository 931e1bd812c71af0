"""A model that has learned twelve pictures by heart reads them back through vLLM, and does not without seeing them.

Data, template, training, checkpoint, processor and engine are then proven to fit together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageOps
from workshop import ROOT, Workshop

MODEL = "outputs/by_heart"
SETTINGS = ("image_max_pixels=16384", "max_tokens=256")
SIZE = (160, 96)


@pytest.fixture(scope="module")
def handful(workshop: Workshop) -> list[dict[str, Any]]:
    """Twelve records of the bundled sample as the data set ``by_heart``.

    All pictures get one size: with their own the model could tell them apart without a look at the ink.
    """
    by_label = {record["messages"][1]["value"]: record for record in workshop.read("data/sample/sample.json")}
    records = []
    for record in list(by_label.values())[::3][:12]:
        with Image.open(workshop.folder / record["images"][0]) as picture:
            padded = ImageOps.pad(picture.convert("RGB"), SIZE, color="white")
        path = f"data/padded_{len(records)}.png"
        padded.save(workshop.folder / path)
        records.append({**record, "images": [f"./{path}"]})
    workshop.register("by_heart", records)
    return records


@pytest.fixture(scope="module")
def learned(workshop: Workshop, handful: list[dict[str, Any]]) -> str:
    """The model after 250 steps; the data set ``blank`` asks the same of a white picture."""
    workshop.train(
        "recipes/smoke.yaml",
        *("dataset=by_heart", f"output_dir={MODEL}", "max_steps=250", "per_device_train_batch_size=12"),
    )
    Image.new("RGB", SIZE, "white").save(workshop.folder / "data/blank.png")
    workshop.register("blank", [{**record, "images": ["./data/blank.png"]} for record in handful])
    return MODEL


@pytest.fixture(scope="module")
def right_with_vllm(workshop: Workshop, learned: str, predict_with_vllm: Callable[..., str]) -> dict[str, int]:
    """Of twelve pictures each, the number read without a fault."""
    words = predict_with_vllm(f"model={learned}", "data=by_heart,blank", *SETTINGS, "output=results/vllm")
    assert re.search(r"by_heart +12 +100\.0000", words)
    return right(workshop, "results/vllm")


def right(workshop: Workshop, output: str) -> dict[str, int]:
    counts = {}
    for name in ("by_heart", "blank"):
        predictions = workshop.read(f"{output}/{name}_pred.json")
        assert len(predictions) == 12
        counts[name] = sum(item["pred"] == item["gt"] for item in predictions)
    return counts


def test_vllm_gives_every_label_back(right_with_vllm: dict[str, int]) -> None:
    assert right_with_vllm["by_heart"] == 12


def test_nothing_is_read_from_a_blank_picture(right_with_vllm: dict[str, int]) -> None:
    """A low loss alone would not prove that the model looks: one answer for all gets one of twelve right."""
    assert right_with_vllm["blank"] <= 1


def test_transformers_reads_the_same(workshop: Workshop, learned: str, right_with_vllm: dict[str, int]) -> None:
    workshop.python(
        ROOT / "eval" / "run.py",
        *("engine=transformers", f"model={learned}", "data=by_heart,blank", *SETTINGS),
        "output=results/transformers",
    )
    assert right(workshop, "results/transformers") == right_with_vllm
