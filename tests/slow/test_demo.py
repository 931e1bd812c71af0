"""``make demo``, in another folder: the README's commands, the smoke recipe as it stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workshop import ROOT, Workshop


def test_demo_ends_with_what_was_learned(tmp_path: Path, predict_with_vllm: Callable[..., str]) -> None:
    shop = Workshop(tmp_path)
    words = shop.python(ROOT / "scripts" / "demo.py", tmp_path)
    assert "predict with vllm" in words  # and not with the stopgap
    scores = {entry["name"]: entry for entry in shop.read("results/demo/scores.json")["sets"]}
    assert {name: entry["n"] for name, entry in scores.items()} == {"sample": 48, "sample_test": 12}
    assert scores["sample"]["published"]["exprate"] > 90
    assert "ExpRate" in words
    assert "done in" in words
    assert (tmp_path / "results" / "demo" / "report.html").is_file()
