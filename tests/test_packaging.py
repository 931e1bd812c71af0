"""What setup.cfg ships is what there is."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_folder_of_code_is_a_package() -> None:
    packages = {file.parent for name in ("unimumer_data", "unimumer_eval") for file in (ROOT / name).rglob("*.py")}
    assert packages
    assert all((folder / "__init__.py").is_file() for folder in packages)
