"""The published Uni-MuMER data as JSON: an array of ``{"images": [...], "messages": [...]}``, nothing changed.

For rebuilding, mixing or inspecting published sets as a corpus; to train on a published file as it is, list it in
dataset_info.json. Error detection sets hold a wrong candidate, not the label, and are refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unimumer_data.errors import SourceError
from unimumer_data.records.record import IMAGE_TOKEN, Sample
from unimumer_data.tasks import prompts

from .base import Drop, Source
from .formats.tables import read_json_array

_ERROR_FIND = prompts.ERROR_FIND.partition("{")[0]


def read(path: Path, split: str, *, root: str = "") -> Iterator[Sample | Drop]:
    """Samples in the order of the file; the label is the last line of the answer, as it stands.

    Args:
        root: folder that the image paths count from; else the working directory, or the file's own folder.

    Raises:
        SourceError: not an array of records, or records of error detection.
    """
    roots = [Path(root)] if root else [Path(), path.parent]
    for number, record in enumerate(read_json_array(path)):
        place = f"{path}, record {number}"
        try:
            messages = record.get("messages", record.get("conversations"))
            check_turns(messages)
            label = label_of(messages, place)
            name = Path(record["images"][0])
        except (AttributeError, KeyError, IndexError, TypeError):
            message = f"{place}: expected images and messages"
            yield Drop(id=f"record_{number}", reason="bad_row", message=message, before=repr(record)[:500])
            continue
        image = next((base / name for base in roots if os.path.isfile(base / name)), None)
        if image is None:
            yield Drop(
                id=name.stem, reason="no_image", message=f"{name}: no such picture; write root=...", before=label
            )
        else:
            yield Sample(id=name.stem, label=label, image=image, split=split)


def check_turns(messages: Any) -> None:
    """Check that a conversation has a question and an answer.

    Raises:
        KeyError, TypeError, IndexError: it has not.
    """
    if not all(isinstance(messages[place]["value"], str) for place in (0, 1)):
        raise TypeError("a turn that is no text")


def label_of(messages: Any, place: str) -> str:
    """The label in a ShareGPT conversation: the last line of the first answer.

    Raises:
        SourceError: an error detection record.
        KeyError, TypeError, IndexError: not a conversation of a human and a gpt turn.
    """
    question, answer = messages[0]["value"], messages[1]["value"]
    if question.removeprefix(IMAGE_TOKEN).startswith(_ERROR_FIND):
        raise SourceError(f"{place}: error detection records hold no label; take the vanilla set of the same pictures")
    return str(answer).rstrip().rpartition("\n")[2].strip()


SOURCE = Source(
    name="published-json",
    layout="a JSON array of {images, messages}",
    read=read,
    licence="that of the corpora inside (CROHME and MathWriting: non-commercial; HME100K: academic)",
    options={"root": "folder that the image paths count from"},
)
