"""All files of a scored run, each whole or absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from unimumer_data.support.files import write_whole
from unimumer_eval.scores import SetScores

from .data import scores_csv, scores_json
from .page import report_page
from .published_text import published_text
from .tables import latex_table, markdown_table


def write_results(
    output: Path, sets: Sequence[SetScores], settings: Mapping[str, Any], *, image_root: Path = Path()
) -> list[Path]:
    """Write every result file of a run into the folder ``output``.

    Args:
        output: made if it is not there.
        settings: how the predictions came about (model, engine, seed, versions ...); kept as given.
        image_root: where relative image paths of the pairs start.

    Returns:
        the files, in the order in which a reader wants them.
    """
    output.mkdir(parents=True, exist_ok=True)
    texts = {
        "report.html": report_page({"": sets}, settings, folder=output, image_root=image_root),
        "scores.json": scores_json(sets, settings),
        "scores.csv": scores_csv(sets),
        "scores.md": markdown_table(sets),
        "scores.tex": latex_table(sets),
        **{f"{scores.name}_results.txt": published_text(scores.published) for scores in sets},
    }
    for name, text in texts.items():
        write_whole(output / name, text)
    return [output / name for name in texts]
