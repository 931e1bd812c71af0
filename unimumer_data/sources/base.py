"""What a corpus reader is: a function that yields samples lazily, and the facts about the corpus that build needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from unimumer_data.errors import SourceError, UniMumerError
from unimumer_data.records.record import Sample

if TYPE_CHECKING:
    from PIL.Image import Image

    from unimumer_data.ink import Ink

_UNSAFE = re.compile(r"[\x00-\x1f<>:\"/\\|?*\ud800-\udfff]|^\.|^\s|[\s.]$|^$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A sample that a reader cannot give, said instead of skipped; build counts it and lists it in ``dropped.jsonl``.

    Args:
        id: as far as it is known; a row number otherwise.
        reason: class of the fault, for counting: ``no_image``, ``bad_row``, ``encoding`` ...
        message: what is wrong and what to do, for a person.
        before: the raw label or row.
    """

    id: str
    reason: str
    message: str
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A corpus format.

    Args:
        name: the word after ``source=``.
        layout: one line for ``--help``: what ``path`` has to hold.
        read: ``read(path, split, **options)`` yields a Sample or a Drop for every item of the corpus, in an order that
            does not depend on the machine (sort what a folder lists). It opens as little as it can: pictures are
            opened, and ink is read, by the workers of build. An ink sample with an empty label has its label in its
            own InkML file; ``ink_label`` says which. Raises SourceError where the path is not such a corpus.
        licence: what a user must know before training on it, one line.
        conventions: name of the label conventions, the ``corpus`` of ``latex.canonical``; None is the general form.
        split: what the set is taken for where the user does not say.
        options: keyword arguments that ``read`` takes beyond path and split, each with its explanation for ``--help``.
        ink_label: (label, note) of an InkML file; the note says how the label was come by if not as the truth string.
        count: how many items ``read`` will yield, if that is quickly known; for the progress bar.
        picture: what the workers do to each opened picture: cut a page to its formula, for instance.
        path: where the corpus lies if the user does not say.
        set_name: what the data set is called if the user does not say; the default is the last part of the path.
        wrong_predictions: sample id -> what a model had said wrongly, where the corpus knows it; build makes the
            records of the error tasks from them.
    """

    name: str
    layout: str
    read: Callable[..., Iterator[Sample | Drop]]
    licence: str
    conventions: str | None = None
    split: str = "train"
    options: Mapping[str, str] = field(default_factory=dict)
    ink_label: Callable[[Ink], tuple[str, str | None]] | None = None
    count: Callable[[Path, str], int | None] | None = None
    picture: Callable[[Image], Image] | None = None
    path: Path | None = None
    set_name: str | None = None
    wrong_predictions: Callable[[Path], Mapping[str, Sequence[str]]] | None = None

    def samples(self, path: Path, split: str | None = None, **options: str) -> Iterator[Sample | Drop]:
        """As ``read``, with the labels that lie in ink files filled in: for reports, which need no pictures."""
        for item in self.read(path, split or self.split, **options):
            if isinstance(item, Drop) or item.ink is None or item.label:
                yield item
                continue
            try:
                yield self.with_ink_label(item, read_ink(item.ink))
            except UniMumerError as error:
                yield Drop(id=item.id, reason=error.reason, message=str(error))

    def with_ink_label(self, sample: Sample, ink: Ink) -> Sample:
        """The sample with the label and the writer that its ink carries."""
        label, note = self.ink_label(ink) if self.ink_label else (ink.label or "", None)
        return replace(sample, label=label, note=note, writer=sample.writer or ink.writer)


def read_ink(path: Path) -> Ink:
    """The InkML file (the module is imported when the first ink is read, not before ``--help``)."""
    from unimumer_data.ink import read_inkml

    return read_inkml(path)


def existing_folder(path: Path) -> Path:
    """The path, checked.

    Raises:
        SourceError: it does not exist or is no folder.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such folder (from {Path.cwd()}); write path=... where the corpus lies")
    if not path.is_dir():
        raise SourceError(f"{path}: is a file, a folder is needed")
    return path


def unique_ids(root: Path, files: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """(id, file) in order of path; the id is the stem, or where stems collide the path below root joined by ``__``."""
    ordered = sorted(files)
    stems: dict[str, int] = {}
    for file in ordered:
        stems[file.stem] = stems.get(file.stem, 0) + 1
    for file in ordered:
        if stems[file.stem] == 1:
            yield file.stem, file
        else:
            yield "__".join(file.relative_to(root).with_suffix("").parts), file


def is_safe_id(sample_id: str) -> bool:
    """Whether the id can be a file name everywhere: no path, no hidden file, no control character, at most 200 bytes.

    >>> is_safe_id("514_em_341"), is_safe_id("../../etc/passwd")
    (True, False)
    """
    return not _UNSAFE.search(sample_id) and (len(sample_id) <= 50 or len(sample_id.encode()) <= 200)
