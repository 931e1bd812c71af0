"""What flows through the package: a sample of a corpus goes in, a ShareGPT record comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from unimumer_data.errors import RecordError

IMAGE_TOKEN = "<image>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What a source changed in a sample; build lists it in ``dropped.jsonl`` and counts it in the manifest.

    Args:
        reason: short name, for counting: ``mathml``, ``label_graph``, ``encoding``, ``inverted`` ...
        message: what was changed and why, for a person.
        before: the label as the corpus has it.
    """

    reason: str
    message: str
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Ink that a source makes from the label (``Source.write``) when its sample is worked on.

    Args:
        bank: folder of the handwriting.
        digest: of the bank: other handwriting makes another sample.
        seed: decides with the sample's id over all chance.
        inkml: folder for the ink as InkML; None to write none.
    """

    bank: Path
    digest: str
    seed: int
    inkml: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One labelled expression of a corpus, before any task.

    Exactly one of ``image``, ``ink``, ``pixels`` and ``writing`` says where the picture is.

    Args:
        id: unique within its set; the file stem of the published sets (``514_em_341``).
        label: raw LaTeX as the corpus has it.
        image: an image file.
        ink: an InkML file.
        pixels: an encoded image (PNG, JPEG ... bytes), for corpora that pack pictures into one file.
        writing: how the ink is made.
        split: ``train``, ``valid``, ``test`` or a name of the corpus.
        writer: writer id where the corpus knows it.
        replaced: what the source changed: a label taken from another place, bytes decoded another way, a picture
            inverted.
        absent: why there is no picture, where the source can say more than that it found none.
    """

    id: str
    label: str
    image: Path | None = None
    ink: Path | None = None
    pixels: bytes | None = field(default=None, repr=False)
    writing: Writing | None = None
    split: str = ""
    writer: str | None = None
    replaced: tuple[Replacement, ...] = ()
    absent: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        """How samples travel to worker processes: a dataclass with slots would look up its fields each time."""
        return _sample, _values(self)


_FIELDS = tuple(one.name for one in fields(Sample))
_values = attrgetter(*_FIELDS)


def _sample(*values: Any) -> Sample:
    return Sample(**dict(zip(_FIELDS, values, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn. ``role`` is ``human`` or ``gpt``, the tags that dataset_info.json declares."""

    role: Literal["human", "gpt"]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One ShareGPT item of one image and one question, as LLaMA-Factory reads it."""

    image: str
    messages: tuple[Message, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"images": [self.image], "messages": [{"from": m.role, "value": m.value} for m in self.messages]}

    @classmethod
    def of(cls, image: str, instruction: str, answer: str) -> Record:
        """A question about one image and its answer.

        Raises:
            RecordError: the text would break LLaMA-Factory's image count, or the answer is empty.
        """
        _check(image, instruction, answer)
        return cls(
            image=image,
            messages=(
                Message(role="human", value=IMAGE_TOKEN + instruction),
                Message(role="gpt", value=answer),
            ),
        )


def record_writer(instruction: str) -> Callable[[str, str], str]:
    """A function of (image, answer) that writes ``Record.of(image, instruction, answer)`` as JSON, only faster.

    The record is encoded once; for each answer only what differs.
    """
    encode = json.JSONEncoder(ensure_ascii=False).encode
    mark = "\x00"
    start, middle, end = encode(Record.of(mark, instruction, mark).to_dict()).split(encode(mark))

    def write(image: str, answer: str) -> str:
        _check(image, instruction, answer)
        return f"{start}{encode(image)}{middle}{encode(answer)}{end}"

    return write


def _check(image: str, instruction: str, answer: str) -> None:
    if IMAGE_TOKEN in instruction or IMAGE_TOKEN in answer:
        raise RecordError(f"{image}: {IMAGE_TOKEN} inside the text; LLaMA-Factory would count two images")
    if not answer.strip():
        raise RecordError(f"{image}: empty answer")
