"""Lengths as LLaMA-Factory's own preprocessing makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unimumer_data.training.doctor.data import check_data, check_images
from unimumer_data.training.doctor.findings import Findings
from unimumer_data.training.doctor.lengths import Length, check_lengths, kept_tokens
from unimumer_data.training.recipe import Recipe

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[4]
SUFFIXES = ("", "_tree", "_can", "_error_find", "_error_fix")
TEMPLATES = {
    "qwen2.5-vl": {"template": "qwen2_vl"},
    "qwen3-vl": {"template": "qwen3_vl_nothink"},
    "qwen3.5": {"template": "qwen3_5", "enable_thinking": False},
    "glm-ocr": {"template": "glm_ocr"},
}
CROHME = ROOT.parent / "shared" / "data" / "crohme-inkml" / "TestEM2014GT"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled sample, 200 inks of CROHME 2014 where they are there, and a tiny model, in a folder of their own."""
    pytest.importorskip("llamafactory")
    from unimumer_data.build.command import main as build
    from unimumer_data.error_driven.corpus import main as error_corpus
    from unimumer_data.training.tiny import TinyConfig, make_tiny

    folder = tmp_path_factory.mktemp("lengths")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert build([f"path={ROOT / 'unimumer_data/sample'}", "source=crohme-inkml", "name=sample"]) == 0
        if CROHME.is_dir():
            words = ["source=crohme-inkml", "name=crohme", "split=test", "limit=200", "seed=0"]
            assert build([f"path={CROHME}", *words]) == 0
        for name in ("sample", "crohme")[: 1 + CROHME.is_dir()]:
            assert error_corpus([f"data={name}", "synthetic=look-alikes"]) == 0
    for family in TEMPLATES:
        make_tiny(TinyConfig(output=folder / family, family=family))
    return folder


@pytest.mark.parametrize(
    ("family", "name", "max_pixels"),
    [
        ("qwen2.5-vl", "sample", 262144),
        ("qwen2.5-vl", "sample", 16384),
        ("qwen2.5-vl", "crohme", 262144),
        ("qwen3-vl", "sample", 262144),
        ("qwen3.5", "sample", 262144),
        ("glm-ocr", "sample", 262144),
        ("glm-ocr", "sample", 4096),
    ],
)
def test_lengths_equal_those_of_the_preprocessing(
    built: Path, monkeypatch: pytest.MonkeyPatch, family: str, name: str, max_pixels: int
) -> None:
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args
    from llamafactory.model import load_tokenizer

    if name == "crohme" and not CROHME.is_dir():
        pytest.skip("needs the real corpora in ../shared/data, which the project may not ship")
    monkeypatch.chdir(built)
    values: dict[str, Any] = {
        "model_name_or_path": str(built / family),
        "image_max_pixels": max_pixels,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "full",
        "dataset_dir": ".",
        "dataset": ",".join(name + suffix for suffix in SUFFIXES),
        **TEMPLATES[family],
        "cutoff_len": 100_000,
        "overwrite_cache": True,
        "output_dir": str(built / "out"),
        "report_to": "none",
        "use_cpu": True,
    }
    model_args, data_args, training_args, _, _ = get_train_args(dict(values))
    module = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(module["tokenizer"], data_args)
    real = get_dataset(template, model_args, data_args, training_args, stage="sft", **module)["train_dataset"]
    totals = [len(ids) for ids in real["input_ids"]]
    answers = [sum(label != -100 for label in labels) for labels in real["labels"]]
    assert len(totals) > 100

    told = 0
    for cutoff in (100_000, 512, 140, 90):
        recipe = Recipe(path=Path("recipe.yaml"), values={**values, "cutoff_len": cutoff})
        findings = Findings()
        sets = check_data(recipe, findings)
        sizes = check_images(sets, recipe, findings, sample=None)
        lengths = check_lengths(sets, sizes, recipe, findings)
        assert [length.total for length in lengths] == totals
        assert [length.answer for length in lengths] == answers
        cuts = {finding.message.split(":")[0]: finding.message for finding in findings if finding.kind == "cut"}
        start = 0
        for found in sets:
            cut = sum(total > cutoff for total in totals[start : start + found.records])
            start += found.records
            assert (found.name in cuts) == (cut > 0)
            assert not cut or f"{cut} of {found.records} records" in cuts[found.name]
            told += cut
    assert told > 0


def test_what_is_kept_of_a_cut_record() -> None:
    from llamafactory.data.processor.processor_utils import infer_seqlen

    for prompt in (10, 100, 400, 900):
        for answer in (5, 60, 300, 800):
            if prompt + answer > 512:
                expected = infer_seqlen(prompt, answer, 512)
                assert kept_tokens(Length(prompt, answer, 0), 512) == expected


def test_without_a_tokenizer_the_rest_is_still_checked(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(built)
    values = json.loads(
        '{"model_name_or_path": "gone", "dataset_dir": ".", "dataset": "sample", "template": "qwen2_vl"}'
    )
    recipe = Recipe(path=Path("recipe.yaml"), values=values)
    findings = Findings()
    assert check_lengths(check_data(recipe, findings), {}, recipe, findings) == []
    assert "lengths_unchecked" in {finding.kind for finding in findings}
