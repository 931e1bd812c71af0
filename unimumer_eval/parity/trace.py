"""What one side saw and said of each picture, and the file that keeps it.

A file, since the sides may live in different environments: LLaMA-Factory and vLLM need different releases of
transformers. It is a NumPy archive without pickles: arrays, and the rest as JSON.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unimumer_data.errors import OutputError, PredictionError
from unimumer_data.support.files import partial_path
from unimumer_data.support.plain_json import parse_json

ARRAYS = ("ids", "grid", "pixels", "positions", "logprobs")
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A picture with its label.

    Args:
        id: of the sample.
        image: where the picture is.
        label: LaTeX; None where there is none.
    """

    id: str
    image: Path
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one side makes of one question; None for what it does not show.

    Args:
        question: the question.
        text: its greedy answer; None where it does not generate.
        ids: of prompt, label and end of answer, ``[T]``.
        tokens: the same T tokens in words.
        start: the first token of the label.
        grid: time, rows and columns into which the picture is cut, ``[3]``.
        pixels: the patches as the vision tower gets them, ``[P, values]``.
        positions: of time, height and width, ``[3, T]``, or of the prompt alone.
        logprobs: natural logarithms of the probabilities of the tokens from ``start`` on.
        failure: why there is no answer.
    """

    question: Question
    text: str | None = None
    ids: NDArray[np.int64] | None = None
    tokens: tuple[str, ...] = ()
    start: int = 0
    grid: NDArray[np.int64] | None = None
    pixels: NDArray[np.float32] | None = None
    positions: NDArray[np.int64] | None = None
    logprobs: NDArray[np.float64] | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """All looks of one side.

    Args:
        name: of the side, for people.
        settings: model, number format, versions ... as they were.
    """

    name: str
    looks: tuple[Look, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


def write_trace(trace: Trace, path: Path) -> None:
    """Write a trace, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {}
    looks = []
    for number, look in enumerate(trace.looks):
        found = {name: getattr(look, name) for name in ARRAYS}
        arrays |= {f"{name}_{number}": array for name, array in found.items() if array is not None}
        question = look.question
        looks.append(
            {
                "id": question.id,
                "image": str(question.image.resolve()),
                "label": question.label,
                "text": look.text,
                "tokens": look.tokens,
                "start": look.start,
                "failure": look.failure,
            }
        )
    about = {"format": FORMAT, "name": trace.name, "settings": dict(trace.settings), "looks": looks}
    arrays["about"] = np.array(json.dumps(about, ensure_ascii=False, default=str))
    partial = partial_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another output=...") from error


def read_trace(path: Path) -> Trace:
    """Read a trace.

    Raises:
        PredictionError: there is none, or it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        about = parse_json(str(arrays["about"]))
        if about["format"] != FORMAT:
            raise PredictionError(f"{path}: a trace of format {about['format']}; write it again with this version")
        looks = tuple(_look(arrays, number, one) for number, one in enumerate(about["looks"]))
        return Trace(name=about["name"], looks=looks, settings=about["settings"])
    except FileNotFoundError:
        raise PredictionError(f"{path}: no such trace; unimumer parity engines=... output={path} writes one") from None
    except PredictionError:
        raise
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise PredictionError(f"{path}: no trace of unimumer parity, or damaged ({error}); write it again") from error


def _look(arrays: Mapping[str, NDArray[Any]], number: int, about: Mapping[str, Any]) -> Look:
    return Look(
        question=Question(id=about["id"], image=Path(about["image"]), label=about["label"]),
        text=about["text"],
        tokens=tuple(about["tokens"]),
        start=about["start"],
        failure=about["failure"],
        **{name: arrays.get(f"{name}_{number}") for name in ARRAYS},
    )
