"""Caption folders: WAP, BTTR, CoMER, TAMER, PosFormer and MNE ship a caption file and pictures.

A caption line is ``name<TAB>token token ...``; BTTR has a space in place of the tab. The pictures are beside the
caption file, or below (``img/``, ``off_image_test/`` ...), with or without WAP's ``_0`` after the name. A JSON array
of labels without names is read too; its ids are the file's name and the place in the array.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from unimumer_data.errors import SourceError
from unimumer_data.records.json_array import read_json_array
from unimumer_data.records.record import Replacement, Sample

from .base import Drop, Source
from .formats.finder import PictureFinder, walk
from .formats.tables import count_lines, read_lines


def _caption_file(path: Path, split: str) -> Path:
    """The caption file of a folder; of several the one that fits the split by its name."""
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder (from {Path.cwd()}); write path=FOLDER of the captions")
    if path.is_file():
        return path
    files = sorted(
        Path(folder, name) for folder, _, names in walk(path) for name in names if fnmatch(name, "*caption*.txt")
    )
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
    for number, name, label, replaced in _rows(caption):
        place = f"{caption.name}:{number}"
        if not label.strip():
            yield Drop(id=name, reason="empty_label", message=f"{place}: {name!r} has no caption")
        else:
            found = pictures.look_up(name)
            absent = f"{name}: {found.fault}" if found.fault else ""
            yield Sample(id=found.id, label=label, image=found.image, split=split, replaced=replaced, absent=absent)


def _rows(caption: Path) -> Iterator[tuple[int, str, str, tuple[Replacement, ...]]]:
    if caption.suffix.lower() == ".json":
        stem = caption.stem.removesuffix("_captions")
        for number, label in enumerate(read_json_array(caption)):
            if not isinstance(label, str):
                raise SourceError(f"{caption}: item {number}: a JSON array of labels is needed, found {label!r:.60}")
            yield number, f"{stem}_{number}", label, ()
        return
    for number, line, replaced in read_lines(caption):
        if not line.strip():
            continue
        name, _, label = line.partition("\t") if "\t" in line else line.partition(" ")
        yield number, name.strip(), label, replaced


def count(path: Path, split: str) -> int | None:
    """The number of samples, for the progress bar; None where it is not known."""
    return count_lines(_caption_file(path, split))


SOURCE = Source(
    name="captions",
    layout="a folder with a caption file ('name<TAB>token token ...' lines) and pictures, or the caption file itself",
    read=read,
    count=count,
    licence="that of the corpus it was made from (CROHME: CC BY-NC-SA 3.0)",
    package="the repository of the model's code; MNE: https://github.com/SJTU-DeepVisionLab/PosFormer",
)
