"""A model that has learned twelve pictures by heart reads them back through vLLM, and does not without seeing them.

Data, template, training, checkpoint, processor and engine are then proven to fit together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from workshop import ROOT, Workshop

MODEL = "outputs/by_heart"
SMALL = "image_max_pixels=16384"


@pytest.fixture(scope="module")
def handful(workshop: Workshop) -> list[dict[str, Any]]:
    """Twelve records of the bundled sample as the data set ``by_heart``."""
    by_label = {record["messages"][1]["value"]: record for record in workshop.read("data/sample/sample.json")}
    records = list(by_label.values())[::3][:12]
    workshop.register("by_heart", records)
    return records


@pytest.fixture(scope="module")
def learned(workshop: Workshop, handful: list[dict[str, Any]]) -> str:
    workshop.train(
        "recipes/smoke.yaml",
        *("dataset=by_heart", f"output_dir={MODEL}", "max_steps=250", "per_device_train_batch_size=12"),
    )
    return MODEL


def exact(workshop: Workshop, output: str, name: str) -> int:
    predictions = workshop.read(f"{output}/{name}_pred.json")
    assert len(predictions) == 12
    return sum(item["pred"] == item["gt"] for item in predictions)


def test_vllm_gives_every_label_back(workshop: Workshop, learned: str, predict_with_vllm: Callable[..., str]) -> None:
    words = predict_with_vllm(f"model={learned}", "data=by_heart", SMALL, "max_tokens=256", "output=results/by_heart")
    assert exact(workshop, "results/by_heart", "by_heart") == 12
    assert "100.0000" in words


def test_transformers_gives_every_label_back(workshop: Workshop, learned: str) -> None:
    workshop.python(
        ROOT / "eval" / "run.py",
        *("engine=transformers", f"model={learned}", "data=by_heart", SMALL, "max_tokens=256"),
        "output=results/by_heart_transformers",
    )
    assert exact(workshop, "results/by_heart_transformers", "by_heart") == 12


def test_nothing_is_read_from_blank_pictures(
    workshop: Workshop, learned: str, handful: list[dict[str, Any]], predict_with_vllm: Callable[..., str]
) -> None:
    """A low loss alone would not prove that the model looks: one answer for all gets one of twelve right."""
    records = []
    for number, record in enumerate(handful):
        blank = workshop.folder / "data" / f"blank_{number}.png"
        with Image.open(workshop.folder / record["images"][0]) as picture:
            Image.new("RGB", picture.size, "white").save(blank)
        records.append({**record, "images": [f"./data/{blank.name}"]})
    workshop.register("blank", records)
    predict_with_vllm(f"model={learned}", "data=blank", SMALL, "max_tokens=256", "output=results/blank")
    assert exact(workshop, "results/blank", "blank") <= 2
