"""Samples in, record lines out: what one worker does with a chunk of samples.

A chunk's result depends on the chunk alone, so that chunks can be worked on anywhere, in any order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import Literal, NamedTuple, cast

from unimumer_data.errors import LatexSyntaxError, SourceError, UniMumerError
from unimumer_data.health.backslashes import restore_doubled, restore_lost
from unimumer_data.health.fingerprints import Fingerprint, look_hash, pixel_hash
from unimumer_data.health.leaks import Guard, Leak
from unimumer_data.health.lint import markup
from unimumer_data.health.prose import prose
from unimumer_data.health.repairs import repair as repair_label
from unimumer_data.ink import Ink, write_inkml
from unimumer_data.latex import Repair, canonical, canonical_tree, tokenize
from unimumer_data.records.record import Sample, record_writer
from unimumer_data.sources import get_source
from unimumer_data.sources.base import Drop, machine_fault, read_ink
from unimumer_data.sources.formats.tables import is_text
from unimumer_data.support.files import write_whole
from unimumer_data.support.limits import LABEL_CHARACTERS, LABEL_WORK
from unimumer_data.tasks import Expression, get_task

from .pictures import Picture, convert, draw, referenced_path, stored_path

Images = Literal["copy", "reference", "none"]
Augment = Literal["none", "photo"]
Item = Sample | Drop

LONGEST_MESSAGE = 1000  # characters; a path of another machine may be of any length
REMEMBERED = 100_000  # labels, about 1 kB each


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker has to know.

    Args:
        source: name of the corpus reader, for labels that stand in ink files.
        tasks: names of the tasks.
        conventions: of the labels, as ``latex.canonical`` names them.
        repair: repair broken labels instead of dropping them.
        images: ``copy`` writes every picture into ``image_folder``; ``reference`` does so only for ink and packed
            pictures and lets records point to picture files where they are; ``none`` neither opens nor writes any.
        image_max_pixels: bound of height times width.
        augment: ``photo`` makes each picture look photographed.
        seed: decides with the sample's id over the photograph.
        image_folder: where pictures are written; None to open and write none (a dry run).
        image_prefix: of their paths in the records.
        root: what the paths in records count from.
        guard: knows the test samples; None where nothing is guarded.
        fingerprints: also make fingerprints, by which a guard will know these samples.
        outcomes: also say of each sample what became of it, by which shards are joined.
        debug: let an unexpected error of a sample end the build with its traceback.
    """

    source: str
    tasks: tuple[str, ...]
    conventions: str | None
    repair: bool
    images: Images
    image_max_pixels: int
    augment: Augment
    seed: int
    image_folder: Path | None
    image_prefix: str
    root: Path
    guard: Guard | None = None
    fingerprints: bool = False
    outcomes: bool = False
    debug: bool = False


Action = Literal["dropped", "repaired", "noted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A line of ``dropped.jsonl``: a sample that was left out, whose label is not what the corpus says, or is odd."""

    id: str
    action: Action
    reason: str
    message: str
    before: str
    after: str = ""


class Outcome(NamedTuple):
    """What became of one sample: whether it was kept, and how many lines of ``dropped.jsonl`` are about it."""

    kept: bool
    changes: int


@dataclass(slots=True)
class Result:
    """What became of a chunk.

    Args:
        records: task -> its records as JSON, one for each sample that was kept.
        changes: samples dropped, repaired or noted.
        prints: of the samples kept, where asked for.
        leaks: samples that stand in a test set.
        outcomes: of each sample, where asked for: whether it was kept, and how many changes are its own.
        images: how many pictures were written.
        image_digest: hash of their bytes, in order.
    """

    records: dict[str, list[str]]
    changes: list[Change] = field(default_factory=list)
    prints: list[Fingerprint] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    images: int = 0
    image_digest: str = ""


class _NoPicture(SourceError):
    reason = "no_image"


@dataclass(frozen=True, slots=True)
class _Opened:
    """A sample with its label.

    Args:
        picture: makes the picture; None where none is to be opened.
        made: the ink, where the source has made it.
    """

    sample: Sample
    picture: Callable[[], Picture] | None
    made: Ink | None = None


def process(work: Work, items: Sequence[Item]) -> Result:
    """Make the records of a chunk. A bad sample is noted in ``changes`` and never stops the others.

    Raises:
        SourceError: an input has vanished, or this machine cannot read it.
        OSError: a picture cannot be written.
    """
    writers = [record_writer(get_task(name).instruction) for name in work.tasks]
    result = Result(records={name: [] for name in work.tasks})
    digest = blake2b(digest_size=16)
    for item in items:
        before = len(result.changes)
        kept = _process_one(work, item, writers, result, digest)
        if work.outcomes:
            result.outcomes.append(Outcome(kept, len(result.changes) - before))
    result.image_digest = digest.hexdigest()
    return result


def _process_one(
    work: Work, item: Item, writers: Sequence[Callable[[str, str], str]], result: Result, digest: blake2b
) -> bool:
    """Make the records of a sample; whether it was kept."""
    if isinstance(item, Drop):
        result.changes.append(_dropped(item.id, item.reason, item.message, item.before))
        return False
    label = item.label
    try:
        opened = _open(work, item)
        label = opened.sample.label
        answered = _answer(label, work.conventions, work.repair, work.tasks)
        path = _path(work, opened.sample)
        records = [write(path, answer) for write, answer in zip(writers, answered.answers, strict=True)]
        picture = opened.picture() if opened.picture else None
    except Exception as error:
        result.changes.append(_dropped(item.id, *_reason(error, debug=work.debug), label))
        return False
    leak = _compare_with_tests(work, item.id, answered.text, picture, result)
    if leak:
        message = f"is {leak.test_set}/{leak.test_id} ({leak.rule})"
        result.changes.append(_dropped(item.id, "in_test_set", message, label))
        return False
    if picture and path.startswith(work.image_prefix):
        assert work.image_folder is not None  # without a folder no picture is made
        _write_whole(work.image_folder / os.path.basename(path), picture.data)
        digest.update(picture.data)
        result.images += 1
    if opened.made and item.writing and item.writing.inkml and work.image_folder:
        write_whole(item.writing.inkml / f"{item.id}.inkml", write_inkml(opened.made))
    for name, record in zip(work.tasks, records, strict=True):
        result.records[name].append(record)
    result.changes += _changes(opened, answered)
    return True


def _reason(error: Exception, *, debug: bool) -> tuple[str, str]:
    """(reason, message) of the drop of a sample that an error came from.

    Raises:
        SourceError: not the sample is at fault but the machine: the input has vanished, or may not be read.
    """
    fault = machine_fault(error)
    if fault is not None:
        raise SourceError(
            f"{fault.filename}: cannot be read any more ({fault.strerror}); bring it back, then run the same command "
            "again: it goes on where it stopped"
        ) from error
    if isinstance(error, UniMumerError):
        return error.reason, str(error)
    if debug or isinstance(error, MemoryError):
        raise error
    return "unexpected", f"{type(error).__name__}: {error}; debug=true stops here and shows where"


def _write_whole(path: Path, data: bytes) -> None:
    partial_path = path.parent.with_name(f"{os.getpid()}-{os.urandom(4).hex()}.partial")
    partial_path.write_bytes(data)
    partial_path.replace(path)


def _dropped(sample_id: str, reason: str, message: str, before: str) -> Change:
    """The line of a dropped sample, with escapes in place of what is no Unicode; of very long texts the start."""
    message = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]} ..."
    before = before if len(before) <= LABEL_CHARACTERS else f"{before[:LONGEST_MESSAGE]} ..."
    texts = (text if is_text(text) else ascii(text)[1:-1] for text in (sample_id, message, before))
    shown_id, shown_message, shown_before = texts
    return Change(id=shown_id, action="dropped", reason=reason, message=shown_message, before=shown_before)


def _open(work: Work, sample: Sample) -> _Opened:
    """Read what the label needs; pictures are left for later, since a broken label saves their cost."""
    if sample.ink is not None or sample.writing is not None:
        made = _make(work, sample) if sample.writing is not None else None
        ink = made or read_ink(cast(Path, sample.ink))
        if not sample.label:
            sample = get_source(work.source).with_ink_label(sample, ink)
        drawn = work.images != "none" and work.image_folder is not None
        return _Opened(
            sample, partial(draw, ink, work.image_max_pixels, _photo(work, sample)) if drawn else None, made
        )
    where = sample.image or sample.pixels
    if work.images == "none":
        return _Opened(sample, None)
    if where is None:
        raise _NoPicture(
            sample.absent or "there is no picture of that name; look for a wrong path or a missing archive"
        )
    stays = work.images == "reference" and sample.image is not None
    looked_at = work.guard is not None or work.fingerprints or not stays
    if work.image_folder is None or not looked_at:
        return _Opened(sample, None)
    prepare = get_source(work.source).picture
    return _Opened(sample, partial(convert, where, work.image_max_pixels, prepare, _photo(work, sample)))


def _photo(work: Work, sample: Sample) -> str | None:
    """The seed of the photograph of a sample; None where none is made."""
    return f"{work.seed}\0{sample.id}" if work.augment == "photo" else None


def _make(work: Work, sample: Sample) -> Ink:
    """The ink that the source makes of a label."""
    write = get_source(work.source).write
    assert write is not None
    return write(sample)


def _path(work: Work, sample: Sample) -> str:
    if work.images == "reference" and sample.image is not None:
        path = referenced_path(sample.image, work.root)
        if not is_text(path):
            raise SourceError(f"{path!a}: the path of the picture is not Unicode; rename it")
        return path
    return stored_path(sample, work.image_prefix, photo=work.augment == "photo")


@dataclass(frozen=True, slots=True)
class _Answered:
    """What all samples of one label have in common.

    Args:
        text: the label in the form of the records.
        answers: of each task.
        repairs: (reason, message) of what was repaired.
        notes: (reason, message) of what a person should look at.
    """

    text: str
    answers: tuple[str, ...]
    repairs: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]


@lru_cache(maxsize=REMEMBERED)
def _answer(label: str, conventions: str | None, repair: bool, tasks: tuple[str, ...]) -> _Answered:
    """The answers to a label; remembered, for labels repeat: half of CROHME's and MathWriting's do.

    Raises:
        LatexSyntaxError: broken, and not to be repaired; or nothing is left of it.
    """
    if not is_text(label):
        raise LatexSyntaxError("not valid Unicode", reason="encoding")
    if _is_too_large(label):
        raise LatexSyntaxError(f"{len(label)} characters are more than a formula has", reason="too_long")
    if not repair and (found := markup(label)):
        raise LatexSyntaxError(f"{found} in the label: it is MathML, HTML or JSON; write LaTeX", reason="markup")
    repairs: list[Repair] | None = [] if repair else None
    label, restored = _restored(label, repair)
    label, listed = repair_label(label)
    tokens = tokenize(label)
    expression = Expression.of_tree(canonical_tree(tokens, "records", corpus=conventions, repairs=repairs))
    if not expression.text:
        raise LatexSyntaxError("the label is empty", reason="empty_label")
    reasons = restored + [(name, "a listed repair, see docs/corpora.md") for name in listed]
    reasons += [(one.reason, one.message) for one in repairs or ()]
    answers = tuple(get_task(name).answer(expression) for name in tasks)
    found = prose(label, tokens)
    return _Answered(expression.text, answers, tuple(reasons), (("prose", found),) if found else ())


def _restored(label: str, repair: bool) -> tuple[str, list[tuple[str, str]]]:
    """The label with backslashes that were lost or doubled put right, and what was done.

    A label in which every command has two backslashes can mean only one thing; where a command became white space,
    other letters may be lost too.

    Raises:
        LatexSyntaxError: some were lost, and labels are not to be repaired.
    """
    made = []
    lost, commands = restore_lost(label)
    if commands:
        message = f'the backslash of {commands[0]} became white space; in JSON, write "\\\\" for one backslash'
        if not repair:
            raise LatexSyntaxError(message, reason="lost_backslash")
        made.append(("lost_backslash", message))
    single, commands = restore_doubled(lost)
    if commands:
        message = f"every backslash was doubled, as in \\{commands[0]}; the file was escaped twice"
        made.append(("doubled_backslash", message))
    return single, made


def _is_too_large(label: str) -> bool:
    """Whether the label, or its tree text, would be larger than `limits` allows."""
    if len(label) < 2000:
        return False
    if len(label) > LABEL_CHARACTERS:
        return True
    deepest = depth = 0
    for char in label:
        depth += (char == "{") - (char == "}")
        deepest = max(deepest, depth)
    return (1 + deepest) * len(label) > LABEL_WORK


def _changes(opened: _Opened, answered: _Answered) -> list[Change]:
    """What the source replaced, what was repaired in the label, then what is odd about it."""
    sample = opened.sample
    if not (sample.replaced or answered.repairs or answered.notes):
        return []
    label = sample.replaced[0].before if sample.replaced else sample.label
    made: list[tuple[Action, str, str, str]] = [
        *(("repaired", one.reason, one.message, one.before) for one in sample.replaced),
        *(("repaired", *repair, label) for repair in answered.repairs),
        *(("noted", *note, label) for note in answered.notes),
    ]
    return [
        Change(id=sample.id, action=action, reason=reason, message=message, before=before, after=answered.text)
        for action, reason, message, before in made
    ]


def _compare_with_tests(work: Work, sample_id: str, text: str, picture: Picture | None, result: Result) -> Leak | None:
    """Hold the sample against the test sets; where it will itself be one to compare with, keep its fingerprint."""
    if work.guard is None and not work.fingerprints:
        return None
    repairs: list[Repair] = []
    own = Fingerprint(
        id=sample_id,
        label=canonical(text, "strict", repairs=repairs),
        pixels=pixel_hash(picture.image.convert("RGB")) if picture else None,
        look=look_hash(picture.image) if picture else None,
    )
    leak = work.guard.find(own) if work.guard else None
    if leak:
        result.leaks.append(leak)
    elif work.fingerprints:
        result.prints.append(own)
    return leak
