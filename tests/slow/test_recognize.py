"""A folder of pictures without labels: both engines read it as evaluation does, also after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from workshop import ROOT, Workshop

from unimumer_data.tasks.answers import final_expression

KEYS = ("model=outputs/tiny", "max_tokens=24", "image_max_pixels=40000", "dtype=float32")
REASONS = {"half of one.png": "truncated", "notes.png": "not a picture"}


@pytest.fixture(scope="module")
def photos(workshop: Workshop) -> Path:
    """Twenty-five files of many kinds, two of which are no pictures."""
    folder = workshop.folder / "my photos"
    folder.mkdir()
    sources = sorted((workshop.folder / "data/sample/images").iterdir())[:23]
    for number, source in enumerate(sources):
        image = Image.open(source).convert("RGB")
        if number % 4 == 0:
            exif = Image.Exif()
            exif[0x0112] = 6
            turned = image.transpose(Image.Transpose.ROTATE_90)
            turned.save(folder / f"photo {number:02}.jpg", exif=exif, quality=95)
        elif number % 4 == 1:
            clear = image.convert("L").point(lambda grey: 255 - grey)
            ink = Image.new("RGBA", image.size, "black")
            ink.putalpha(clear)
            ink.save(folder / f"größe_{number:02}.png")
        elif number % 4 == 2:
            image.save(folder / f"scan{number:02}.webp", lossless=True)
        else:
            image.save(folder / f"été {number:02}.png")
    whole = sources[0].read_bytes()
    (folder / "half of one.png").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.png").write_text("milk, bread\n", encoding="utf-8")
    return folder


def rows_of(path: Path) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {Path(row["name"]).name: row for row in rows}


@pytest.fixture(scope="module")
def by_transformers(workshop: Workshop, photos: Path) -> dict[str, dict[str, Any]]:
    command = [
        *_python("recognize"),
        str(photos),
        *KEYS,
        "engine=transformers",
        "batch_size=4",
        "output=out/all.jsonl",
    ]
    done = subprocess.run(command, cwd=workshop.folder, env=_environment(), capture_output=True, text=True)
    assert done.returncode == 1, done.stderr[-2000:]  # two inputs have a reason
    assert "Loading weights" not in done.stderr
    assert done.stdout == ""
    return rows_of(workshop.folder / "out/all.jsonl")


def test_twenty_three_formulas_and_two_reasons(by_transformers: dict[str, dict[str, Any]]) -> None:
    assert len(by_transformers) == 25
    failures = {name: row["failure"] for name, row in by_transformers.items() if row["failure"]}
    assert failures.keys() == REASONS.keys()
    assert all(REASONS[name] in failure for name, failure in failures.items())
    good = [row for row in by_transformers.values() if not row["failure"]]
    assert all(row["answer"] and row["symbols"] and 0 <= row["confidence"] <= 1 for row in good)


def test_evaluation_reads_the_same_in_the_same_pictures(
    workshop: Workshop, photos: Path, by_transformers: dict[str, dict[str, Any]]
) -> None:
    keys = (*KEYS, "engine=transformers", "batch_size=4", "output=out/eval")
    said = workshop.python(ROOT / "eval" / "run.py", f"data={photos}", *keys)
    assert "no labels" in said
    rows = workshop.read("out/eval/my photos_pred.json")
    assert {row["image_path"]: row["pred"] for row in rows if not row.get("failure")} == {
        name: final_expression(row["answer"], "vanilla") for name, row in by_transformers.items() if not row["failure"]
    }


def test_a_killed_run_goes_on_without_asking_twice_and_vllm_reads_the_same(
    workshop: Workshop, photos: Path, vllm_python: Path, by_transformers: dict[str, dict[str, Any]]
) -> None:
    output = workshop.folder / "out/vllm.jsonl"
    partial = output.with_name("vllm.jsonl.partial")
    command = [str(vllm_python), *_python("recognize")[1:], str(photos), *KEYS, "engine=vllm", "batch_size=2"]
    command += ["window=2", f"output={output}"]
    with (workshop.folder / "killed.log").open("w") as log:
        run = subprocess.Popen(command, cwd=workshop.folder, stdout=log, stderr=log, env=_environment())
        deadline = time.monotonic() + 600
        while not (partial.exists() and partial.read_bytes().count(b"\n") >= 6):
            assert run.poll() is None and time.monotonic() < deadline, Path(log.name).read_text()[-2000:]
            time.sleep(0.05)
        run.send_signal(signal.SIGKILL)
        run.wait()
    answered = partial.read_bytes().count(b"\n") - 1  # the first line holds the settings
    assert 0 < answered < 25
    done = subprocess.run(command, cwd=workshop.folder, env=_environment(), capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == "", done.stderr[-2000:]
    assert f"{answered}/25" in done.stderr or f"{answered - 1}/25" in done.stderr
    assert not partial.exists()
    rows = rows_of(output)
    assert {name: row["answer"] for name, row in rows.items()} == {
        name: row["answer"] for name, row in by_transformers.items()
    }


def _python(command: str) -> list[str]:
    return [sys.executable, "-m", "unimumer_data", command]


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
