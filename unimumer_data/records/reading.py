"""ShareGPT records read back, whoever wrote them: ours, those on the hub, and those with OpenAI's role names.

    for record, place in read_records(path):
        parts = parts_of(record)
        label = label_of(record, place)

Everything that reads a record file goes through here, so that each command finds the same labels and pictures and
says the same about a broken record.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from unimumer_data.errors import RecordError
from unimumer_data.tasks import get_task
from unimumer_data.tasks.answers import label_expression, task_of

from .json_array import read_json_items as read_records
from .record import IMAGE_TOKEN

__all__ = ["Parts", "image_root", "label_of", "parts_of", "read_records", "texts_of"]

_MESSAGES, _IMAGES = ("messages", "conversations"), ("images", "image")
_ROLE, _CONTENT = ("from", "role"), ("value", "content")
_HUMAN, _MODEL = ("human", "user"), ("gpt", "assistant")
PROBED = 20
"""Pictures to look for before a folder is taken for the one that image paths start from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A record taken apart; what is missing is empty, `fault` says so.

    Args:
        images: paths of the pictures, as the record has them.
        instruction: the first human turn without ``<image>``; None where there is none.
        answer: the first turn of the model; None where there is none.
        task: name of the task that the instruction is of.
    """

    images: tuple[str, ...]
    instruction: str | None
    answer: str | None
    task: str

    @property
    def image(self) -> str:
        """Path of the first picture; empty where there is none."""
        return self.images[0] if self.images else ""

    @property
    def id(self) -> str:
        """The sample id: the file stem of the picture."""
        return Path(self.image).stem

    @property
    def expression(self) -> str | None:
        """What the answer comes to: the label, or of error detection the marked candidate; None without an answer."""
        return None if self.answer is None else label_expression(self.answer, self.task)

    @property
    def fault(self) -> str | None:
        """Why the record cannot be asked about, if so."""
        if self.instruction is None:
            return "no human turn"
        return None if self.image else "no image"


def parts_of(record: Any) -> Parts:
    """Take a record apart, whatever it is. Turns that are no text and a system turn are passed over."""
    turns = _turns(record)
    question = next((text for role, text in turns if role in _HUMAN), None)
    instruction = None if question is None else question.replace(IMAGE_TOKEN, "", 1)
    return Parts(
        images=_images(record),
        instruction=instruction,
        answer=next((text for role, text in turns if role in _MODEL), None),
        task=task_of(instruction or ""),
    )


def texts_of(record: Any) -> list[str]:
    """The texts of all turns of a record, in order; none of what is no record."""
    return [text for _, text in _turns(record)]


def label_of(record: Any, place: str) -> str:
    """The expression that the answer of a record comes to.

    Args:
        place: file and number of the record, for messages.

    Raises:
        RecordError: no question and answer, or a record of error detection, which holds a wrong candidate only.
    """
    parts = parts_of(record)
    expression = parts.expression
    if parts.instruction is None or expression is None:
        raise RecordError(f"{place}: expected messages with a human turn and an answer, found {record!r:.80}")
    if not get_task(parts.task).labelled:
        raise RecordError(f"{place}: error detection records hold no label; take the vanilla set of the same pictures")
    return expression


def image_root(
    file: Path, images: Iterable[str], *, dataset_dir: Path = Path(), media_dir: Path | None = None
) -> Path:
    """The folder that the image paths of a record file start from.

    Args:
        file: the record file.
        images: paths in it; the first `PROBED` are looked for.
        dataset_dir: folder of dataset_info.json, tried first; then the working directory, then the folders above the
            file.
        media_dir: given by the user: it and no other.
    """
    if media_dir is not None:
        return media_dir
    probed = list(islice(filter(None, images), PROBED))
    for base in (dataset_dir, Path(), *Path(os.path.realpath(file)).parents):
        if any(os.path.isfile(base / image) for image in probed):
            return base
    return dataset_dir


def _turns(record: Any) -> list[tuple[str, str]]:
    """(role, text) of the turns that have a text."""
    messages = _first(record, _MESSAGES) if isinstance(record, Mapping) else None
    turns = [turn for turn in messages if isinstance(turn, Mapping)] if isinstance(messages, Sequence) else []
    pairs = [(_first(turn, _ROLE), _first(turn, _CONTENT)) for turn in turns]
    return [(str(role), text) for role, text in pairs if isinstance(text, str)]


def _images(record: Any) -> tuple[str, ...]:
    images = _first(record, _IMAGES) if isinstance(record, Mapping) else None
    listed = images if isinstance(images, list | tuple) else [images]
    return tuple(image for image in listed if isinstance(image, str) and image)


def _first(mapping: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((mapping[key] for key in keys if key in mapping), None)
