"""HME100K, photographs of pupils' handwriting: ``train_images/train_0.jpg``, ``train_labels.txt`` (name, tab, tokens).

Source: the package of TAL (arXiv 2203.01601). Labels are spaced tokens; a few hundred hold Chinese words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from unimumer_data.errors import SourceError
from unimumer_data.records.record import Replacement, Sample

from .base import Drop, Source, existing_folder
from .formats.tables import count_lines, find_one, match_images, read_lines

CJK = re.compile("[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
"""Ideographs, kana, hangul and their full-width punctuation."""


def read(path: Path, split: str, *, cjk: str = "keep") -> Iterator[Sample | Drop]:
    """Samples in the order of the label file; with ``cjk=drop``, labels that hold CJK characters are dropped.

    Raises:
        SourceError: the folder has no label file or pictures of that split, or ``cjk`` is neither keep nor drop.
    """
    if cjk not in ("keep", "drop"):
        raise SourceError(f"cjk must be keep or drop, got {cjk!r}")
    labels = _label_file(path, split)
    images = find_one(labels.parent, [f"{split}_images", "images"], "folder of pictures")
    for item in match_images(_rows(labels), images, split):
        if cjk == "drop" and isinstance(item, Sample) and CJK.search(item.label):
            message = "the label holds Chinese, Japanese or Korean text; cjk=keep keeps it"
            yield Drop(id=item.id, reason="cjk", message=message, before=item.label)
        else:
            yield item


def _label_file(path: Path, split: str) -> Path:
    name = f"{split}_labels.txt"
    return find_one(existing_folder(path), [name, f"{split}/{name}"], "label file")


def _rows(labels: Path) -> Iterator[tuple[str, str, tuple[Replacement, ...]]]:
    for _, line, replaced in read_lines(labels):
        name, _, label = line.strip().partition("\t") if "\t" in line else line.strip().partition(" ")
        if name:
            yield name, label.strip(), replaced


SOURCE = Source(
    name="hme100k",
    layout="{train,test}_images/*.jpg and {train,test}_labels.txt (name, tab, tokens)",
    read=read,
    licence="academic research only, on request from TAL (ai.100tal.com)",
    package="https://ai.100tal.com/dataset, on request",
    options={"cjk": "keep (default) or drop labels that hold Chinese, Japanese or Korean characters"},
    count=lambda path, split: count_lines(_label_file(path, split)),
)
