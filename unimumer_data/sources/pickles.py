"""Picture arrays in pickles: CAN (``train_images.pkl`` with ``train_labels.txt``), BTTR and its kin, WAP.

Sources: github.com/LBH1024/CAN, the data packages of BTTR, CoMER, ICAL and WAP. Read by `safe_pickle`: a pickle that
names anything but data is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageStat

from unimumer_data.errors import ImageError, SourceError
from unimumer_data.records.record import Replacement, Sample

from .base import Drop, Source
from .formats.safe_pickle import Array, load_pickle
from .formats.tables import IMAGE_SUFFIXES, read_lines, split_spellings

_Caption = tuple[str, tuple[Replacement, ...]]
_INVERTED = partial(
    Replacement, reason="inverted", message="inverted to dark ink on white paper; paper=as-is leaves it as it is"
)


def read(path: Path, split: str, *, labels: str = "", paper: str = "white") -> Iterator[Sample | Drop]:
    """Samples in the order of the label file; pictures come as PNG bytes.

    Args:
        path: a `.pkl` file, a `.list` file that names several, or a folder that holds those of the split.
        labels: the label file (text: name, blank, tokens; or a pickled dict) if its name does not say so.
        paper: ``white``: pictures with bright ink on dark paper are inverted, with a note; ``as-is``: nothing is.

    Raises:
        SourceError: no such file, a pickle that is damaged or names code, or no labels beside it.
    """
    if paper not in ("white", "as-is"):
        raise SourceError(f"paper must be white or as-is, got {paper!r}")
    files = _image_files(path, split)
    captions = _read_labels(Path(labels) if labels else _label_file(files[0] if path.is_dir() else path, split))
    pending = dict.fromkeys(captions)
    for file in files:
        arrays = load_pickle(file)
        if not isinstance(arrays, dict):
            raise SourceError(f"{file}: holds a {type(arrays).__name__}; a dict from name to picture is needed")
        by_stem = {_stem(str(name)): name for name in arrays}
        for name in [name for name in pending if name in by_stem]:
            del pending[name]
            yield _sample(name, captions[name], arrays.pop(by_stem.pop(name)), split, paper)
        for stem in sorted(by_stem):
            yield Drop(id=stem, reason="no_label", message=f"{file}: {stem} is not in the list of labels")
    for name in pending:
        yield Drop(id=name, reason="no_image", message=f"{path}: no picture of {name}", before=captions[name][0])


def _sample(name: str, caption: _Caption, array: Any, split: str, paper: str) -> Sample | Drop:
    label, replaced = caption
    if not isinstance(array, Array):
        message = f"{name}: a {type(array).__name__} where a picture array is needed"
        return Drop(id=name, reason=ImageError.reason, message=message, before=label)
    try:
        image = array.to_image(name)
    except ImageError as error:
        return Drop(id=name, reason=error.reason, message=str(error), before=label)
    inverted = paper == "white" and ImageStat.Stat(image).median[0] < 128
    return Sample(
        id=name,
        label=label,
        pixels=_to_png(ImageChops.invert(image) if inverted else image),
        split=split,
        replaced=(*replaced, _INVERTED(before=label)) if inverted else replaced,
    )


def _to_png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _stem(name: str) -> str:
    """Picture names end in .jpg in some label files and nowhere in others."""
    return Path(name).stem if name.lower().endswith(IMAGE_SUFFIXES) else name


def _image_files(path: Path, split: str) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.glob("*.pkl") if "label" not in file.stem)
        mine = [file for file in found if any(word in file.stem for word in split_spellings(split))]
        files = mine or found
        if len({_label_stem(file) for file in files}) > 1:
            raise SourceError(f"{path}: {', '.join(file.name for file in files)}; name one of them in path=")
    elif path.suffix == ".list":
        files = [path.parent / Path(line.text.strip()).name for line in read_lines(path) if line.text.strip()]
    else:
        files = [path]
    if not files or not all(file.is_file() for file in files):
        missing = next((file for file in files if not file.is_file()), path / "*.pkl")
        raise SourceError(f"{missing}: no such pickle; correct path=")
    return files


def _label_stem(file: Path) -> str:
    """``train_images_0.pkl`` and ``train_images.list`` belong to ``train_labels.txt``."""
    return file.stem.rstrip("0123456789").rstrip("_").replace("images", "labels")


def _label_file(file: Path, split: str) -> Path:
    stem = _label_stem(file)
    plain = stem.removeprefix("offline-")
    names = [
        f"{stem}.txt",
        f"{stem}.pkl",
        f"{plain}_caption.txt",
        f"{split}_caption.txt",
        "caption.txt",
        "captions.txt",
    ]
    for name in dict.fromkeys(names):
        if (file.parent / name).is_file() and name != file.name:
            return file.parent / name
    raise SourceError(f"{file}: no labels beside it; looked for {', '.join(dict.fromkeys(names))}. Write labels=FILE")


def _read_labels(file: Path) -> dict[str, _Caption]:
    """Name -> label, from text lines or from a pickled dict of texts or token lists."""
    if file.suffix == ".pkl":
        content = load_pickle(file)
        if not isinstance(content, Mapping):
            raise SourceError(f"{file}: holds a {type(content).__name__}; a dict from name to label is needed")
        return {_stem(str(name)): (_joined(label), ()) for name, label in content.items()}
    captions: dict[str, _Caption] = {}
    for _, line, replaced in read_lines(file):
        name, label = [*line.split(maxsplit=1), "", ""][:2]
        if name:
            captions[_stem(name)] = label.strip(), replaced
    return captions


def _joined(label: Any) -> str:
    """A label of a pickle: text, or its tokens."""
    if isinstance(label, str):
        return label
    if isinstance(label, list | tuple) and all(isinstance(token, str | int) for token in label):
        return " ".join(map(str, label))
    return ""


SOURCE = Source(
    name="pickle",
    layout="a pickle of picture arrays and its label file (CAN, BTTR, ICAL, WAP)",
    read=read,
    licence="that of the corpus inside (CROHME: CC BY-NC-SA; HME100K: academic research only)",
    options={
        "labels": "the label file, if its name does not say so",
        "paper": "white (default) inverts bright ink on dark paper; as-is keeps it",
    },
)
