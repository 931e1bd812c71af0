"""examples/after_sft.sh: supervised training, samples, DPO, GRPO, and one table of all stages."""

from __future__ import annotations

from pathlib import Path

import pytest
from workshop import ROOT, Workshop

STAGES = ("sft", "dpo", "grpo")


@pytest.fixture(scope="module")
def loop(rl_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    pytest.importorskip("llamafactory", reason="needs the training environment: make train-env")
    shop = Workshop(tmp_path_factory.mktemp("loop"))
    script = ROOT / "examples" / "after_sft.sh"
    shop.run(script, shop.folder, STEPS="30", DPO_STEPS="2", GRPO_STEPS="2", SAMPLES="2")
    return shop


def test_every_stage_leaves_a_model_and_predictions_of_all_pictures(loop: Workshop) -> None:
    for stage in STAGES:
        assert (loop.folder / f"outputs/{stage}/model.safetensors").is_file()
        assert len(loop.read(f"results/after_sft/{stage}/sample_pred.json")) == 48


def test_all_stages_are_in_one_comparison(loop: Workshop) -> None:
    comparisons = loop.read("results/after_sft/compare/compare.json")["comparisons"]
    assert [(one["first"], one["second"]) for one in comparisons] == [("sft", "dpo"), ("sft", "grpo")]
    assert all(one["sets"][0]["n"] == 48 for one in comparisons)


def test_dpo_loads_every_pair(loop: Workshop) -> None:
    log = (loop.folder / "outputs/after_sft.log").read_text(encoding="utf-8")
    pairs = len(loop.read("data/sample/sample_dpo.json"))
    assert pairs and f"Num examples = {pairs:,}" in log
