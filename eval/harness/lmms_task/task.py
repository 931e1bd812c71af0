"""The functions that default.yaml names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from PIL import Image

from unimumer_data.images import load_image
from unimumer_eval.harness import FIGURES, figures

Row = Mapping[str, str]


def doc_to_visual(doc: Row) -> list[Image.Image]:
    """The picture, upright and on white paper."""
    return [load_image(Path(doc["image"]))]


def doc_to_text(doc: Row, lmms_eval_specific_kwargs: Any = None) -> str:
    """The question."""
    return doc["question"]


def process_results(doc: Row, results: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Each figure is one of the whole set, so every sample hands on its row and the answer to it."""
    row = json.dumps({key: doc[key] for key in ("id", "task", "answer")})
    return dict.fromkeys(FIGURES, (row, results[0]))


@lru_cache(maxsize=2)
def _figures(answered: tuple[tuple[str, str], ...]) -> dict[str, float]:
    return figures("set", [json.loads(row) for row, _ in answered], [answer for _, answer in answered])


def _figure(name: str, answered: Sequence[Sequence[str]]) -> float:
    return _figures(tuple((row, answer) for row, answer in answered))[name]


globals().update({name: partial(_figure, name) for name in FIGURES})
