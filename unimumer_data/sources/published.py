"""The published Uni-MuMER data as JSON: an array of ``{"images": [...], "messages": [...]}``, nothing changed.

For rebuilding, mixing or inspecting published sets as a corpus; to train on a published file as it is, list it in
dataset_info.json. Error detection sets hold a wrong candidate, not the label, and are refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from unimumer_data.records.reading import image_root, label_of, parts_of, read_records
from unimumer_data.records.record import Sample

from .base import Drop, Source


def read(path: Path, split: str, *, root: str = "") -> Iterator[Sample | Drop]:
    """Samples in the order of the file; the label is the last line of the answer, as it stands.

    Args:
        root: folder that the image paths count from; else the working directory, or a folder above the file.

    Raises:
        RecordError: not an array of records, or records of error detection.
    """
    base = image_root(
        path, (parts_of(record).image for record, _ in read_records(path)), media_dir=Path(root) if root else None
    )
    for number, (record, place) in enumerate(read_records(path)):
        parts = parts_of(record)
        if parts.fault or parts.answer is None:
            message = f"{place}: expected images and messages"
            yield Drop(id=f"record_{number}", reason="bad_row", message=message, before=repr(record)[:500])
            continue
        label, image = label_of(record, place), base / parts.image
        if os.path.isfile(image):
            yield Sample(id=parts.id, label=label, image=image, split=split)
        else:
            message = f"{parts.image}: no such picture; write root=..."
            yield Drop(id=parts.id, reason="no_image", message=message, before=label)


SOURCE = Source(
    name="published-json",
    layout="a JSON array of {images, messages}",
    read=read,
    licence="that of the corpora inside (CROHME and MathWriting: non-commercial; HME100K: academic)",
    package="https://huggingface.co/datasets/phxember/Uni-MuMER-Data",
    options={"root": "folder that the image paths count from"},
)
