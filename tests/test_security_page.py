"""docs/security.md states the limits that the code has."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "security.md"
LIMITS = re.findall(r"^\| [^|]+ \| ([\d,.]+) \| `([\w.]+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_table_is_read() -> None:
    assert len(LIMITS) > 20


@pytest.mark.parametrize(("stated", "place"), LIMITS, ids=[place for _, place in LIMITS])
def test_a_stated_limit_is_the_one_in_force(stated: str, place: str) -> None:
    module, name = place.rsplit(".", 1)
    try:
        owner = importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name and not module.startswith(missing.name):
            pytest.skip(f"needs {missing.name}")
        module, kind = module.rsplit(".", 1)
        owner = getattr(importlib.import_module(module), kind)
    assert float(stated.replace(",", "")) == getattr(owner, name)
