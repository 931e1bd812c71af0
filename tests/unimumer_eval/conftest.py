"""Fixtures of the evaluation's tests."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from unimumer_eval.scores import Pair


@pytest.fixture
def read_pairs() -> Callable[[Path], list[Pair]]:
    """Read a file in the published prediction format."""

    def read(file: Path) -> list[Pair]:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return [Pair(id=row["img_id"], gt=row["gt"], pred=row["pred"]) for row in rows]

    return read
