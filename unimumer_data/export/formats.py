"""What each tool reads. A format is a function that writes the rows of a set into a new folder, and one line below."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from unimumer_data.build.pictures import convert, suffix
from unimumer_data.errors import RecordError, SourceError
from unimumer_data.images import IMAGE_MAX_PIXELS, is_fitted, read_header
from unimumer_data.records.record import IMAGE_TOKEN
from unimumer_data.support.files import read_bytes

from .card import dataset_card
from .rows import DataSet, Row

ROWS_OF_A_GROUP = 100  # pictures of a parquet row group in memory at a time
ROWS_OF_A_SHARD = 5000  # of a parquet file or a tar archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """An export.

    Args:
        about: which tool reads it, for ``--help``.
        write: (set, new folder) -> number of samples.
    """

    about: str
    write: Callable[[DataSet, Path], int]


def _messages(data: DataSet, folder: Path) -> int:
    def item(row: Row, image: str) -> dict[str, Any]:
        question = [{"type": "image", "text": None}, {"type": "text", "text": row.question}]
        answer = [{"type": "text", "text": row.answer}]
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        return {"messages": turns, "images": [image]}

    return _json_lines(data, folder, item)


def swift(data: DataSet, folder: Path, *, reasoning_weight: float = 1.0) -> int:
    """Messages of text. ms-swift joins an answer that is in two messages, each of which can have a weight."""

    def item(row: Row, image: str) -> dict[str, Any]:
        turns: list[dict[str, Any]] = [{"role": "user", "content": IMAGE_TOKEN + row.question}]
        if reasoning_weight == 1 or not row.reasoning:
            turns.append({"role": "assistant", "content": row.answer})
        else:
            for text, weight in ((row.reasoning, reasoning_weight), (row.answer.removeprefix(row.reasoning), 1.0)):
                turns.append({"role": "assistant", "content": text, "loss_scale": weight})
        return {"messages": turns, "images": [image]}

    return _json_lines(data, folder, item)


def lf_v1(data: DataSet, folder: Path, *, max_pixels: int = IMAGE_MAX_PIXELS, loss_weight: float = 1.0) -> int:
    """Messages of content parts. A weight holds for a whole message: its templates end a turn after each."""

    def item(row: Row, image: str) -> dict[str, Any]:
        question = [{"type": "image_url", "value": image}, {"type": "text", "value": row.question}]
        turns = [
            {"role": "user", "content": question, "loss_weight": 0.0},
            {"role": "assistant", "content": [{"type": "text", "value": row.answer}], "loss_weight": loss_weight},
        ]
        return {"messages": turns}

    return _json_lines(data, folder, item, partial(_store_fitted, max_pixels=max_pixels))


def _store(image: Path, folder: Path) -> str:
    """Copy a picture; its name there."""
    shutil.copyfile(image, folder / image.name)
    return image.name


def _store_fitted(image: Path, folder: Path, *, max_pixels: int) -> str:
    """Copy a picture that training would take as it is; write any other as training would see it."""
    header = read_header(image)
    if is_fitted(*header.size, max_pixels) and not header.transparent and not header.turned:
        return _store(image, folder)
    name = f"{image.stem}{suffix(image)}"
    (folder / name).write_bytes(convert(image, max_pixels).data)
    return name


def _json_lines(
    data: DataSet,
    folder: Path,
    item: Callable[[Row, str], dict[str, Any]],
    store: Callable[[Path, Path], str] = _store,
) -> int:
    """``NAME.jsonl`` and the pictures in ``images/``; paths in it count from the folder."""
    images = folder / "images"
    images.mkdir()
    count, places = 0, dict[int, int]()
    with (folder / f"{data.name}.jsonl").open("w", encoding="utf-8") as file:
        for row in data.rows():
            place = hash(row.image.parent)
            if places.setdefault(hash(row.image.stem), place) != place:
                raise RecordError(f"{row.image}: another picture of the set has this name; build it with images=copy")
            image = f"images/{store(row.image, images)}"
            file.write(json.dumps(item(row, image), ensure_ascii=False) + "\n")
            count += 1
    return count


def _parquet(data: DataSet, folder: Path) -> int:
    """A folder that ``datasets.load_dataset`` opens: parquet files with the pictures inside, and a dataset card."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise SourceError("format=parquet needs pyarrow; pip install pyarrow") from None
    picture = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    texts = ("id", "question", "answer", "label")
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    features |= {name: {"dtype": "string", "_type": "Value"} for name in texts}
    schema = pyarrow.schema([("image", picture), *((name, pyarrow.string()) for name in texts)])
    schema = schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    (folder / "data").mkdir()
    count = number = 0
    for number, shard in enumerate(_shards(data.rows())):
        path = folder / "data" / f"{data.split}-{number:05d}.parquet"
        with pyarrow.parquet.ParquetWriter(path, schema) as writer:
            while rows := list(islice(shard, ROWS_OF_A_GROUP)):
                items = [
                    {
                        "image": {"bytes": read_bytes(row.image), "path": row.image.name},
                        **{name: getattr(row, name) for name in texts},
                    }
                    for row in rows
                ]
                writer.write_table(pyarrow.Table.from_pylist(items, schema=schema))
                count += len(rows)
    (folder / "README.md").write_text(dataset_card(data), encoding="utf-8")
    return count


def _webdataset(data: DataSet, folder: Path) -> int:
    """Tar archives of ``ID.png`` (or ``.jpg``) and ``ID.json``, in the order of the set."""
    count = 0
    for number, shard in enumerate(_shards(data.rows())):
        keys: Counter[str] = Counter()  # samples of one key would be taken for one
        with tarfile.open(folder / f"{data.name}-{number:06d}.tar", "w") as archive:
            for row in shard:
                key = row.id.replace(".", "_")  # webdataset takes all behind the first dot for the suffix
                keys[key] += 1
                key += f"__{keys[key]}" if keys[key] > 1 else ""
                texts = {"id": row.id, "question": row.question, "answer": row.answer, "label": row.label}
                _add(archive, f"{key}{row.image.suffix.lower()}", read_bytes(row.image))
                _add(archive, f"{key}.json", json.dumps(texts, ensure_ascii=False).encode())
                count += 1
    return count


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    """A member without owner and time: the same set gives the same bytes."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _shards(rows: Iterator[Row]) -> Iterator[Iterator[Row]]:
    """The rows in parts of `ROWS_OF_A_SHARD`; each part must be read before the next is asked for."""
    for first in rows:
        yield _with(first, islice(rows, ROWS_OF_A_SHARD - 1))


def _with(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


FORMATS: Mapping[str, Format] = {
    "parquet": Format(about="Hugging Face datasets, with the pictures inside and a dataset card", write=_parquet),
    "messages": Format(about="TRL and Unsloth: JSON lines of messages, pictures beside them", write=_messages),
    "swift": Format(about="ms-swift: JSON lines; set ROOT_IMAGE_DIR to the folder", write=swift),
    "webdataset": Format(about="webdataset: tar archives of pictures and JSON", write=_webdataset),
    "lf-v1": Format(about="LLaMA-Factory with USE_V1=1: content parts and loss weights", write=lf_v1),
}
