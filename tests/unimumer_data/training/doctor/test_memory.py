"""Parameter counts and the ZeRO formulas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.training.doctor.memory import SHAPES, built_parameters, count_parameters, estimate, shape_of

SHAPE = SHAPES["qwen2.5-vl-3b"]


def states(stage: int, gpus: int, **options: bool) -> float:
    """Model states in GB, but for the layer that ZeRO-3 gathers."""
    memory = estimate(10**9, SHAPE, stage=stage, gpus=gpus, batch=0, tokens=0, **options)
    gathered = 4 * SHAPE["vocab_size"] * SHAPE["hidden_size"] if stage == 3 else 0
    return (memory.total - gathered) / 1e9


@pytest.mark.parametrize(
    ("stage", "gpus", "gigabytes"),
    [(0, 8, 16), (1, 4, 2 + 2 + 3), (2, 4, 2 + 14 / 4), (3, 4, 16 / 4), (3, 1, 16)],
)
def test_model_states_as_in_the_zero_paper(stage: int, gpus: int, gigabytes: float) -> None:
    assert states(stage, gpus) == pytest.approx(gigabytes)


def test_offload_leaves_the_weights() -> None:
    assert states(3, 4, offload=True) == pytest.approx(0.5)
    assert states(2, 4, offload=True) == pytest.approx(2)


@pytest.mark.parametrize("family", ["qwen2.5-vl", "qwen3-vl", "qwen3.5", "glm-ocr"])
def test_parameters_are_those_of_the_model(tmp_path: Path, family: str) -> None:
    pytest.importorskip("transformers")
    from unimumer_data.training.tiny import TinyConfig, make_tiny

    real = make_tiny(TinyConfig(output=tmp_path / "tiny", family=family))
    assert built_parameters(str(tmp_path / "tiny")) == real
    if family == "qwen2.5-vl":  # what is reckoned where transformers is not installed
        config = json.loads((tmp_path / "tiny/config.json").read_text())
        assert count_parameters(shape_of("tiny", config) or {}) == real


def test_a_model_that_is_not_here_is_not_built(tmp_path: Path) -> None:
    assert built_parameters(str(tmp_path / "gone")) is None
