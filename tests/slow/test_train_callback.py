"""ExpRate while training: it rises while the bundled sample is learned by heart, and training does not notice it."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from workshop import ROOT, Workshop

from unimumer_data.training.bounds import stored_bounds

LEARNED = "outputs/watched"
SMALL = ("dataset=handful", "per_device_train_batch_size=12")


@pytest.fixture(scope="module")
def handful(workshop: Workshop) -> str:
    """Twelve records of the bundled sample as a data set."""
    by_label = {record["messages"][1]["value"]: record for record in workshop.read("data/sample/sample.json")}
    workshop.register("handful", list(by_label.values())[::3][:12])
    return "handful"


def watch(workshop: Workshop, output: str, *words: str, **environment: str) -> list[dict[str, Any]]:
    """Train through our front; the lines of the trainer's log."""
    recipe = ROOT / "recipes" / "smoke.yaml"
    workshop.launch(
        *(sys.executable, "-m", "unimumer_data", "train", recipe, *SMALL, f"output_dir={output}", *words),
        **environment,
    )
    lines = (workshop.folder / output / "trainer_log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def rates(log: list[dict[str, Any]]) -> dict[int, float]:
    """Step -> ExpRate."""
    return {line["current_steps"]: line["eval_exprate"] for line in log if "eval_exprate" in line}


@pytest.fixture(scope="module")
def learned(workshop: Workshop, handful: str) -> dict[int, float]:
    words = ("max_steps=100", "exprate_every=20", "exprate_max_tokens=128", "exprate_keep_best=true")
    return rates(watch(workshop, LEARNED, *words, "save_total_limit=1"))


def test_rises_on_what_is_learned_by_heart(learned: dict[int, float]) -> None:
    assert list(learned) == [20, 40, 60, 80, 100]
    assert learned[20] < 50
    assert learned[100] > 90


def test_stands_in_the_history_beside_the_loss(workshop: Workshop, learned: dict[int, float]) -> None:
    history = workshop.read(f"{LEARNED}/trainer_state.json")["log_history"]
    assert {entry["step"]: entry["eval_exprate"] for entry in history if "eval_exprate" in entry} == learned
    assert {entry["step"] for entry in history if "loss" in entry} >= set(learned)


def test_best_checkpoint_is_kept(workshop: Workshop, learned: dict[int, float]) -> None:
    state = workshop.read(f"{LEARNED}/trainer_state.json")
    best = max(learned, key=lambda step: learned[step])
    assert (state["best_metric"], state["best_global_step"]) == (learned[best], best)
    folder = workshop.folder / LEARNED
    assert (folder / "best").resolve() == (folder / f"checkpoint-{best}").resolve()
    assert (folder / "best" / "model.safetensors").is_file()


def test_pixel_bounds_are_stored_beside_model_and_checkpoint(workshop: Workshop, learned: dict[int, float]) -> None:
    bounds = {"image_max_pixels": 16384, "image_min_pixels": 1024, "template": "qwen2_vl"}
    assert stored_bounds(workshop.folder / LEARNED) == bounds
    assert stored_bounds(workshop.folder / LEARNED / "best") == bounds


@pytest.mark.parametrize("stage", [None, "zero2"])
def test_parts_learn_at_their_own_rates(workshop: Workshop, handful: str, stage: str | None) -> None:
    from safetensors.torch import load_file

    words = ["max_steps=1", "warmup_steps=0", "lr_scheduler_type=constant", "learning_rate=1.0e-3", "bf16=false"]
    words += [
        "vision_lr=1.0e-4",
        "projector_lr=1.0e-2",
        "plot_loss=false",
        "exprate_samples=1",
        "exprate_max_tokens=8",
    ]
    launch = {}
    if stage:
        words.append(f"deepspeed={ROOT}/recipes/deepspeed/{stage}.json")
        launch = {"FORCE_TORCHRUN": "1", "NPROC_PER_NODE": "1", "MASTER_PORT": "29517"}
    watch(workshop, "outputs/rates", *words, **launch)
    before, after = (load_file(workshop.folder / f"outputs/{run}/model.safetensors") for run in ("tiny", "rates"))
    moved: dict[str, float] = {}
    for name, weight in before.items():
        part = "projector" if "visual.merger" in name else "vision" if "visual" in name else "language"
        moved[part] = max(moved.get(part, 0.0), (after[name] - weight).abs().max().item())
    # Adam's first step moves a weight by the learning rate, whatever the size of its gradient.
    assert moved == pytest.approx({"vision": 1e-4, "projector": 1e-2, "language": 1e-3}, rel=0.05)


def test_is_the_figure_of_the_evaluation(workshop: Workshop, learned: dict[int, float]) -> None:
    workshop.python(
        *(ROOT / "eval" / "run.py", "engine=transformers", f"model={LEARNED}", "data=handful", "max_tokens=128"),
        *("image_max_pixels=16384", "output=results/watched"),
    )
    (scores,) = workshop.read("results/watched/scores.json")["sets"]
    assert scores["forms"]["strict"]["exprate"]["value"] == pytest.approx(learned[100])


STILL = ("max_steps=1", "warmup_steps=0", "learning_rate=1.0e-12", f"model_name_or_path={LEARNED}")


@pytest.mark.parametrize(("stage", "processes"), [("zero2", 2), ("zero3", 1)])
def test_is_the_same_under_deepspeed(
    workshop: Workshop, learned: dict[int, float], stage: str, processes: int
) -> None:
    """Five of the twelve are asked, so that two processes have unequal shares."""
    log = watch(
        workshop,
        *(f"outputs/{stage}_watched", f"deepspeed={ROOT}/recipes/deepspeed/{stage}.json", *STILL),
        *("per_device_train_batch_size=6", "exprate_every=epoch", "exprate_samples=5", "exprate_max_tokens=128"),
        FORCE_TORCHRUN="1",
        NPROC_PER_NODE=str(processes),
        MASTER_PORT="29516",
    )
    assert rates(log) == {1: 100.0}


@pytest.mark.parametrize("method", [(), ("finetuning_type=lora", "lora_dropout=0.1")], ids=["full", "lora"])
def test_training_goes_on_as_if_nothing_had_been_asked(
    workshop: Workshop, handful: str, method: tuple[str, ...]
) -> None:
    from safetensors.torch import load_file

    words = (*method, "max_steps=3", "warmup_steps=0", "plot_loss=false", "per_device_train_batch_size=4")
    watch(workshop, "outputs/asked", *words, "exprate_every=1", "exprate_max_tokens=8")
    workshop.train("recipes/smoke.yaml", *SMALL, *words, "output_dir=outputs/unasked")
    name = "adapter_model.safetensors" if method else "model.safetensors"
    asked, unasked = (load_file(workshop.folder / "outputs" / run / name) for run in ("asked", "unasked"))
    assert asked.keys() == unasked.keys()
    assert all(bool((asked[key] == unasked[key]).all()) for key in asked)


def test_tensorboard_shows_it_in_the_run_of_the_loss(workshop: Workshop, handful: str) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    watch(workshop, "outputs/board", "max_steps=1", "logging_steps=1", "report_to=tensorboard", "exprate_max_tokens=8")
    (run,) = (workshop.folder / "outputs" / "board" / "runs").iterdir()
    board = events.EventAccumulator(str(run))
    board.Reload()
    assert {"train/loss", "eval/exprate"} <= set(board.Tags()["scalars"])
