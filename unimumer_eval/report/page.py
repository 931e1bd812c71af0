"""``report.html``: one page with everything in it, that opens from a disk and asks no network.

Formulas are set here and drawn in the browser from outlines that the page holds (drawings.py). Texts and formulas
go into the page until `TEXT_BYTES` is reached, those of wrong samples first. The pictures of wrong samples are put in
until `PICTURES` or `PICTURE_BYTES` is reached; those of the others are read from where they are, relative to the page,
as the reader turns to them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from unimumer_data.errors import PredictionError
from unimumer_eval.scores import METRICS, OUTCOMES, RIGHT, TEXT_METRICS, Form, Sample, SetScores, compare, same_samples
from unimumer_eval.scores.confusions import differing_runs

from .data import set_dict
from .drawings import Drawings
from .names import printed_names
from .pictures import Pictures

PANELS = ("summary", "choose", "versus", "curves", "kinds", "trust", "confusions", "samples")
"""What the page shows, from top to bottom. A panel is one file, ``assets/panels/NAME.html``: its section, and a script
that pushes the function that draws it to ``PANELS``. It has ``DATA`` and the helpers of ``assets/page.js``."""
PICTURES = 1500
PICTURE_BYTES = 8_000_000
TEXT_BYTES = 9_000_000
_LONGEST = 2000  # characters of an answer
_LONGEST_DRAWN = 500  # tokens of a formula
_OFTEN, _WORST = 5, 16  # symbols read worst: seen at least this often; this many of them
_ON_CARDS = ("cdm_f1", "structure_f1", "similarity")  # in the order of TEXT_METRICS
_IN_TITLE = 3  # sets named
_ASSETS = Path(__file__).with_name("assets")


def report_page(
    runs: Mapping[str, Sequence[SetScores]],
    settings: Mapping[str, Any],
    *,
    folder: Path,
    image_root: Path = Path(),
    form: Form = "strict",
) -> str:
    """The page of one run, or of two over the same samples.

    Args:
        runs: name of the run -> its sets; two runs need the same sets.
        settings: how the predictions came about.
        folder: of the page; pictures that are not in it are linked relative to this.
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
        "outcomes": OUTCOMES,
        "texts": [(metric.name, metric.title) for metric in TEXT_METRICS if metric.in_tables],
        "titles": {metric.name: metric.title for metric in METRICS},
        "figures": [(metric.name, metric.title) for metric in TEXT_METRICS if metric.name in _ON_CARDS],
        "names": printed_names({token for sets in by_run for scores in sets.values() for token in _tokens(scores)}),
        "sets": sets,
        "drawings": drawings.data(),
    }
    return _fill(
        json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str),
        title=_title(names, shared, settings),
        subtitle=f"{samples:,} samples in {len(shared)} test set{'s' * (len(shared) > 1)}",
        settings=json.dumps(dict(settings), ensure_ascii=False, indent=1, default=str),
    )


def _title(names: Sequence[str], sets: Sequence[str], settings: Mapping[str, Any]) -> str:
    """What distinguishes this page from others: both runs, or the model, and the sets."""
    if len(names) == 2:
        return f"{names[1]} against {names[0]}: {', '.join(sets)}"
    made = settings.get("sets")
    how = made.get(sets[0], {}) if isinstance(made, Mapping) else {}
    model = ""
    if isinstance(how, Mapping):
        model = Path(str(how.get("model") or "")).name or Path(str(how.get("predictions") or "")).parent.name
    shown = ", ".join(sets[:_IN_TITLE]) + (f" and {len(sets) - _IN_TITLE} more" if len(sets) > _IN_TITLE else "")
    return f"{model}: {shown}" if model else f"Recognition of {shown}"


def _fill(data: str, **texts: str) -> str:
    """The template with its panels; ``data`` and the files of this package are trusted, ``texts`` are escaped."""
    template = _environment().get_template("page.html.jinja")
    style, script = ((_ASSETS / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    data = data.replace("<", "\\u003c")  # no text can close the script element
    trusted = {"style": Markup(style), "script": Markup(script), "data": Markup(data)}
    return template.render(panels=PANELS, **trusted, **texts)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


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
        figures = [_sample_figures(run, order[index]) for run, order in zip(runs, orders, strict=True)]
        data = _sample_data(rows[index], figures, drawings)
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


def _sample_data(row: Sequence[Sample], values: Sequence[list[float]], drawings: Drawings) -> list[Any]:
    """Id, picture (later), label, its strict form, of each run outcome, answer, strict form, edits ..., and drawings.

    Of each run too: the runs of tokens that differ, four numbers each, and the text metrics of the sample, percent.

    What repeats is left out: 0 stands for "as the text before" and in the place of the answer for "as the label",
    1 for "as the strict form of the label". assets/page.js reads it back.
    """
    label, strict = row[0].pair.gt, " ".join(row[0].label.strict)
    runs = []
    for sample, figures in zip(row, values, strict=True):
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
                _runs(sample),
                figures,
                *([sample.pair.extra["accept"]] if "accept" in sample.pair.extra else []),
            ]
        )
    drawn = drawings.add(row[0].label.strict[:_LONGEST_DRAWN])
    return [row[0].pair.id, None, label, 0 if strict == label else strict, runs, drawn]


def _runs(sample: Sample) -> list[int]:
    """Start and stop in the label, start and stop in the answer, of each run of tokens that differs."""
    if sample.outcome in RIGHT or not sample.answer.strict:
        return []
    runs = differing_runs(sample.label.strict, sample.answer.strict)
    return [place for run in runs for place in (run.label_start, run.label_stop, run.start, run.stop)]


def _sample_figures(scores: SetScores, index: int) -> list[float]:
    """The text metrics that cards show, percent; none where they were not computed."""
    return [round(100 * float(scores.text_columns[name][index, 0]), 1) for name in _ON_CARDS if scores.text_columns]


def _tokens(scores: SetScores) -> set[str]:
    return {token for sample in scores.samples for side in (sample.label, sample.answer) for token in side.strict}


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
