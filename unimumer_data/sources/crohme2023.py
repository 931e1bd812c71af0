"""CROHME 2023 (TC11): for each expression ink (`.inkml`), a picture (`.png`), a label graph (`.lg`), or some of these.

    INKML/train/CROHME2023_train/form_5_241_E1202.inkml
    IMG/train/CROHME2023_train/form_5_241_E1202.png
    SymLG/train/CROHME2023_train/form_5_241_E1202.lg

Files belong together by split and stem, wherever they are. The part OffHME has no ink. Truth strings write ``^ 2`` and
``^ { 2 }``. Source: the TC11 package, Zenodo 8428034.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from unimumer_data.errors import InkError, SourceError
from unimumer_data.health.lint import damage
from unimumer_data.records.record import Replacement, Sample

from .base import VALIDATION, Drop, Source, existing_folder, machine_fault, read_ink
from .formats.finder import walk
from .formats.symlg import read_symlg
from .formats.tables import split_spellings

SUFFIXES = (".inkml", ".png", ".lg")
SPLITS = ("train", *VALIDATION, "test")


def read(path: Path, split: str, *, picture: str = "image", parts: str = "") -> Iterator[Sample | Drop]:
    """Samples in the order of their ids; the label is the truth string, or where that is damaged the label graph's.

    Args:
        picture: ``image``: the maker's PNG where there is one, else the ink; ``ink``: the other way round.
        parts: folders to take, comma-separated (``CROHME2023_train,OffHME``); all where empty.

    Raises:
        SourceError: no file of that split and those parts.
    """
    if picture not in ("image", "ink"):
        raise SourceError(f"picture must be image or ink, got {picture!r}")
    items = _group(existing_folder(path), split, frozenset(parts.split(",")) if parts else None)
    if not items:
        wanted = f" in the parts {parts}" if parts else ""
        raise SourceError(f"{path}: no .inkml, .png or .lg file of the split {split!r}{wanted}")
    for sample_id in sorted(items):
        yield _sample(sample_id, items[sample_id], split, picture)


def _sample(sample_id: str, files: dict[str, Path], split: str, picture: str) -> Sample | Drop:
    image, ink = files.get(".png"), files.get(".inkml")
    if image is None and ink is None:
        message = f"{files['.lg']}: a label graph without picture or ink"
        return Drop(id=sample_id, reason="no_image", message=message)
    try:
        label, replaced, writer = _label(files)
    except SourceError as error:
        if machine_fault(error):
            raise
        return Drop(id=sample_id, reason="no_label", message=str(error))
    if image is not None and (picture == "image" or ink is None):
        return Sample(id=sample_id, label=label, image=image, split=split, writer=writer, replaced=replaced)
    return Sample(id=sample_id, label=label, ink=ink, split=split, writer=writer, replaced=replaced)


def _label(files: dict[str, Path]) -> tuple[str, tuple[Replacement, ...], str | None]:
    """(label, what was replaced, writer)."""
    truth, fault, writer = "", "no truth string", None
    replaced: tuple[Replacement, ...] = ()
    if ".inkml" in files:
        try:
            ink = read_ink(files[".inkml"])
        except InkError as error:
            if machine_fault(error):
                raise
            fault = f"ink unreadable: {error}"
        else:
            truth, writer = ink.label, ink.writer
            replaced = tuple(Replacement(reason="encoding", message=note, before=truth) for note in ink.notes)
            fault = damage(truth)
            if not fault:
                return truth, replaced, writer
    if ".lg" not in files:
        if truth:
            return truth, replaced, writer  # damaged, but the tolerant parser may repair it and say so
        raise SourceError(f"{next(iter(files.values()))}: {fault}, and no label graph")
    label, decoded = read_symlg(files[".lg"])
    graph = Replacement(reason="label_graph", message=f"label graph ({fault})", before=truth)
    return label, (*decoded, graph), writer


def _group(path: Path, split: str, parts: frozenset[str] | None) -> dict[str, dict[str, Path]]:
    """Id -> suffix -> file. Where parts repeat a stem, the id is ``PART__stem``."""
    spellings = split_spellings(split)
    has_splits = any((found / name).is_dir() for found in (path, *path.glob("*/")) for name in SPLITS)
    groups: defaultdict[str, defaultdict[str, dict[str, Path]]] = defaultdict(lambda: defaultdict(dict))
    for file in sorted(Path(folder, name) for folder, _, names in walk(path) for name in names):
        folders = file.relative_to(path).parts[:-1]
        if file.suffix.lower() not in SUFFIXES or (parts is not None and not parts & set(folders)):
            continue
        if not has_splits or set(spellings) & set(folders):
            part = folders[-1] if folders and folders[-1] not in SPLITS else ""
            groups[file.stem][part][file.suffix.lower()] = file
    items: dict[str, dict[str, Path]] = {}
    for stem, by_part in groups.items():
        repeats = [suffix for suffix in SUFFIXES if sum(suffix in files for files in by_part.values()) > 1]
        if repeats:
            items.update({f"{part}__{stem}" if part else stem: files for part, files in by_part.items()})
        else:
            items[stem] = {suffix: file for files in by_part.values() for suffix, file in files.items()}
    return items


SOURCE = Source(
    name="crohme2023",
    layout="{INKML,IMG,SymLG}/{train,val,test}/**/*.{inkml,png,lg}, or these files side by side",
    read=read,
    licence="non-commercial research (CC BY-NC-SA 3.0)",
    package="https://doi.org/10.5281/zenodo.8428034",
    conventions="crohme2023",
    options={
        "picture": "image (default): the package's PNG where there is one; ink: rendered from the ink",
        "parts": "folders to take, with commas: CROHME2023_train,OffHME ...",
    },
)
