"""Packs as LLaMA-Factory's own preprocessing makes them; packed records see only themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from unimumer_data.training.doctor.data import check_data, check_images
from unimumer_data.training.doctor.findings import Findings
from unimumer_data.training.doctor.lengths import Length, check_lengths
from unimumer_data.training.doctor.packing import check_packing, check_packing_keys, padding_of_batches, plan
from unimumer_data.training.recipe import Recipe

SETS = ("sample", "sample_tree", "sample_can")


def recipe(**values: Any) -> Recipe:
    return Recipe(path=Path("recipe.yaml"), values=values)


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({}, set()),
        ({"neat_packing": True}, set()),
        ({"packing": True}, {"packing_leaks"}),
        ({"packing": True, "neat_packing": True, "cutoff_len": 4100}, {"packing_length"}),
        ({"neat_packing": True, "flash_attn": "fa2", "per_device_train_batch_size": 4}, {"packing_batch"}),
        ({"neat_packing": True, "flash_attn": "fa2", "per_device_train_batch_size": 1}, set()),
    ],
)
def test_keys_that_llamafactory_dies_of_too_late(values: dict[str, Any], kinds: set[str]) -> None:
    findings = Findings()
    check_packing_keys(recipe(**values), findings)
    assert {finding.kind for finding in findings if finding.level == "error"} == kinds


def test_padding_of_batches() -> None:
    lengths = [Length(10, 6, 0), Length(20, 12, 0)]
    assert padding_of_batches(lengths, recipe(), 1, 0) == 0
    assert padding_of_batches(lengths, recipe(), 2, 0) == 0.25
    assert padding_of_batches([Length(9, 2, 0)], recipe(), 1, 0) == 1 - 11 / 16


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bundled sample and a tiny model, in a folder that is the working folder."""
    pytest.importorskip("llamafactory", reason="needs the training environment: make train-env")
    from unimumer_data.build.command import main as build
    from unimumer_data.training.tiny import TinyConfig, make_tiny

    folder = tmp_path_factory.mktemp("packing")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert build([]) == 0
        make_tiny(TinyConfig(output=folder / "tiny"))
        yield folder


def arguments(**values: Any) -> dict[str, Any]:
    return {
        "model_name_or_path": "tiny",
        "image_max_pixels": 16384,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "full",
        "dataset_dir": ".",
        "dataset": ",".join(SETS),
        "template": "qwen2_vl",
        "overwrite_cache": True,
        "output_dir": "out",
        "report_to": "none",
        "use_cpu": True,
        **values,
    }


class Factory:
    """LLaMA-Factory's own data set, and the batches of its own collator with its own model."""

    def __init__(self, **values: Any) -> None:
        from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
        from llamafactory.hparams import get_train_args
        from llamafactory.model import load_tokenizer

        self.model_args, self.data_args, training, self.finetuning, _ = get_train_args(arguments(**values))
        self.tools = load_tokenizer(self.model_args)
        self.template = get_template_and_fix_tokenizer(self.tools["tokenizer"], self.data_args)
        loaded = get_dataset(self.template, self.model_args, self.data_args, training, stage="sft", **self.tools)
        self.rows = loaded["train_dataset"]

    def answers(self) -> dict[tuple[int, ...], list[float]]:
        """Label tokens of each record -> the log-probabilities of records with those."""
        import torch
        from llamafactory.data.collator import SFTDataCollatorWith4DAttentionMask
        from llamafactory.model import load_model

        model = load_model(self.tools["tokenizer"], self.model_args, self.finetuning, True).eval()
        collate = SFTDataCollatorWith4DAttentionMask(
            template=self.template,
            model=model,
            pad_to_multiple_of=8,
            label_pad_token_id=-100,
            block_diag_attn=self.model_args.block_diag_attn,
            neat_packing=self.data_args.neat_packing,
            attn_implementation=model.config._attn_implementation,
            compute_dtype=self.model_args.compute_dtype,
            **self.tools,
        )
        found: dict[tuple[int, ...], list[float]] = {}
        for row in self.rows:
            batch = collate([dict(row)])
            labels = batch.pop("labels")[0]
            with torch.no_grad():
                logprobs = model(**batch).logits[0].log_softmax(-1)
            places = [place for place in range(1, len(labels)) if labels[place] != -100]
            starts = [place for place in places if labels[place - 1] == -100]
            for start, end in zip(starts, [*starts[1:], len(labels)], strict=True):
                answer = [place for place in places if start <= place < end]
                tokens = tuple(int(labels[place]) for place in answer)
                total = sum(float(logprobs[place - 1, labels[place]]) for place in answer)
                found.setdefault(tokens, []).append(total)
        return {tokens: sorted(totals) for tokens, totals in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        {"cutoff_len": 2048},
        {"cutoff_len": 512, "preprocessing_num_workers": 3},
        {"cutoff_len": 256, "preprocessing_batch_size": 40, "preprocessing_num_workers": 2},
        {"cutoff_len": 96},  # every record is cut
    ],
)
def test_packs_are_those_of_the_preprocessing(
    built: Path, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import multiprocess

    # a worker that is forked from a process with threads may wait for a lock for ever
    monkeypatch.setattr("datasets.arrow_dataset.Pool", multiprocess.get_context("spawn").Pool)
    asked = recipe(**arguments(neat_packing=True, **values))
    findings = Findings()
    sets = check_data(asked, findings)
    lengths = check_lengths(sets, check_images(sets, asked, findings, sample=None), asked, findings)
    packs = plan(lengths, asked)
    real = Factory(neat_packing=True, **values).rows
    numbers = [[int(number) for number in row if number] for row in real["attention_mask"]]
    assert packs.records == [len(set(row)) for row in numbers]
    assert packs.tokens == [len(row) for row in numbers]
    assert {len(row) for row in real["input_ids"]} == {packs.room}
    assert sum(packs.records) == 144
    told = check_packing(asked, lengths, findings)
    assert told == packs
    assert f"144 records in {len(real)} packed sequences" in str([finding.message for finding in findings])


@pytest.mark.slow
def test_only_neat_packing_keeps_records_apart(built: Path) -> None:
    keys = {"dataset": "sample", "cutoff_len": 1024}
    alone = Factory(**keys).answers()
    neat = Factory(**keys, neat_packing=True).answers()
    plain = Factory(**keys, packing=True).answers()
    assert alone.keys() == neat.keys() == plain.keys()
    assert all(neat[tokens] == pytest.approx(alone[tokens], abs=1e-3) for tokens in alone)
    assert max(abs(alone[tokens][0] - plain[tokens][0]) for tokens in alone) > 1
