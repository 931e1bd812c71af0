"""Label Studio: an export (JSON, JSON-MIN, CSV, TSV) of tasks with a picture and a text, beside the pictures.

Each task has its picture in ``data`` and the text in an annotation of a ``<TextArea>``; of several annotations the
last one that was not cancelled counts. A task with several texts, one for each box, is dropped. The paths are Label
Studio's own; the pictures are found by their names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from unimumer_data.records.json_array import read_json_array
from unimumer_data.records.record import Sample

from .base import Drop, Source, existing_folder
from .formats.finder import PictureFinder
from .formats.rows import split_rows
from .formats.tables import IMAGE_SUFFIXES, read_lines, single_file

NAMES = ("image", "img", "picture", "ocr", "captioning", "photo")
TEXTS = ("transcription", "latex", "text", "label", "formula")
_EXPORTS = (".json", ".csv", ".tsv")
_OWN = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time")  # fields of the flat exports


def is_export(names: Sequence[str]) -> bool:
    """Whether a table with these fields is an export of Label Studio.

    >>> is_export(["id", "data", "annotations"]), is_export(["image", "id", "text", "annotator", "lead_time"])
    (True, True)
    """
    return {"data", "annotations"} <= set(names) or len(set(_OWN) & set(names)) > 1


def read(path: Path, split: str, *, pictures: str = "", image: str = "", text: str = "") -> Iterator[Sample | Drop]:
    """The samples in the order of the export. A task whose picture is missing has ``image=None``.

    Args:
        path: the export, or a folder that holds one.
        pictures: folder of the pictures, if they are not beside the export or below.
        image: name of the picture in ``data``, where there are several fields.
        text: name of the text area, where there are several.
    """
    file = single_file(path, _EXPORTS, "export (JSON, CSV or TSV)")
    finder = PictureFinder(existing_folder(Path(pictures)) if pictures else file.parent, start=file.parent)
    for number, task in enumerate(_tasks(file)):
        place = f"{file.name}, task {number}"
        if not isinstance(task, Mapping):
            yield Drop(
                id=f"task_{number}", reason="bad_row", message=f"{place}: an object is needed", before=f"{task!r:.500}"
            )
            continue
        name = _picture(task, image)
        if name is None:
            message = f"{place}: names no picture; write options={{image: FIELD}}"
            yield Drop(id=f"task_{number}", reason="no_image", message=message, before=f"{task!r:.500}")
            continue
        found, labels = finder.look_up(name), _labels(task, text, name)
        if len(labels) > 1:
            message = (
                f"{place}: {len(labels)} texts, each for a part of the picture; cut the parts out, or write one text"
            )
            yield Drop(id=found.id, reason="several_texts", message=message, before=" / ".join(labels)[:500])
            continue
        label = labels[0] if labels else None
        if label is None:
            yield Drop(id=found.id, reason="no_label", message=f"{place}: has no annotation with a text")
            continue
        absent = f"{name}: {found.fault}" if found.fault else ""
        yield Sample(id=found.id, label=label, image=found.image, split=split, absent=absent)


def _picture(task: Mapping[str, Any], wanted: str) -> str | None:
    """The path of the picture, of a full export or of JSON-MIN."""
    data = task.get("data")
    fields = data if isinstance(data, Mapping) else task
    if wanted:
        value = fields.get(wanted)
        return value if isinstance(value, str) else None
    texts = {key: value for key, value in fields.items() if isinstance(value, str)}
    named = next((texts[name] for name in NAMES if name in texts), None)
    return named or next((value for value in texts.values() if value.lower().endswith(IMAGE_SUFFIXES)), None)


def _tasks(file: Path) -> Iterator[Any]:
    """The tasks of an export; of a table, a mapping of its columns for each row."""
    if file.suffix.lower() == ".json":
        yield from read_json_array(file)
        return
    rows = split_rows(read_lines(file), "\t" if file.suffix.lower() == ".tsv" else ",", quoted=True)
    header = next(rows, None)
    for row in rows:
        whole = header is not None and len(row.cells) == len(header.cells)
        yield dict(zip(header.cells, row.cells, strict=True)) if header and whole else row.text


def _labels(task: Mapping[str, Any], wanted: str, picture: str) -> list[str]:
    """The texts of the last annotation that was not cancelled; of a flat export, the field that is a text."""
    annotations = task.get("annotations")
    if not isinstance(annotations, list):
        others = [key for key, value in task.items() if key not in (*_OWN, "id") and value != picture]
        names = [wanted] if wanted else [key for key in TEXTS if key in task] or (others if len(others) == 1 else [])
        return _texts(task.get(names[0]), parts=_parts(task) > 1) if names else []
    for annotation in reversed(annotations):
        if not isinstance(annotation, Mapping) or annotation.get("was_cancelled"):
            continue
        found = []
        for result in annotation.get("result") or ():
            if not isinstance(result, Mapping) or result.get("type") != "textarea":
                continue
            value = result.get("value")
            if isinstance(value, Mapping) and (not wanted or result.get("from_name") == wanted):
                name = result.get("from_name")
                found += [(name, text) for text in _texts(value.get("text"), parts=False)]
        if found:
            return [text for name, text in found if name == found[0][0]]
    return []


def _parts(task: Mapping[str, Any]) -> int:
    """Boxes, or other parts of the picture, in a task of a flat export."""
    values = [_unpacked(value) for value in task.values()]
    return max((len(v) for v in values if isinstance(v, list) and all(isinstance(p, Mapping) for p in v)), default=0)


def _texts(value: Any, *, parts: bool) -> list[str]:
    """The texts in a field: one, of as many lines as a list has; with ``parts``, one for each entry of a list."""
    value = _unpacked(value)
    if isinstance(value, Mapping):
        value = value.get("text")
    lines = value if isinstance(value, list) else [value]
    if not all(isinstance(line, str) for line in lines):
        return []
    texts = lines if parts else [" ".join(lines)]
    return [text.strip() for text in texts if text.strip()]


def _unpacked(value: Any) -> Any:
    """The value of a cell; a table holds lists and objects as JSON."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


SOURCE = Source(
    name="label-studio",
    layout="an export of Label Studio (JSON, JSON-MIN, CSV, TSV; picture and text area) and the pictures",
    read=read,
    licence="your own data",
    options={
        "pictures": "folder of the pictures, if they are not beside the export or below",
        "image": "field of the picture, where a task has several",
        "text": "name of the text area, where there are several",
    },
)
