"""The published Uni-MuMER data as it is on the hub: parquet files with the columns `image` and `conversations`.

Source: huggingface.co/datasets/phxember/Uni-MuMER-Data. Pictures are handed on byte for byte. Needs pyarrow, imported
when the first file is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unimumer_data.errors import SourceError
from unimumer_data.records.reading import label_of, parts_of
from unimumer_data.records.record import Sample
from unimumer_data.support.files import regular

from .base import Drop, Source
from .formats.finder import walk

ROWS = 64  # pictures in memory at a time


def read(path: Path, split: str) -> Iterator[Sample | Drop]:
    """Samples in the order of the files and rows.

    Args:
        path: a parquet file, or a folder that holds some.

    Raises:
        SourceError: pyarrow is missing, there is no parquet file, or a column is missing.
    """
    files = (
        sorted(Path(folder, name) for folder, _, names in walk(path) for name in names if name.endswith(".parquet"))
        if path.is_dir()
        else [path]
    )
    if not files or not files[0].is_file():
        raise SourceError(f"{path}: no .parquet file; write path=FOLDER of the download")
    for file in files:
        for number, row in enumerate(_rows(file)):
            yield _sample(row, f"{file.stem}_{number}", f"{file}, row {number}", split)


def _sample(row: dict[str, Any], fallback_id: str, place: str, split: str) -> Sample | Drop:
    if not row:
        return Drop(id=fallback_id, reason="encoding", message=f"{place}: its text is not UTF-8")
    image = row["image"][0] if isinstance(row["image"], list) and row["image"] else row["image"]
    data, name = (image.get("bytes"), image.get("path")) if isinstance(image, dict) else (image, None)
    name = name if isinstance(name, str) else None
    sample_id = str(row.get("id") or (Path(name).stem if name else fallback_id))
    record = {"messages": row["conversations"]}
    parts = parts_of(record)
    if parts.instruction is None or parts.answer is None:
        return Drop(id=sample_id, reason="bad_row", message=f"{place}: not a conversation of a human and a gpt turn")
    label = label_of(record, place)
    if not isinstance(data, bytes) or not data:
        return Drop(id=sample_id, reason="no_image", message=f"{place}: no picture in it", before=label)
    return Sample(id=sample_id, label=label, pixels=data, split=split)


def _rows_of(batch: Any) -> Iterator[dict[str, Any]]:
    """The rows of a batch; an empty one where its text is no UTF-8."""
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for number in range(batch.num_rows):
            try:
                yield from batch.slice(number, 1).to_pylist()
            except UnicodeDecodeError:
                yield {}


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    try:
        import pyarrow.parquet
    except ImportError:
        raise SourceError(f"{file}: reading parquet needs pyarrow; pip install pyarrow") from None
    try:
        with open(file, "rb", opener=regular) as stream, pyarrow.parquet.ParquetFile(stream) as table:
            missing = {"image", "conversations"} - set(table.schema_arrow.names)
            if missing:
                raise SourceError(f"{file}: no column {', '.join(sorted(missing))}; it has {table.schema_arrow.names}")
            columns = [name for name in ("id", "image", "conversations") if name in table.schema_arrow.names]
            for batch in table.iter_batches(batch_size=ROWS, columns=columns):
                yield from _rows_of(batch)
    except (OSError, pyarrow.ArrowException) as error:
        raise SourceError(f"{file}: cannot be read as parquet: {error}") from error


SOURCE = Source(
    name="hub-parquet",
    layout="*.parquet with the columns image and conversations",
    read=read,
    licence="that of the corpora inside (CROHME and MathWriting: non-commercial; HME100K: academic)",
    package="https://huggingface.co/datasets/phxember/Uni-MuMER-Data",
)
