"""The pixel bounds of training travel with the checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.training.bounds import FILE_NAME, stored_bounds, write_bounds
from unimumer_data.training.recipe import Recipe


@pytest.mark.parametrize(
    ("values", "bounds"),
    [
        (
            {"image_max_pixels": 16384, "image_min_pixels": 64, "template": "qwen2_vl"},
            {"image_max_pixels": 16384, "image_min_pixels": 64, "template": "qwen2_vl"},
        ),
        ({}, {"image_max_pixels": 768 * 768, "image_min_pixels": 32 * 32, "template": None}),
    ],
)
def test_what_is_written_is_read(tmp_path: Path, values: dict[str, object], bounds: dict[str, object]) -> None:
    write_bounds(tmp_path / "checkpoint-1", Recipe(path=Path("r"), values=values))
    assert stored_bounds(tmp_path / "checkpoint-1") == bounds
    assert json.loads((tmp_path / "checkpoint-1" / FILE_NAME).read_text(encoding="utf-8")) == bounds


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"image_max_pixels": "many", "image_min_pixels": 1}'])
def test_a_folder_that_stores_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    assert stored_bounds(tmp_path) is None
    assert stored_bounds("owner/name-of-the-hub") is None


def test_defaults_are_llamafactorys() -> None:
    pytest.importorskip("llamafactory", reason="needs the training environment")
    from llamafactory.hparams import ModelArguments

    from unimumer_data.training.recipe import MAX_PIXELS, MIN_PIXELS

    fields = ModelArguments.__dataclass_fields__
    assert (fields["image_max_pixels"].default, fields["image_min_pixels"].default) == (MAX_PIXELS, MIN_PIXELS)
