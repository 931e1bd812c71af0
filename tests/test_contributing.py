"""The examples of CONTRIBUTING.md, carried out one after another in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.slow  # each example starts commands

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (Add a[n]? .+)\n((?:(?!^## ).*\n)*)", TEXT, re.MULTILINE))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with the files that the examples speak of."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("unimumer_data", "unimumer_eval", "recipes"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "lectures").mkdir()
    for name in ("17", "18"):
        Image.new("L", (90, 50), 255).save(folder / "lectures" / f"{name}.webp")
    (folder / "lectures" / "17.tex").write_text("x^2")
    pairs = [{"img_id": "1", "image_path": "1.png", "gt": "x", "pred": "y"}]
    (folder / "demo_pred.json").write_text(json.dumps(pairs))
    return folder


def carry_out(kind: str, text: str, folder: Path) -> None:
    """Do what a block of the page says: write a file, change lines of one, or run commands."""
    if kind == "console":
        for command, shown in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
            run(command.split(), shown, folder)
        return
    head, _, body = text.partition("\n")
    path = folder / head.removeprefix("# ")
    if kind == "diff":
        for removed, added in re.findall(r"((?:^- .*\n)+)((?:^\+ .*\n)+)", body, re.MULTILINE):
            old, new = (
                re.sub(r"^[-+] ", "", lines, flags=re.MULTILINE).removesuffix("\n") for lines in (removed, added)
            )
            content = path.read_text(encoding="utf-8")
            assert content.count(old) == 1, f"{path.name}: {old!r}"
            path.write_text(content.replace(old, new), encoding="utf-8")
    else:
        assert not path.exists()
        path.write_text(body, encoding="utf-8")


def run(words: list[str], shown: str, folder: Path) -> None:
    """Run a command in the copy; every line of ``shown`` must occur in its output."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "unimumer_data", *words[1:]] if words[0] == "unimumer" else words
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    for line in shown.splitlines():
        assert line in output


def test_the_page_shows_every_kind_of_addition() -> None:
    kinds = ("corpus", "task", "metric", "engine", "recipe", "command", "panel")
    assert all(any(kind in title for title in SECTIONS) for kind in kinds)


@pytest.mark.parametrize("title", SECTIONS)
def test_the_example_works_as_it_is_written(title: str, copy: Path) -> None:
    blocks = BLOCK.findall(SECTIONS[title])
    assert blocks
    for kind, text in blocks:
        carry_out(kind, text, copy)
