"""LLaMA-Factory itself loads the records and trains, plainly and with DeepSpeed on CPU."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from workshop import ROOT, Workshop

LOAD = """
import json, sys
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer
sys.argv = ["train", *sys.argv[1:]]
model, data, training, *_ = get_train_args()
tools = load_tokenizer(model)
template = get_template_and_fix_tokenizer(tools["tokenizer"], data)
found = {}
for name in data.dataset:
    data.dataset = [name]
    rows = get_dataset(template, model, data, training, stage="sft", **tools)["train_dataset"]
    answers = [[token for token in row["labels"] if token >= 0] for row in rows]
    found[name] = [tools["tokenizer"].decode(answer) for answer in answers]
json.dump(found, open("answers.json", "w"))
"""
BUNDLED = ("sample", "sample_tree", "sample_can")
CROHME_2014 = {
    "ink": ("source=crohme-inkml", "path={data}/crohme-inkml/TestEM2014GT"),
    "captions": ("source=captions", "path={data}/crohme-wap/2014_caption.txt"),
    "table": ("source=table", "path={data}/crohme-png/groundtruth_2014.tsv"),  # three labels need repair
}


def answers_read_by_llamafactory(workshop: Workshop, datasets: Iterable[str]) -> dict[str, list[str]]:
    """What the loss is taken on, text by text, as LLaMA-Factory's loader makes it with our tiny tokenizer."""
    words = (f"dataset={','.join(datasets)}", "image_max_pixels=16384", "cutoff_len=4096")
    workshop.python("-c", LOAD, ROOT / "recipes" / "smoke.yaml", *words, "preprocessing_num_workers=1")
    return workshop.read("answers.json")


def answers_of(workshop: Workshop, dataset: str) -> list[str]:
    entry = workshop.read("dataset_info.json")[dataset]
    records: list[dict[str, Any]] = workshop.read(entry["file_name"])
    return [record["messages"][1]["value"] + "<|im_end|>\n" for record in records]


@pytest.fixture(scope="module")
def bundled(workshop: Workshop) -> dict[str, list[str]]:
    return answers_read_by_llamafactory(workshop, BUNDLED)


@pytest.mark.parametrize("dataset", BUNDLED)
def test_bundled_records_load_whole(workshop: Workshop, bundled: dict[str, list[str]], dataset: str) -> None:
    assert bundled[dataset] == answers_of(workshop, dataset)


@pytest.fixture(scope="module")
def crohme_2014(workshop: Workshop, shared_data: Path) -> dict[str, list[str]]:
    for name, words in CROHME_2014.items():
        filled = [word.format(data=shared_data) for word in words]
        workshop.python("-m", "unimumer_data.build", *filled, f"name={name}", "split=test", "tasks=vanilla")
    return answers_read_by_llamafactory(workshop, CROHME_2014)


@pytest.mark.parametrize("name", CROHME_2014)
def test_crohme_2014_loads_whole(workshop: Workshop, crohme_2014: dict[str, list[str]], name: str) -> None:
    assert len(crohme_2014[name]) == 986
    assert crohme_2014[name] == answers_of(workshop, name)


def largest_difference(workshop: Workshop, one: str, other: str) -> float:
    """Between the weights of two checkpoints. DeepSpeed may write the tied output layer a second time."""
    from safetensors.torch import load_file

    first, second = (load_file(workshop.folder / path / "model.safetensors") for path in (one, other))
    for weights in (first, second):
        tied = weights.pop("lm_head.weight", None)
        assert tied is None or tied.equal(weights["model.embed_tokens.weight"])
    assert first.keys() == second.keys()
    return max(float((first[name] - second[name]).abs().max()) for name in first)


def train(workshop: Workshop, name: str, processes: int, *words: str) -> str:
    """Three steps of the smoke recipe with 12 records each; the folder of the weights."""
    output = f"outputs/{name}"
    launcher = {"FORCE_TORCHRUN": "1", "NPROC_PER_NODE": str(processes), "MASTER_PORT": "29512"}
    workshop.train(
        "recipes/smoke.yaml",
        *("dataset=sample", "max_steps=3", "warmup_steps=0", "disable_shuffling=true", f"output_dir={output}"),
        *(f"per_device_train_batch_size={12 // processes}", "logging_steps=1", "plot_loss=false", *words),
        **launcher,
    )
    assert workshop.read(f"{output}/trainer_state.json")["global_step"] == 3
    return output


@pytest.mark.parametrize(("processes", "stages"), [(1, ("zero2", "zero3")), (2, ("zero2",))])
def test_deepspeed_trains_to_the_same_weights(workshop: Workshop, processes: int, stages: tuple[str, ...]) -> None:
    """As without it on as many processes.

    Not ZeRO-3 with two: on CPU DeepSpeed 0.18.4 refuses it, or corrupts the weights in silence.
    """
    plain = train(workshop, f"plain_{processes}", processes)
    for stage in stages:
        config = ROOT / "recipes" / "deepspeed" / f"{stage}.json"
        sharded = train(workshop, f"{stage}_{processes}", processes, f"deepspeed={config}")
        assert largest_difference(workshop, sharded, plain) < 1e-4
