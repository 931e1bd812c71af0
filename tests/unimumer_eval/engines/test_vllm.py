"""How vLLM is started; tests/slow start it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unimumer_data.training.tiny import TinyConfig, make_tiny
from unimumer_eval.config import AskConfig
from unimumer_eval.engines.vllm import engine_arguments

pytest.importorskip("transformers", reason="needs the training environment")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("tiny")
    make_tiny(TinyConfig(output=folder))
    return str(folder)


@pytest.mark.parametrize(
    ("keys", "gigabytes"),
    [
        ({}, 0),
        ({"task": "vanilla"}, 0),
        ({"task": "tree"}, 1),
        ({"task": "refine"}, 1),
        ({"vote": 3, "temperature": 0.7}, 1),
        ({"task": "tree", "engine_args": {"mm_processor_cache_gb": 4}}, 4),
    ],
)
def test_pictures_are_kept_where_they_are_asked_again(model: str, keys: dict[str, Any], gigabytes: int) -> None:
    config = AskConfig(engine="vllm", model=model, **keys)
    assert engine_arguments(config, "cpu")["mm_processor_cache_gb"] == gigabytes


def test_arguments_of_the_user_come_last_and_unknown_ones_pass(model: str) -> None:
    config = AskConfig(
        engine="vllm", model=model, engine_args={"max_num_batched_tokens": 8192, "enforce_eager": False}
    )
    found = engine_arguments(config, "cpu")
    assert (found["max_num_batched_tokens"], found["enforce_eager"]) == (8192, False)


@pytest.mark.parametrize(
    ("family", "dtype", "device", "expected"),
    [
        ("qwen3.5", "auto", "cpu", "bfloat16"),
        ("qwen3.5", "float32", "cpu", "float32"),
        ("qwen3.5", "auto", "cuda", "auto"),
        ("qwen2.5-vl", "auto", "cpu", "float32"),
    ],
)
def test_number_format(tmp_path: Path, family: str, dtype: Any, device: str, expected: str) -> None:
    make_tiny(TinyConfig(family=family, output=tmp_path))
    assert engine_arguments(AskConfig(engine="vllm", model=str(tmp_path), dtype=dtype), device)["dtype"] == expected
