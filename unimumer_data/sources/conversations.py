"""Conversation files that others made, for LLaVA, ms-swift, LLaMA-Factory, TRL ...: a question, a picture, an answer.

Read are JSON arrays and JSON lines of records with ``conversations`` or ``messages`` (roles by any name, contents as
text or as parts), with ``query`` and ``response``, or with ``instruction`` and ``output``. The answer is the label,
without the dollars, fences or boxes around it. A record that is broken or not about one picture is named and left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, RecordError
from unimumer_data.records.json_array import begins_with_object, read_json_array
from unimumer_data.records.reading import label_of, texts_of
from unimumer_data.records.record import Sample
from unimumer_data.tasks.wrapping import unwrap

from .base import Drop, Source, existing_folder
from .formats.finder import PictureFinder
from .formats.tables import read_lines, single_file

TURNS = ("conversations", "messages", "conversation")
PICTURES = ("images", "image", "image_path", "img")
PAIRS = (("query", "response"), ("instruction", "output"), ("question", "answer"))
_ANSWERS, _ASKS = ("gpt", "assistant", "model"), ("human", "user")


def read(path: Path, split: str, *, pictures: str = "", turn: str = "") -> Iterator[Sample | Drop]:
    """The samples in the order of the file. A record whose picture is missing has ``image=None``.

    Args:
        path: a JSON or JSONL file, or a folder that holds one.
        pictures: folder of the pictures, if they are not beside the file or below.
        turn: which answer is the label, from 1, where records have several.
    """
    if turn and not (turn.isdigit() and int(turn)):
        raise ConfigError(f"options: turn must be 1, 2 ..., got {turn!r}")
    file = single_file(path, (".json", ".jsonl"), "file of conversations (.json or .jsonl)")
    finder = PictureFinder(existing_folder(Path(pictures)) if pictures else file.parent, start=file.parent)
    for place, record in _records(file):
        fallback = place.rpartition(":")[2].strip().replace(" ", "_")
        try:
            name, label = _picture(record), _label(record, int(turn or 0), place)
        except (RecordError, ValueError) as error:
            message = str(error) if isinstance(error, RecordError) else f"{place}: {error}"
            yield Drop(id=fallback, reason="bad_row", message=message, before=f"{record!r:.500}")
            continue
        found = finder.look_up(name)
        absent = f"{name}: {found.fault}" if found.fault else ""
        yield Sample(id=found.id, label=label, image=found.image, split=split, absent=absent)


def _records(file: Path) -> Iterator[tuple[str, Any]]:
    """(place, record) of a file; of a line that is no JSON, the line."""
    if file.suffix.lower() != ".jsonl" and not begins_with_object(file):
        for number, record in enumerate(read_json_array(file)):
            yield f"{file.name}: record {number}", record
        return
    for line in read_lines(file):
        if line.text.strip():
            place = f"{file.name}: line {line.number}"
            try:
                yield place, json.loads(line.text)
            except (ValueError, RecursionError):
                yield place, line.text


def _picture(record: Any) -> str:
    """The path of the one picture of a record.

    Raises:
        ValueError: there is none, or there are several.
    """
    if not isinstance(record, Mapping):
        raise ValueError("is no JSON object; correct it")
    value = next((record[key] for key in PICTURES if record.get(key)), None)
    listed = value if isinstance(value, list) else [value]
    if value is None:
        listed = [part for turn in _turns(record) for part in _parts(turn) if _is_picture(part)]
    names = [name for one in listed if (name := _path(one))]
    if len(names) != 1:
        raise ValueError(f"has {len(names) or 'no'} pictures; one is needed")
    return names[0]


def _path(value: Any) -> str:
    """The path of a picture, however it is wrapped: ``{"path": ...}``, ``{"image_url": {"url": ...}}``."""
    while isinstance(value, Mapping):
        keys = ("path", "url", "image_url", "image", "value")
        value = next((value[key] for key in keys if value.get(key)), None)
    return value.removeprefix("file://") if isinstance(value, str) else ""


def _label(record: Mapping[str, Any], wanted: int, place: str) -> str:
    """The answer that is the label.

    Raises:
        ValueError: there is none, or several of which none was chosen.
        RecordError: the record asks for something that is not the label.
    """
    turns = [(str(turn.get("from", turn.get("role", ""))).lower(), _text(turn)) for turn in _turns(record)]
    answers = [number for number, (role, _) in enumerate(turns) if role in _ANSWERS]
    if not answers:
        raise ValueError("has no answer; a question and an answer are needed")
    if len(answers) > 1 and not wanted:
        raise ValueError(f"has {len(answers)} answers; write options={{turn: 1}} if the first is the LaTeX")
    if wanted > len(answers):
        raise ValueError(f"has {len(answers)} answers, not {wanted}")
    answer = answers[max(0, wanted - 1)]
    question = next((text for role, text in reversed(turns[:answer]) if role in _ASKS), "")
    asked = {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": turns[answer][1]}]}
    assert texts_of(asked)
    return unwrap(label_of(asked, place))


def _turns(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The turns of a record of any form."""
    for key in TURNS:
        if isinstance(record.get(key), list):
            return [turn for turn in record[key] if isinstance(turn, Mapping)]
    for asked, answered in PAIRS:
        if isinstance(record.get(answered), str):
            question = "\n".join(str(record[key]) for key in (asked, "input") if record.get(key))
            return [{"role": "user", "content": question}, {"role": "assistant", "content": record[answered]}]
    return []


def _parts(turn: Mapping[str, Any]) -> list[Any]:
    content = turn.get("value", turn.get("content"))
    return content if isinstance(content, list) else [content]


def _is_picture(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") in ("image", "image_url")


def _text(turn: Mapping[str, Any]) -> str:
    """The text of a turn, of its parts in a row."""
    texts = [
        part if isinstance(part, str) else part.get("text", part.get("value"))
        for part in _parts(turn)
        if isinstance(part, str) or (isinstance(part, Mapping) and not _is_picture(part))
    ]
    return "".join(text for text in texts if isinstance(text, str))


SOURCE = Source(
    name="conversations",
    layout="a JSON or JSONL file of conversations (LLaVA, ms-swift, LLaMA-Factory ...), the answer being the LaTeX",
    read=read,
    licence="that of its makers",
    options={
        "pictures": "folder of the pictures, if they are not beside the file or below",
        "turn": "which answer is the LaTeX, from 1, where records have several",
    },
)
