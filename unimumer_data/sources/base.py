"""What a corpus reader is: a function that yields samples lazily, and the facts about the corpus that build needs."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from unimumer_data.errors import SourceError, UniMumerError
from unimumer_data.records.record import Replacement, Sample

if TYPE_CHECKING:
    from PIL.Image import Image

    from unimumer_data.ink import Ink

VALIDATION = ("valid", "val", "validate", "validation", "dev")
"""Names of the validation split; every reader takes any of them."""

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
        package: where it is to be got: an address, and its size where that is known.
        conventions: name of the label conventions, the ``corpus`` of ``latex.canonical``; None is the general form.
        split: what the set is taken for where the user does not say.
        splits: names of further splits, beyond train, valid (by any of its names) and test.
        options: keyword arguments that ``read`` takes beyond path and split, each with its explanation for ``--help``.
        ink_label: (label, replacements) of an InkML file: where the label came from, if not from the truth string.
        count: how many items ``read`` will yield, if that is quickly known; for the progress bar.
        picture: what the workers do to each opened picture: cut a page to its formula, for instance.
        path: where the corpus is if the user does not say.
        set_name: what the data set is called if the user does not say; the default is the last part of the path.
        write: makes the ink of a sample that has a ``writing``. Equal labels alone are leaks there: such a source
            makes many pictures of a formula.
        terms: (path, options) -> the licence, where it is not the same for all sets of the source.
        wrong_predictions: sample id -> what a model had said wrongly, where the corpus knows it; build makes the
            records of the error tasks from them.
    """

    name: str
    layout: str
    read: Callable[..., Iterator[Sample | Drop]]
    licence: str
    package: str = ""
    conventions: str | None = None
    split: str = "train"
    splits: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    ink_label: Callable[[Ink], tuple[str, tuple[Replacement, ...]]] | None = None
    count: Callable[[Path, str], int | None] | None = None
    picture: Callable[[Image], Image] | None = None
    path: Path | None = None
    set_name: str | None = None
    write: Callable[[Sample], Ink] | None = None
    terms: Callable[[Path, Mapping[str, str]], str] | None = None
    wrong_predictions: Callable[[Path], Mapping[str, Sequence[str]]] | None = None

    @property
    def known_splits(self) -> tuple[str, ...]:
        """All names that ``split`` may have."""
        return ("train", *VALIDATION, "test", *self.splits)

    def samples(self, path: Path, split: str | None = None, **options: str) -> Iterator[Sample | Drop]:
        """As ``read``, with the labels of ink files filled in: for reports, which need no pictures."""
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
        label, replaced = self.ink_label(ink) if self.ink_label else (ink.label, ())
        replaced = (*(Replacement(reason="encoding", message=note, before=ink.label) for note in ink.notes), *replaced)
        return replace(sample, label=label, replaced=replaced, writer=sample.writer or ink.writer)


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
        raise SourceError(f"{path}: no such folder (from {Path.cwd()}); write path=FOLDER of the corpus")
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


_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # Windows keeps these names for itself
_LONGEST_ID = 200  # bytes


def unsafe(sample_id: str) -> str:
    """Why the id cannot be a file name on every system, with the cure; empty if it can.

    >>> unsafe("514_em_341"), unsafe("a:b")
    ('', "an id is a file name: it must not hold ':'; rename the picture")
    """
    found = _UNSAFE.search(sample_id)
    if found is None and not _RESERVED.match(sample_id):
        if len(sample_id) <= _LONGEST_ID // 4 or len(sample_id.encode()) <= _LONGEST_ID:
            return ""
        return f"an id is a file name: it must not be longer than {_LONGEST_ID} bytes; shorten the picture's name"
    if found is None:
        return f"an id is a file name: {sample_id!r} is reserved on Windows; rename the picture"
    if not sample_id:
        return "an id is a file name: it must not be empty; name the picture"
    if ".." in sample_id.split("/") or sample_id.startswith("/"):
        return "the path leads out of the folder; write it from the table's folder"
    if sample_id.startswith(".") or (found.end() == len(sample_id) and found[0] in " ."):
        return "an id is a file name: it must not begin with '.' or end in '.' or a space; rename the picture"
    return f"an id is a file name: it must not hold {found[0]!r}; rename the picture"


def is_safe_id(sample_id: str) -> bool:
    """Whether the id can be a file name everywhere: no path, no hidden file, no control character, at most 200 bytes.

    >>> is_safe_id("514_em_341"), is_safe_id("../../etc/passwd")
    (True, False)
    """
    return not unsafe(sample_id)


_OF_THE_FILE = frozenset({errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, errno.ENXIO})


def machine_fault(error: BaseException) -> OSError | None:
    """The operating system's error behind an error, where not the file is at fault but the machine.

    A file that was listed and is gone, that may not be read, or that a disk or network cannot give says nothing about
    the sample: leaving it out would make a smaller set, without a word.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None and cause.errno not in _OF_THE_FILE:
            dangling = cause.errno == errno.ENOENT and cause.filename and Path(cause.filename).is_symlink()
            return None if dangling else cause
        cause = cause.__cause__
    return None
