"""Records of the error tasks beside a built set, made from the labels of the set and wrong predictions for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unimumer_data.errors import PredictionError
from unimumer_data.records.predictions import read_prediction_file
from unimumer_data.records.record import Record
from unimumer_data.records.registry import record_file
from unimumer_data.records.sets import name_of, read_set, write_sets
from unimumer_data.tasks import Task


def read_candidates(path: Path) -> dict[str, list[str]]:
    """Sample id -> wrong predictions, of a corpus that `unimumer errors` has written.

    Raises:
        PredictionError: not such a file.
    """
    candidates: dict[str, list[str]] = defaultdict(list)
    for prediction in read_prediction_file(path):
        candidates[prediction.id].append(prediction.text)
    return dict(candidates)


def write_error_sets(
    root: Path,
    set_name: str,
    plain: str,
    candidates: Mapping[str, Sequence[str]],
    tasks: Sequence[Task],
    *,
    origin: str,
) -> None:
    """Write the records of tasks about errors beside a built set; for build.

    Args:
        root: folder of data/ and dataset_info.json.
        set_name: of the set.
        plain: one of its data sets with labels and pictures.
        candidates: sample id -> wrong predictions; samples that the set does not have are left out.
        tasks: those to write.
        origin: of the candidates, for messages.

    Raises:
        PredictionError, RecordError, OutputError: what is needed is not there, or cannot be written.
    """
    records = read_set(root, plain)
    corpus = [
        (image, label, candidate)
        for id, image, label in zip(records.ids(), records.images(), records.labels(), strict=True)
        for candidate in candidates.get(id, ())
        if candidate != label
    ]
    if not corpus:
        raise PredictionError(f"{origin}: has no error for any sample of {set_name}; was it made from another set?")
    sets = {name_of(set_name, task.suffix): error_records(corpus, task) for task in tasks}
    write_sets(root, folder_of(set_name), sets)


def error_records(corpus: Iterable[tuple[str, str, str]], task: Task) -> list[dict[str, Any]]:
    """Records as JSON has them, of (picture, label, candidate)."""
    return [
        Record.of(image, task.question(expression), task.answer(expression)).to_dict()
        for image, label, candidate in corpus
        for expression in task.expressions(label, [candidate])
    ]


def folder_of(set_name: str) -> str:
    """The folder of a set's record files, relative to the root."""
    return Path(record_file(set_name, set_name)).parent.as_posix()
