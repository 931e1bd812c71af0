"""Predictions as pairs to score, with the labels of their set; and written as the published evaluator does.

`unimumer_data.records.predictions` reads the files.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from unimumer_data.errors import MissingPredictionError, PredictionError, RecordError
from unimumer_data.records.predictions import Prediction, plain_id, read_prediction_file, read_table, set_name
from unimumer_data.records.reading import read_records
from unimumer_data.sources.formats.columns import IMAGE_COLUMNS, LABEL_COLUMNS
from unimumer_data.sources.formats.rows import Row, split_rows
from unimumer_data.sources.formats.tables import Line
from unimumer_data.support.files import read_text, write_whole

from .inference.items import load_sets
from .scores import Pair, against_labels
from .trust.files import with_evidence, write_evidence

Labels = Mapping[str, str] | Sequence[str]


def write_published(
    path: Path,
    pairs: Iterable[Pair],
    sampling: Mapping[str, Any] | None = None,
    *,
    unlabelled: Collection[int] = frozenset(),
) -> None:
    """Write ``<set>_pred.json`` as the published evaluator does; a failed sample has its reason beside it.

    Where several texts were sampled for a picture, all of them, and how, stand beside the first. What the engine says
    about its answers is in a file of its own, see `trust.files`.

    Args:
        path: of the file.
        pairs: in the order of the set.
        sampling: how the texts were sampled: temperature, seed ...
        unlabelled: places of pairs without a label; they get no ``gt``.
    """
    pairs = list(pairs)
    rows = [
        {
            **({} if place in unlabelled else {"gt": pair.gt}),
            "pred": pair.pred,
            "image_path": pair.image_path,
            "img_id": pair.id,
            **({"failure": pair.extra.get("detail", pair.failure)} if pair.failure else {}),
            **({"samples": pair.extra["samples"], "sampling": sampling} if "samples" in pair.extra else {}),
            **{key: pair.extra[key] for key in ("accept", "plausible") if key in pair.extra},
        }
        for place, pair in enumerate(pairs)
    ]
    write_whole(path, json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    write_evidence(path, pairs)


def failed_pair(id: str, gt: str, detail: str, image_path: str = "") -> Pair:
    """A sample without a usable prediction. Failures are counted by what stands before the detail's first colon."""
    reason = detail.partition(":")[0]
    return Pair(id=id, gt=gt, pred="", failure=reason, image_path=image_path, extra={"detail": detail})


def read_predictions(
    path: Path, *, labels: Labels | None = None, missing: Literal["error", "wrong"] = "error"
) -> list[Pair]:
    """The labelled predictions of a file of any kind that is known; see `read_pair_file`.

    Raises:
        PredictionError: not a prediction file; none of it has a label; labels do not fit.
        MissingPredictionError: labels without a prediction, and ``missing`` is ``error``.
    """
    found = read_pair_file(path, labels=labels, missing=missing)
    if not found.labelled:
        raise PredictionError(f"{path}: has no labels in it; name them with labels=<record file or table>")
    return found.labelled


@dataclass(frozen=True, kw_only=True)
class PairFile:
    """Predictions, of which some may have no label.

    Args:
        pairs: all of them, in order.
        unlabelled: places in ``pairs`` of those without a label, which cannot be scored.
    """

    pairs: list[Pair]
    unlabelled: frozenset[int] = frozenset()

    @property
    def labelled(self) -> list[Pair]:
        """Those that can be scored."""
        return [pair for place, pair in enumerate(self.pairs) if place not in self.unlabelled]


@dataclass(frozen=True, kw_only=True)
class NamedPairs(PairFile):
    """The predictions of a set. ``name`` is that of its files."""

    name: str


def check_replaceable(path: Path, one: PairFile, *, overwrite: bool) -> None:
    """Whether a prediction file may be written: there is none, or one with the same predictions.

    Raises:
        PredictionError: there are others, and ``overwrite`` is false.
    """
    if overwrite or not path.exists():
        return
    known = [(pair.id, pair.pred) for pair in read_pair_file(path).pairs]
    if known != [(pair.id, pair.pred) for pair in one.pairs]:
        raise PredictionError(f"{path}: holds other predictions; choose another output=, or write overwrite=true")


def read_pair_file(
    path: Path, *, labels: Labels | None = None, missing: Literal["error", "wrong"] = "error"
) -> PairFile:
    """Read a prediction file of any kind that is known.

    A file in which every label is empty has none.

    Args:
        path: the file.
        labels: id -> label, or labels in the order of the predictions; they replace the file's own. Labels with ids
            are matched by place where the predictions have no ids.
        missing: what to do about labels without a prediction.

    Raises:
        PredictionError: not a prediction file, or the labels do not fit.
        MissingPredictionError: labels without a prediction, and ``missing`` is ``error``.
    """
    predictions = read_prediction_file(path)
    pairs = with_evidence(path, [_pair(prediction) for prediction in predictions])
    if labels is None:
        none = not any(prediction.label for prediction in predictions)
        return PairFile(
            pairs=pairs,
            unlabelled=frozenset(
                place for place, prediction in enumerate(predictions) if none or prediction.label is None
            ),
        )
    by_place = all(prediction.by_place for prediction in predictions)
    if isinstance(labels, Mapping) and not by_place:
        return PairFile(pairs=against_labels(set_name(path), pairs, labels, missing=missing))
    if len(labels) != len(pairs):
        raise MissingPredictionError(
            f"{path}: {len(pairs)} predictions, but {len(labels)} labels; without ids they are matched by "
            "place, which needs as many of both"
        )
    if isinstance(labels, Mapping):
        pairs = [replace(pair, id=id) for pair, id in zip(pairs, labels, strict=True)]
        labels = list(labels.values())
    return PairFile(pairs=[replace(pair, gt=label) for pair, label in zip(pairs, labels, strict=True)])


def read_labels(path: Path) -> Labels:
    """Labels of a set: of a record file, an array or lines of labels, an object id -> label, or a table.

    Raises:
        PredictionError: none of these.
    """
    try:
        if path.suffix in (".txt", ".tsv", ".csv"):
            return _labels_of_table(path)
        if path.suffix == ".jsonl":
            content: Any = [record for record, _ in read_records(path)]
        else:
            content = json.loads(read_text(path, "utf-8-sig"))
        if isinstance(content, dict):
            return {plain_id(id): _text(path, id, label) for id, label in content.items()}
        if isinstance(content, list) and all(isinstance(label, str) for label in content):
            return content
        if isinstance(content, list) and content and isinstance(content[0], dict) and "gt" in content[0]:
            return {row.id: row.label or "" for row in read_prediction_file(path)}
        if isinstance(content, list) and (labels := _named_labels(content)) is not None:
            return labels
        (records,) = load_sets([str(path)], dataset_dir=Path())
        return {item.id: item.gt or "" for item in records.items}
    except FileNotFoundError:
        raise PredictionError(f"labels={path}: no such file") from None
    except PredictionError:
        raise
    except (OSError, ValueError, RecursionError, RecordError) as error:
        raise PredictionError(f"labels={path}: cannot be read as labels: {error}") from error


def _text(path: Path, id: str, label: Any) -> str:
    if not isinstance(label, str):
        raise PredictionError(f"labels={path}: the label of {id[:60]!r} must be text, found {label!r:.60}")
    return label


def _labels_of_table(path: Path) -> Labels:
    """Of id, tab, label; of a table with a header; or of lines that are a label each."""
    text = read_text(path, "utf-8-sig")
    separator = "," if path.suffix == ".csv" else "\t"
    if separator not in text:
        return [line.rstrip("\r") for line in text.rstrip().split("\n")]
    lines = (Line(number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1))
    head, *rows = (_cells(row, path) for row in split_rows(lines, separator, quoted=separator == ","))
    names = [name.strip().lower() for name in head]
    label, place = (next((names.index(one) for one in known if one in names), None) for known in _COLUMNS)
    if label is None or place is None:
        if separator == "\t":
            return {row.id: row.text for row in read_table(path)}
        label, place, rows = 1, 0, [head, *rows]
    return {plain_id(row[place].strip()): row[label].strip() for row in rows if len(row) > max(label, place)}


_COLUMNS = (LABEL_COLUMNS, IMAGE_COLUMNS)


def _cells(row: Row, path: Path) -> list[str]:
    if row.fault:
        raise PredictionError(f"labels={path}, line {row.number}: {row.fault}")
    return row.cells


def _named_labels(rows: Sequence[Any]) -> Labels | None:
    """Labels of objects whose keys are those of a table's header; None where they are other objects."""
    labels, ids = ([_named(row, known) for row in rows] for known in _COLUMNS)
    if None in labels:
        return None
    if None in ids:
        return [str(label) for label in labels]
    return {plain_id(str(id)): str(label) for id, label in zip(ids, labels, strict=True)}


def _named(row: Any, names: Sequence[str]) -> str | None:
    """The text that an object has under the first of these keys that is there."""
    text = next((row[name] for name in names if name in row), None) if isinstance(row, dict) else None
    return text if isinstance(text, str) else None


def _pair(prediction: Prediction) -> Pair:
    label = prediction.label or ""
    extra: dict[str, Any] = {} if prediction.plausible is None else {"plausible": prediction.plausible}
    if prediction.failure:
        failed = failed_pair(prediction.id, label, prediction.failure, prediction.image_path)
        return replace(failed, extra={**failed.extra, **extra})
    return Pair(
        id=prediction.id,
        gt=label,
        pred=prediction.text,
        image_path=prediction.image_path,
        confidence=prediction.confidence,
        extra=extra | ({"unwrapped": True} if prediction.unwrapped else {}),
    )
