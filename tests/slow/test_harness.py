"""Both harnesses for real, each in its environment: the figures are those of ``unimumer eval``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from workshop import ROOT, Workshop

from unimumer_eval.harness import FIGURES

pytestmark = pytest.mark.slow
ENVIRONMENTS = Path(os.environ.get("UNIMUMER_ENVS") or ROOT / ".venv")
HARNESS = ROOT / "eval" / "harness"
KEYS = {"model": "outputs/tiny", "engine": "transformers", "image_max_pixels": 16384, "max_tokens": 32}


def python_of(name: str) -> Path:
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.is_file():
        pytest.skip(f"{python} is not there; eval/harness/README.md says how to install the harness")
    return python


@pytest.fixture(scope="module")
def lmms_python() -> Path:
    return python_of("lmms")


@pytest.fixture(scope="module")
def vlmevalkit_python() -> Path:
    return python_of("vlmevalkit")


@pytest.fixture(scope="module")
def prepared(workshop: Workshop) -> Workshop:
    words = [f"{key}={value}" for key, value in KEYS.items()]
    workshop.python("-m", "unimumer_data", "eval", *words, "data=sample_test", "limit=12", "output=results/ours")
    workshop.python(HARNESS / "prepare.py", "data=sample_test", "limit=12")
    return workshop


@pytest.fixture(scope="module")
def wanted(prepared: Workshop) -> dict[str, float]:
    (scores,) = prepared.read("results/ours/scores.json")["sets"]
    found = {f"exprate_{form}": one["exprate"]["value"] for form, one in scores["forms"].items()}
    found |= {key: one["value"] for key, one in {**scores["forms"]["strict"], **scores["metrics"]}.items()}
    return {key: found[key] for key in FIGURES}


def test_lmms_eval(lmms_python: Path, prepared: Workshop, wanted: dict[str, float]) -> None:
    arguments = ",".join(f"{key}={value}" for key, value in KEYS.items())
    words = ["--model", "unimumer", "--model_args", arguments, "--tasks", "unimumer_sample_test"]
    prepared.run(
        lmms_python, HARNESS / "lmms.py", *words, "--include_path", "data/harness", "--output_path", "lmms_out"
    )
    (path,) = (prepared.folder / "lmms_out").rglob("*_results.json")
    found = json.loads(path.read_text())["results"]["unimumer_sample_test"]
    assert {key: found[f"{key},none"] for key in FIGURES} == pytest.approx(wanted)


def test_vlmevalkit(vlmevalkit_python: Path, prepared: Workshop, wanted: dict[str, float]) -> None:
    prepared.run(
        vlmevalkit_python,
        HARNESS / "vlmevalkit.py",
        *("--data", "unimumer_sample_test", "--model", "unimumer", "--work-dir", "vlm_out"),
        UNIMUMER_HARNESS="data/harness",
        UNIMUMER_MODEL=json.dumps(KEYS),
        LMUData=str(prepared.folder / "lmu"),
    )
    path = next((prepared.folder / "vlm_out").rglob("*_acc.json"))
    assert json.loads(path.read_text()) == pytest.approx(wanted)
