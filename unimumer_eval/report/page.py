"""``report.html``: one page with everything in it, that opens from a disk and asks no network.

Formulas are set here and drawn in the browser from outlines that the page holds (drawings.py). Texts and formulas
go into the page until `TEXT_BYTES` is reached, those of wrong samples first. The pictures of wrong samples are put in
until `PICTURES` or `PICTURE_BYTES` is reached; those of the others are read from where they lie, relative to the page,
as the reader turns to them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unimumer_data.errors import PredictionError
from unimumer_eval.scores import OUTCOMES, RIGHT, TEXT_METRICS, Form, Sample, SetScores, compare, same_samples

from .data import set_dict
from .drawings import Drawings
from .names import printed_names
from .pictures import Pictures

PICTURES = 1500
PICTURE_BYTES = 8_000_000
TEXT_BYTES = 9_000_000
_LONGEST = 2000  # characters of an answer
_LONGEST_DRAWN = 500  # tokens of a formula
_OFTEN, _WORST = 5, 16  # symbols read worst: seen so often at least, so many of them
_ASSETS = Path(__file__).with_name("assets")


def report_page(
    runs: Mapping[str, Sequence[SetScores]],
    settings: Mapping[str, Any],
    *,
    folder: Path,
    image_root: Path = Path("."),
    form: Form = "strict",
) -> str:
    """The page of one run, or of two over the same samples.

    Args:
        runs: name of the run -> its sets; two runs need the same sets.
        settings: how the predictions came about.
        folder: where the page will lie; pictures that are not in it are linked relative to this.
        image_root: where relative image paths of the pairs start.
        form: in which two runs are compared.

    Raises:
        PredictionError: more than two runs, or runs over other samples.
    """
    names = list(runs)
    if not 1 <= len(names) <= 2:
        raise PredictionError(f"the page shows one run or two, got {len(names)}")
    by_run = [{scores.name: scores for scores in sets} for sets in runs.values()]
    shared = [name for name in by_run[0] if all(name in sets for sets in by_run)]
    if not shared:
        raise PredictionError("the runs have no test set in common: " + "; ".join(map(", ".join, by_run)))
    pictures = Pictures(folder=folder, root=image_root, count=PICTURES, size=PICTURE_BYTES)
    drawings, space = Drawings(), TEXT_BYTES // len(shared)
    sets = [_set_data([sets[name] for sets in by_run], pictures, drawings, space, form) for name in shared]
    samples = sum(scores.n for scores in by_run[0].values())
    content = {
        "runs": names,
        "subtitle": f"{samples:,} samples in {len(shared)} test set{'s' * (len(shared) > 1)}"
        + (f"; {names[0]} against {names[1]}" if len(names) == 2 else ""),
        "settings": json.dumps(dict(settings), ensure_ascii=False, indent=1, default=str),
        "outcomes": OUTCOMES,
        "texts": [(metric.name, metric.title) for metric in TEXT_METRICS if metric.in_tables],
        "names": printed_names({token for sets in by_run for scores in sets.values() for token in _tokens(scores)}),
        "sets": sets,
        "drawings": drawings.data(),
    }
    return _fill(json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str))


def _fill(data: str) -> str:
    page, style, script = (
        (_ASSETS / name).read_text(encoding="utf-8") for name in ("page.html", "page.css", "page.js")
    )
    data = data.replace("<", "\\u003c")  # no text can close the script element
    for mark, text in {"/*STYLE*/": style, "/*SCRIPT*/": script, "/*DATA*/": data}.items():
        page = page.replace(mark, text, 1)
    return page


def _set_data(
    runs: Sequence[SetScores], pictures: Pictures, drawings: Drawings, space: int, form: Form
) -> dict[str, Any]:
    """One test set; samples in the order of the first run, wrong ones first to be listed if space is short."""
    orders = [list(range(runs[0].n)), *(same_samples(runs[0], other) for other in runs[1:])]
    rows = [[run.samples[order[i]] for run, order in zip(runs, orders, strict=True)] for i in range(runs[0].n)]
    wrong = [any(sample.outcome not in RIGHT for sample in row) for row in rows]
    listed: list[list[Any] | None] = [None] * len(rows)
    for index in sorted(range(len(rows)), key=lambda i: not wrong[i]):
        before = drawings.size
        data = _sample_data(rows[index], drawings)
        space -= len(str(data).encode()) + drawings.size - before
        if space < 0:
            break
        path = next((sample.pair.image_path for sample in rows[index] if sample.pair.image_path), "")
        data[1] = pictures.source(path, put_in=wrong[index])
        listed[index] = data
    return {
        "name": runs[0].name,
        "runs": [_run_data(scores, order) for scores, order in zip(runs, orders, strict=True)],
        "comparison": asdict(compare(*runs, form=form)) if len(runs) == 2 else None,
        "samples": listed,
        "unlisted": listed.count(None),
    }


def _run_data(scores: SetScores, order: Sequence[int]) -> dict[str, Any]:
    """The figures of a run; the samples of its confusions are numbered as on the page."""
    place = {index: number for number, index in enumerate(order)}
    data = set_dict(scores)
    symbols = [one for one in data["alignment"].pop("symbols") if one["in_labels"] >= _OFTEN and one["recall"] < 100]
    data["worst"] = sorted(symbols, key=lambda one: (one["recall"], one["symbol"]))[:_WORST]
    for shown, confusion in zip(data["alignment"]["confusions"], scores.alignment.confusions, strict=False):
        shown["where"] = [place[index] for index in dict.fromkeys(confusion.where)]
        shown.pop("examples")
    return data


def _sample_data(row: Sequence[Sample], drawings: Drawings) -> list[Any]:
    """Id, picture (later), label, its strict form, of each run outcome, answer, strict form, edits ..., and drawings.

    What repeats is left out: 0 stands for "as the text before" and in the place of the answer for "as the label",
    1 for "as the strict form of the label". assets/page.js reads it back.
    """
    label, strict = row[0].pair.gt, " ".join(row[0].label.strict)
    runs = []
    for sample in row:
        answer, meant = sample.pair.answer, " ".join(sample.answer.strict)
        runs.append(
            [
                OUTCOMES.index(sample.outcome),
                0 if answer == label else _clip(answer),
                0 if meant == answer else 1 if meant == strict else _clip(meant),
                sample.edits["strict"],
                None if sample.pair.confidence is None else round(sample.pair.confidence, 3),
                sample.pair.failure,
                drawings.add(sample.answer.strict[:_LONGEST_DRAWN]),
            ]
        )
    drawn = drawings.add(row[0].label.strict[:_LONGEST_DRAWN])
    return [row[0].pair.id, None, label, 0 if strict == label else strict, runs, drawn]


def _tokens(scores: SetScores) -> set[str]:
    return {token for sample in scores.samples for side in (sample.label, sample.answer) for token in side.strict}


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
