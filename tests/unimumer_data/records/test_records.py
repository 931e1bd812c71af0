from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from unimumer_data.errors import RecordError
from unimumer_data.records.record import Record, Replacement, Sample, record_writer


def test_a_record_is_what_llama_factory_reads() -> None:
    assert Record.of("./data/a.png", "Read it.", "x ^ { 2 }").to_dict() == {
        "images": ["./data/a.png"],
        "messages": [{"from": "human", "value": "<image>Read it."}, {"from": "gpt", "value": "x ^ { 2 }"}],
    }


@pytest.mark.parametrize(
    "answer", ["x", "\\frac\n\t1 (above)", '"quoted" \\\\ ', "数 α ⅓", "\u2028\x7f", "a: 1, b: 2"]
)
def test_the_writer_writes_the_same_json_as_the_record(answer: str) -> None:
    image, instruction = './data/"a"/ü.png', "Say\n\nwhat it is: "
    record = Record.of(image, instruction, answer).to_dict()
    assert record_writer(instruction)(image, answer) == json.dumps(record, ensure_ascii=False)


@pytest.mark.parametrize(
    ("answer", "message"), [("<image>", "two images"), ("", "empty answer"), (" \n", "empty answer")]
)
def test_what_llama_factory_would_misread_is_refused(answer: str, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        Record.of("a.png", "Read it.", answer)
    with pytest.raises(RecordError, match=message):
        record_writer("Read it.")("a.png", answer)


def test_a_sample_survives_the_way_to_a_worker() -> None:
    sample = Sample(
        id="a",
        label="x",
        image=Path("a.png"),
        pixels=b"\x89",
        split="test",
        writer="w",
        replaced=(Replacement(reason="mathml", message="x", before="y"),),
    )
    assert pickle.loads(pickle.dumps(sample)) == sample
