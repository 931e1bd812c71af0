"""Records of each shape are kept, dropped or fatal as LLaMA-Factory's own converters have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unimumer_data.training.doctor.formats import Fault, Shape, Turn

OPENAI_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
SHAREGPT = {"formatting": "sharegpt", "columns": {"messages": "messages", "images": "images"}, "tags": OPENAI_TAGS}
WITH_SYSTEM = {**SHAREGPT, "tags": {**OPENAI_TAGS, "system_tag": "system"}}
OPENAI = {**WITH_SYSTEM, "formatting": "openai"}
ALPACA = {"columns": {"prompt": "instruction", "query": "input", "response": "output", "images": "images"}}


def said(*turns: tuple[str, Any], images: Any = ("a.png",)) -> dict[str, Any]:
    return {
        "messages": [{"role": role, "content": text} for role, text in turns],
        "images": list(images) if isinstance(images, tuple) else images,
    }


GOOD = said(("user", "<image>Read."), ("assistant", "x"))
CASES: list[tuple[dict[str, Any], Any, str | None]] = [
    (SHAREGPT, GOOD, None),
    (SHAREGPT, said(("user", "<image>Read."), ("assistant", "x"), images="a.png"), None),
    (SHAREGPT, said(("user", "<image>a"), ("assistant", "x"), ("user", "b"), ("assistant", "y")), None),
    (SHAREGPT, said(("system", "s"), ("user", "<image>Read."), ("assistant", "x")), "role"),
    (WITH_SYSTEM, said(("system", "s"), ("user", "<image>Read."), ("assistant", "x")), None),
    (WITH_SYSTEM, said(("user", "<image>Read."), ("system", "s"), ("assistant", "x")), "role"),
    (WITH_SYSTEM, said(("system", "s"), ("user", "<image>Read.")), "odd_turns"),
    (OPENAI, said(("system", "s"), ("user", "<image>Read."), ("assistant", "x")), None),
    (OPENAI, GOOD, None),
    (SHAREGPT, said(("user", "<image>Read.")), "odd_turns"),
    (SHAREGPT, said(("assistant", "x"), ("user", "<image>Read.")), "role"),
    (SHAREGPT, said(("human", "<image>Read."), ("gpt", "x")), "role"),
    (ALPACA, {"instruction": "<image>Read.", "input": "", "output": "x", "images": ["a.png"]}, None),
    (ALPACA, {"instruction": "<image>Read.", "input": "it", "output": "x", "images": "a.png"}, None),
    (ALPACA, {"instruction": "<image>Read.", "input": "", "output": None, "images": ["a.png"]}, "null_text"),
    ({}, {"instruction": "Who are you?", "input": "", "output": "A model."}, None),
]


@pytest.mark.parametrize(("entry", "record", "kind"), CASES)
def test_kept_or_dropped(entry: dict[str, Any], record: Any, kind: str | None) -> None:
    found = Shape.of(entry).read(record)
    assert (found.kind if isinstance(found, Fault) else None) == kind


@pytest.mark.parametrize(("entry", "record", "kind"), CASES)
def test_as_llamafactory_converts(tmp_path: Path, entry: dict[str, Any], record: Any, kind: str | None) -> None:
    pytest.importorskip("llamafactory", reason="needs the training environment")
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments

    (tmp_path / "dataset_info.json").write_text(json.dumps({"mine": {"file_name": "mine.json", **entry}}))
    (attributes,) = get_dataset_list(["mine"], str(tmp_path))
    shape = Shape.of(entry)
    assert shape.formatting == attributes.formatting
    assert {key: getattr(attributes, key) for key in shape.tags} == dict(shape.tags)
    converted = get_dataset_converter(attributes.formatting, attributes, DataArguments(media_dir="."))(record)
    kept = len(converted["_prompt"]) % 2 == 1 and len(converted["_response"]) == 1
    assert kept == (kind is None)
    found = shape.read(record)
    if isinstance(found, Turn):
        assert found.answer == converted["_response"][0]["content"]
        assert list(found.images) == (converted["_images"] or [])
        assert found.prompt.endswith(converted["_prompt"][-1]["content"])


@pytest.mark.parametrize(
    ("record", "kind", "message"),
    [
        (said(("user", "Read."), ("assistant", "x")), "image_marks", "0 <image> for 1 images"),
        (said(("user", "<image>Read."), ("assistant", "x"), images=None), "image_marks", "1 <image> for 0 images"),
        (said(("user", "<image><video>"), ("assistant", "x")), "media_marks", "1 <video> for 0 videos"),
        (said(("user", "<image>Read."), ("assistant", " ")), "empty_answer", "empty answer"),
        (said(("user", "<image><|im_end|>"), ("assistant", "x")), "special_token", "<|im_end|>"),
        (said(("user", "<image>Read."), ("assistant", None)), "null_text", "turn 1 is None"),
        ([], "record", "no object but a list"),
    ],
)
def test_what_crashes_later(record: Any, kind: str, message: str) -> None:
    found = Shape.of(SHAREGPT).read(record)
    assert isinstance(found, Fault) and found.kind == kind and message in found.message


def test_an_entry_without_a_column_of_images() -> None:
    found = Shape.of({**SHAREGPT, "columns": {"messages": "messages"}}).read(GOOD)
    assert isinstance(found, Fault) and 'names no "images" column' in found.message
