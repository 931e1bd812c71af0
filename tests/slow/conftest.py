"""A folder with everything built, shared by the slow tests; nothing is written into the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from workshop import ROOT, Workshop

ENVIRONMENTS = Path(os.environ.get("UNIMUMER_ENVS") or ROOT / ".venv")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled sample built, and a tiny model that knows its text: what README.md prepares."""
    pytest.importorskip("llamafactory", reason="needs the training environment: make train-env")
    shop = Workshop(tmp_path_factory.mktemp("prepared"))
    shop.python("-m", "unimumer_data.build")
    shop.python("-m", "unimumer_data", "tiny", "output=outputs/tiny", "records=data/sample/sample.json")
    return shop.folder


@pytest.fixture(scope="module")
def workshop(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A copy of what is prepared for each test file: no file can meet the runs and sets of another."""
    return Workshop(Path(shutil.copytree(prepared, tmp_path_factory.mktemp("workshop") / "copy")))


def _python_of(name: str) -> Path:
    """The interpreter of an environment; without one its tests are skipped."""
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{python} is not there: make {name}-env")
    return python


@pytest.fixture(scope="session")
def vllm_python() -> Path:
    """The interpreter of the environment of vLLM."""
    return _python_of("vllm")


@pytest.fixture(scope="session")
def rl_python() -> Path:
    """The interpreter of the environment of GRPO."""
    return _python_of("rl")


@pytest.fixture(scope="session")
def swift_python() -> Path:
    """The interpreter of the environment of ms-swift."""
    return _python_of("swift")


@pytest.fixture(scope="session")
def ray_python() -> Path:
    """The interpreter of the environment of Ray."""
    return _python_of("ray")


@pytest.fixture(scope="module")
def predict_with_vllm(workshop: Workshop, vllm_python: Path) -> Callable[..., str]:
    """``eval/run.py`` in the vLLM environment; takes ``key=value`` words."""

    def predict(*words: str) -> str:
        return workshop.run(vllm_python, ROOT / "eval" / "run.py", *words)

    return predict


Fetch = Callable[..., Path]


@pytest.fixture(scope="session")
def fetch(tmp_path_factory: pytest.TempPathFactory) -> Fetch:
    """Packages by version, without what they need, in a folder to put before the environment's own."""

    def install(*packages: str) -> Path:
        folder = tmp_path_factory.mktemp("packages")
        words = ["install", "--quiet", "--no-deps", "--target", str(folder), *packages]
        done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"{' '.join(packages)} cannot be fetched: {done.stderr.strip()[-200:]}")
        return folder

    return install


@pytest.fixture(scope="session")
def old_transformers(fetch: Fetch) -> Path:
    """A folder with transformers 5.5.0 alone."""
    return fetch("transformers==5.5.0")
