"""The symbols of MathWriting: strokes of its training inks that ``symbols.jsonl`` names, or the inks of ``symbols/``.

Nothing says who wrote them, hence each ink counts as a writer; nor where they stood in their formula, hence they are
set in the middle of what print has. Its bounding boxes are those of print, for which this project has its own layout.

Source: the description that google-research/mathwriting ships with the archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from unimumer_data.errors import InkError, SourceError
from unimumer_data.ink import read_inkml
from unimumer_data.support.files import read_text
from unimumer_data.support.plain_json import parse_json

from .collect import Collected, Loss, collect_isolated
from .matching import Strokes, box_of
from .spans import Box, name_of, spans_of

LIST = "symbols.jsonl"


def collect_symbols(path: Path) -> Iterator[tuple[str, str, Collected]]:
    """(id, writer, symbols) of each ink.

    Raises:
        SourceError: no such corpus.
    """
    if (path / LIST).is_file():
        yield from _listed(path)
        return
    files = sorted((path / "symbols").glob("*.inkml"))
    if not files:
        raise SourceError(f"{path}: neither {LIST} nor symbols/*.inkml in it; write path= of the unpacked archive")
    for file in files:
        yield file.stem, file.stem, _of_ink(file, None)


def _listed(path: Path) -> Iterator[tuple[str, str, Collected]]:
    wanted: dict[str, list[tuple[str, list[int]]]] = {}
    for number, line in enumerate(read_text(path / LIST).splitlines(), 1):
        try:
            row = parse_json(line)
            strokes = [int(index) for index in row["strokeIndices"]]
            wanted.setdefault(str(row["sourceSampleId"]), []).append((str(row["label"]), strokes))
        except (ValueError, KeyError, TypeError):
            lost = Collected(losses=[Loss("", "bad_row", f"{LIST}:{number} cannot be read")])
            yield f"{LIST}:{number}", "", lost
    for name, symbols in wanted.items():
        yield name, name, _of_ink(path / "train" / f"{name}.inkml", symbols)


def _of_ink(file: Path, symbols: list[tuple[str, list[int]]] | None) -> Collected:
    """The listed symbols of an ink; None: it is one symbol."""
    try:
        ink = read_inkml(file)
    except InkError as error:
        return Collected(losses=[Loss("", "unreadable", str(error))])
    traces = list(ink.traces.values())
    found = Collected()
    chosen: list[tuple[str, Strokes]] = []
    for label, indices in symbols or [(ink.label, list(range(len(traces))))]:
        if label.strip() and indices and all(0 <= index < len(traces) for index in indices):
            chosen.append((name_of(label.strip()), [traces[index] for index in indices]))
        else:
            found.losses.append(Loss(label, "bad_row", "names no strokes of this ink"))
    boxes = [_printed(label) for label, _ in chosen]
    sizes = [_extent(box_of(strokes)) / _extent(box) for (_, strokes), box in zip(chosen, boxes, strict=True)]
    em = median([size for size in sizes if size > 0] or [1.0])
    for (label, strokes), box in zip(chosen, boxes, strict=True):
        one = collect_isolated(label, strokes, em, -(box[1] + box[3]) / 2)
        (found.losses if isinstance(one, Loss) else found.segments).append(one)  # type: ignore[arg-type]
    return found


def _printed(label: str) -> Box:
    """The box of a symbol in print, in em, y down from the baseline."""
    spans, _ = spans_of(label)
    return spans[0].box if spans else (0.0, -0.45, 0.45, 0.0)


def _extent(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1]) or 1e-9
