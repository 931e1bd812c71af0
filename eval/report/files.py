"""All files of a scored run, each whole or absent."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from unimumer_eval.scores import SetScores

from .published_text import published_text


def write_results(output: Path, sets: Sequence[SetScores], settings: Mapping[str, Any]) -> list[Path]:
    """Write every result file of a run into the folder ``output``.

    Args:
        output: made if it is not there.
        settings: how the predictions came about (model, engine, seed, versions ...); kept as given.

    Returns:
        the files, in the order in which a reader wants them.
    """
    output.mkdir(parents=True, exist_ok=True)
    texts = {f"{scores.name}_results.txt": published_text(scores.published) for scores in sets}
    return [write_whole(output / name, text) for name, text in texts.items()]


def write_whole(path: Path, text: str) -> Path:
    """Write under a temporary name, then rename: a reader never sees half a file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)
    return path
