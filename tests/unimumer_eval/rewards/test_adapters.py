"""Each adapter is called as its trainer calls it: by the trainer's own code where that is installed, else in the form
that the trainer's source has (named in the adapter)."""

from __future__ import annotations

import importlib.util
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import unimumer_eval.rewards.adapters
from unimumer_eval.rewards import COMPONENTS, default_reward
from unimumer_eval.rewards.adapters import easyr1, verl
from unimumer_eval.rewards.adapters.trl import trl_reward

ADAPTERS = Path(unimumer_eval.rewards.adapters.__path__[0])
LABELS = ["x ^ { 2 }", "x ^ { 2 }", "a + b"]
ANSWERS = ["x ^ 2", "x _ { 2 }", ""]
EXPECTED = default_reward(ANSWERS, LABELS)


@pytest.fixture
def only_structure(tmp_path: Path) -> str:
    file = tmp_path / "reward.yaml"
    file.write_text("weights: {structure: 1}\nscaled_by: {}\n", encoding="utf-8")
    return str(file)


def load(name: str) -> ModuleType:
    """Load an adapter by its path, as the trainers do."""
    spec = importlib.util.spec_from_file_location(f"custom_{name}", ADAPTERS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("form", ["text", "messages", "parts"])
def test_trl(form: str) -> None:
    forms: dict[str, Any] = {
        "text": ANSWERS,
        "messages": [[{"role": "assistant", "content": answer}] for answer in ANSWERS],
        "parts": [[{"role": "assistant", "content": [{"type": "text", "text": answer}]}] for answer in ANSWERS],
    }
    logged: dict[str, float] = {}
    rewards = trl_reward()(
        prompts=[[]] * 3,
        completions=forms[form],
        completion_ids=[[1]] * 3,
        image=[None] * 3,
        label=LABELS,
        trainer_state=None,
        log_extra=None,
        log_metric=logged.__setitem__,
    )
    assert rewards == EXPECTED
    assert logged["reward_parts/exact"] == pytest.approx(1 / 3)
    assert set(logged) == {f"reward_parts/{name}" for name in COMPONENTS}


def test_trl_takes_the_task_of_each_row_and_another_mix(only_structure: str) -> None:
    reward = trl_reward(only_structure)
    completions = ["x: 1\nx", "x: 1\nx"]
    assert reward(completions=completions, label=["x", "x"], task=["can", "vanilla"])[0] == 1
    assert reward(completions=["x _ { 2 }"], label=["x ^ { 2 }"]) == [0.5]


def test_verl(only_structure: str) -> None:
    one = {"data_source": "crohme_train", "ground_truth": LABELS[1], "extra_info": {"num_turns": None}}
    result = verl.compute_score(solution_str=ANSWERS[1], **one)  # type: ignore[arg-type]
    assert result["score"] == EXPECTED[1]
    assert set(result) == {"score", *COMPONENTS}
    assert all(type(value) is float for value in result.values())
    assert verl.compute_score(solution_str=ANSWERS[1], reward_config=only_structure, **one)["score"] == 0.5  # type: ignore[arg-type]


def test_verl_by_its_own_loader() -> None:
    reward = pytest.importorskip("verl.trainer.ppo.reward", reason="verl is not installed", exc_type=ImportError)
    from omegaconf import OmegaConf

    settings = {"path": str(ADAPTERS / "verl.py"), "name": "compute_score", "reward_kwargs": {}}
    call = reward.get_custom_reward_fn(OmegaConf.create({"reward": {"custom_reward_function": settings}}))
    result = call(data_source="", solution_str=ANSWERS[1], ground_truth=LABELS[1], extra_info={"task": "vanilla"})
    assert result["score"] == EXPECTED[1]


def test_easyr1(only_structure: str) -> None:
    inputs = [
        {"response": answer, "response_length": 7, "ground_truth": label}
        for answer, label in zip(ANSWERS, LABELS, strict=True)
    ]
    module = load("easyr1")
    scores = partial(module.compute_score, **{})(inputs)
    assert [score["overall"] for score in scores] == EXPECTED
    assert set(scores[0]) == {"overall", *COMPONENTS}
    assert easyr1.compute_score(inputs, reward_config=only_structure)[1]["overall"] == 0.5


def test_ms_swift_by_its_own_registry(monkeypatch: pytest.MonkeyPatch, only_structure: str) -> None:
    rewards = pytest.importorskip("swift.rewards", reason="ms-swift is not installed", exc_type=ImportError)
    load("ms_swift")
    reward = rewards.orms["unimumer"](args=None)
    assert isinstance(reward, rewards.ORM)
    assert reward(ANSWERS, label=LABELS, messages=[[]] * 3) == EXPECTED
    assert reward(ANSWERS, solution=LABELS) == EXPECTED
    with pytest.raises(ValueError, match="neither a column"):
        reward(ANSWERS)
    monkeypatch.setenv("UNIMUMER_REWARD", only_structure)
    assert reward(ANSWERS, label=LABELS)[1] == 0.5
