"""The samples of a data set as exports see them: one picture, one question, one answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unimumer_data.build import manifest
from unimumer_data.errors import RecordError, RegistryError, suggestion
from unimumer_data.records import registry
from unimumer_data.records.json_array import read_json_array
from unimumer_data.records.record import IMAGE_TOKEN
from unimumer_data.sources import SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A sample of one task.

    Args:
        id: of the sample; the stem of its picture.
        image: the picture file.
        question: the instruction, without the mark of the picture.
        answer: what a model is trained to write.
    """

    id: str
    image: Path
    question: str
    answer: str

    @property
    def reasoning(self) -> str:
        """What the answer says before its last line: the tree, the count of symbols; empty where it says nothing."""
        return self.answer[: self.answer.rstrip().rfind("\n") + 1]

    @property
    def label(self) -> str:
        """The LaTeX, the last line of the answer."""
        return self.answer.rstrip().rpartition("\n")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A registered data set.

    Args:
        name: in dataset_info.json.
        file: its records.
        root: folder that picture paths count from.
        split: train or test, by the manifest of its build.
        licence: of its corpus; empty where no manifest says where it comes from.
    """

    name: str
    file: Path
    root: Path
    split: str
    licence: str

    def rows(self) -> Iterator[Row]:
        """The samples, in the order of the file.

        Raises:
            RecordError: a record that is not of one picture, one question and one answer; names its place.
        """
        for number, record in enumerate(read_json_array(self.file)):
            try:
                (image,) = record["images"]
                question, answer = (turn["value"] for turn in record["messages"])
                path = self.root / image
                row = Row(id=path.stem, image=path, question=question.removeprefix(IMAGE_TOKEN), answer=answer)
            except (KeyError, TypeError, ValueError, AttributeError):
                raise RecordError(
                    f"{self.file}, record {number}: one picture, a question and an answer are needed, "
                    f"found {json.dumps(record)[:80]}"
                ) from None
            if not row.image.is_file():
                raise RecordError(f"{self.file}, record {number}: {row.image} is not there; build the set again")
            yield row


def open_set(name: str, root: Path) -> DataSet:
    """A data set of ``root / dataset_info.json``.

    Raises:
        RegistryError: no such name, or its file is not there.
    """
    entries = registry.read_registry(root / registry.FILE_NAME)
    if name not in entries:
        near = suggestion(name, entries)
        raise RegistryError(
            f"{root / registry.FILE_NAME}: no data set {name!r}{near}; `unimumer build` makes data sets"
        )
    file_name = entries[name].get("file_name")
    file = root / str(file_name)
    if not file_name or not file.is_file():
        raise RegistryError(f"{name}: {file} is not there; {registry.build_command(file)} makes it")
    config: dict[str, Any] = (manifest.read(file.parent) or {}).get("config", {})
    source = SOURCES.get(str(config.get("source")))
    split = "test" if config.get("split") == "test" else "train"
    licence = str(config.get("licence") or (source.licence if source else ""))
    return DataSet(name=name, file=file, root=root, split=split, licence=licence)
