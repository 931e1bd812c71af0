"""Caption folders: WAP, BTTR, CoMER, TAMER, PosFormer and MNE ship a caption file and pictures.

A caption line is ``name<TAB>token token ...``; BTTR has a space in place of the tab. The pictures lie beside the
caption file, or below (``img/``, ``off_image_test/`` ...), with or without WAP's ``_0`` after the name. A JSON array
of labels without names is read too; its ids are the file's name and the place in the array.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unimumer_data.errors import SourceError
from unimumer_data.records.json_array import read_json_array
from unimumer_data.records.record import Sample

from .base import Drop, Source
from .formats.tables import PictureFinder, count_lines, id_of, is_text, read_lines


def _caption_file(path: Path, split: str) -> Path:
    """The caption file of a folder; of several the one that fits the split by its name."""
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder (from {Path.cwd()}); write path=... where the captions lie")
    if path.is_file():
        return path
    files = sorted(file for file in path.rglob("*caption*.txt") if file.is_file())
    if not files:
        raise SourceError(
            f"{path}: no caption file (*caption*.txt of 'name<TAB>tokens' lines); write path=FILE if otherwise named"
        )
    training = [file for file in files if "train" in str(file.relative_to(path)).lower()]
    fitting = training if split == "train" else [file for file in files if file not in training]
    if len(files) > 1 and len(fitting) != 1:
        raise SourceError(f"{path}: {len(files)} caption files; write path= one of them: {', '.join(map(str, files))}")
    return fitting[0] if fitting else files[0]


def _pictures(caption: Path) -> PictureFinder:
    """``2014_caption.txt`` belongs to ``2014/`` where that exists, any other caption file to its own folder."""
    own = caption.parent / caption.stem.removesuffix("s").removesuffix("caption").rstrip("_-")
    return PictureFinder(own if own.is_dir() else caption.parent)


def read(path: Path, split: str) -> Iterator[Sample | Drop]:
    """The samples in the order of the caption file. A caption whose picture is missing has ``image=None``."""
    caption = _caption_file(path, split)
    pictures = _pictures(caption)
    for number, name, label in _rows(caption):
        place = f"{caption.name}:{number}"
        if not is_text(label) or not is_text(name):
            yield Drop(id=place, reason="encoding", message=f"{place}: not UTF-8", before=ascii(label))
        elif not label.strip():
            yield Drop(id=name, reason="empty_label", message=f"{place}: {name!r} has no caption")
        else:
            yield Sample(id=id_of(name), label=label, image=pictures.find(name), split=split)


def _rows(caption: Path) -> Iterator[tuple[int, str, str]]:
    if caption.suffix.lower() == ".json":
        stem = caption.stem.removesuffix("_captions")
        for number, label in enumerate(read_json_array(caption)):
            if not isinstance(label, str):
                raise SourceError(f"{caption}: item {number}: a JSON array of labels is needed, found {label!r:.60}")
            yield number, f"{stem}_{number}", label
        return
    for number, line in read_lines(caption):
        name, _, label = line.partition("\t") if "\t" in line else line.partition(" ")
        yield number, name.strip(), label


def count(path: Path, split: str) -> int | None:
    return count_lines(_caption_file(path, split))


SOURCE = Source(
    name="captions",
    layout="a folder with a caption file ('name<TAB>token token ...' lines) and pictures, or the caption file itself",
    read=read,
    count=count,
    licence="that of the corpus it was made from (CROHME: CC BY-NC-SA 3.0)",
)
