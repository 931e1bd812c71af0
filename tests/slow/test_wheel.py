"""The wheel, installed alone in a fresh environment: what a user without a checkout has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from workshop import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that holds the wheel and what it needs, nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listing.split("\0")):  # the build must not write into the checkout
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source]
    subprocess.run(build, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    pip = [folder / "env" / "bin" / "pip", "install", "-q", *folder.glob("*.whl")]
    subprocess.run(pip, check=True, capture_output=True)
    return folder / "env" / "bin"


def run(installed: Path, *words: str, cwd: Path, text: str = "") -> str:
    command = [installed / "unimumer", *words]
    return subprocess.run(command, cwd=cwd, input=text, capture_output=True, text=True, check=True).stdout


def test_the_wheel_works_alone(installed: Path, tmp_path: Path) -> None:
    assert "build" in run(installed, "--help", cwd=tmp_path)
    assert run(installed, "latex", "strict", cwd=tmp_path, text="x^2\n") == "x ^ { 2 }\n"
    assert "sample: built, 48 of 48 samples kept" in run(installed, "build", cwd=tmp_path)
    assert len(json.loads((tmp_path / "data" / "sample" / "sample_tree.json").read_text())) == 48


def test_a_command_that_needs_more_names_the_extra(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run([installed / "unimumer", "eval"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "numpy" in done.stderr and "[eval]" in done.stderr
