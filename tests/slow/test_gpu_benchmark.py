"""The benchmark for GPUs runs whole on a CPU, in small, and keeps what it has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from workshop import ROOT

torch = pytest.importorskip("torch")
pytest.importorskip("llamafactory", reason="needs the training environment: make train-env")
COMMAND = (sys.executable, str(ROOT / "benchmarks" / "gpu.py"), "device=cpu", "scale=tiny")
ON_CPU = {
    "memory": ("full", "LoRA"),
    "training": ("plain: batches of 4", "packed"),
    "transformers_engine": ("bare generate", "engine"),
    "scratch": ("vanilla alone", "all tasks"),
}


def rows(page: Path) -> dict[tuple[str, str], dict[str, Any]]:
    lines = page.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    return {(row["stage"], row["what"]): row for row in map(json.loads, lines)}


def test_every_stage_runs(tmp_path: Path) -> None:
    page = tmp_path / "gpu.md"
    done = subprocess.run([*COMMAND, f"output={page}", "minutes=20"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = rows(page)
    for stage, names in ON_CPU.items():
        for name in names:
            assert "note" not in found[stage, name]
    assert found["memory", "full"]["measured / doctor"] == pytest.approx(0.75, abs=0.25)
    assert found["memory", "QLoRA"]["note"] == "on a GPU only"
    assert found["encoder_graphs", "with"]["note"] == "on a GPU only"
    text = page.read_text(encoding="utf-8")
    assert text.count("\n### ") == 6
    assert "| vanilla alone |" in text


def test_a_stopped_stage_costs_no_other(tmp_path: Path) -> None:
    page = tmp_path / "gpu.md"
    page.write_text("# Mine\n\n<!-- figures: python benchmarks/gpu.py -->\nold\n<!-- end of figures -->\n\nEnd.\n")
    words = (f"output={page}", "stages=memory,encoder_graphs", "minutes=0")
    subprocess.run([*COMMAND, *words], cwd=tmp_path, check=True, capture_output=True)
    found = rows(page)
    assert found["memory", "LoRA"]["note"] == "no time left"
    assert ("encoder_graphs", "without") in found
    text = page.read_text()
    assert text.startswith("# Mine\n") and text.endswith("\nEnd.\n") and "old" not in text


def test_figures_of_a_cpu_do_not_get_into_the_docs(tmp_path: Path) -> None:
    done = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "name another output=" in done.stderr


@pytest.mark.skipif(torch.cuda.is_available() or any(Path("/dev").glob("nvidia[0-9]*")), reason="has a GPU")
def test_without_a_gpu_no_page_is_written(tmp_path: Path) -> None:
    words = (sys.executable, str(ROOT / "benchmarks" / "gpu.py"), f"output={tmp_path / 'gpu.md'}")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "there is no GPU here; device=cpu" in done.stderr
    assert not list(tmp_path.iterdir())
