"""Label Studio: an export as JSON (or JSON-MIN) of tasks with a picture and a text, beside the pictures.

Each task has its picture in ``data`` and the text in an annotation of a ``<TextArea>``; of several annotations the
last one that was not cancelled counts. The paths are Label Studio's own; the pictures are found by their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from unimumer_data.records.json_array import read_json_array
from unimumer_data.records.record import Sample

from .base import Drop, Source, existing_folder
from .formats.finder import PictureFinder
from .formats.tables import IMAGE_SUFFIXES, single_file

NAMES = ("image", "img", "picture", "ocr", "captioning", "photo")


def read(path: Path, split: str, *, pictures: str = "", image: str = "", text: str = "") -> Iterator[Sample | Drop]:
    """The samples in the order of the export. A task whose picture is missing has ``image=None``.

    Args:
        path: the export, or a folder that holds one JSON file.
        pictures: folder of the pictures, if they are not beside the export or below.
        image: name of the picture in ``data``, where there are several fields.
        text: name of the text area, where there are several.
    """
    file = single_file(path, ".json", "JSON export")
    finder = PictureFinder(existing_folder(Path(pictures)) if pictures else file.parent, start=file.parent)
    for number, task in enumerate(read_json_array(file)):
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
        found, label = finder.look_up(name), _label(task, text)
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


def _label(task: Mapping[str, Any], wanted: str) -> str | None:
    """The text of the last annotation that was not cancelled; of JSON-MIN, the field that is a text."""
    annotations = task.get("annotations")
    if not isinstance(annotations, list):
        names = (
            [wanted]
            if wanted
            else [key for key in ("transcription", "latex", "text", "label", "formula") if key in task]
        )
        return _joined(task.get(names[0])) if names else None
    for annotation in reversed(annotations):
        if not isinstance(annotation, Mapping) or annotation.get("was_cancelled"):
            continue
        for result in annotation.get("result") or ():
            if not isinstance(result, Mapping) or result.get("type") != "textarea":
                continue
            if not wanted or result.get("from_name") == wanted:
                value = result.get("value")
                label = _joined(value.get("text")) if isinstance(value, Mapping) else None
                if label:
                    return label
    return None


def _joined(value: Any) -> str | None:
    """A text area holds a text, or a list of its lines."""
    if isinstance(value, Mapping):
        value = value.get("text")
    lines = value if isinstance(value, list) else [value]
    return " ".join(lines).strip() if lines and all(isinstance(line, str) for line in lines) else None


SOURCE = Source(
    name="label-studio",
    layout="a JSON export of Label Studio (picture and text area) and the pictures",
    read=read,
    licence="your own data",
    options={
        "pictures": "folder of the pictures, if they are not beside the export or below",
        "image": "field of the picture, where a task has several",
        "text": "name of the text area, where there are several",
    },
)
