"""One data set, from a corpus to its folder ``data/NAME/``: pictures, records of each task, manifest and drops."""

from __future__ import annotations

import heapq
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from hashlib import blake2b, sha256
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from unimumer_data.error_driven.corpus import read_candidates, write_error_sets
from unimumer_data.errors import ConfigError, OutputError, SourceError, suggestion
from unimumer_data.health.overlap import LeakError
from unimumer_data.images import IMAGE_MAX_PIXELS
from unimumer_data.latex import canonical
from unimumer_data.records import registry
from unimumer_data.sources import Source, get_source
from unimumer_data.sources.base import Drop, is_safe_id
from unimumer_data.support.progress import Progress
from unimumer_data.support.workers import ordered_map
from unimumer_data.tasks import TASKS, get_task

from . import manifest, testsets
from .manifest import Tally
from .staging import Staging
from .worker import Change, Images, Item, Result, Work, process

CHUNK = 128  # samples: under a second of rendering, so that progress shows; enough to be worth shipping
DROPPED = "dropped.jsonl"


KEYS: Mapping[str, str] = {
    "source": "corpus format, one of the sources below",
    "path": "where the corpus lies",
    "name": "of the data set; default: the last part of path",
    "split": "train, valid or test: what to read of the corpus and what to take the set for",
    "tasks": "tasks, comma-separated",
    "errors": "wrong predictions for error_find and error_fix: NAME_errors.json of unimumer errors",
    "output": "folder of data/ and dataset_info.json",
    "limit": "at most so many samples: the first, or with a seed drawn at random",
    "seed": "which samples a limit draws",
    "shard": "i/n: only the i-th of n parts, i from 1; parts are chosen by sample id",
    "repair": "mend and list broken labels, do not drop them; default: in test sets only, whose n must not shrink",
    "images": "copy, reference (point to picture files where they are) or none (only records)",
    "image_max_pixels": "bound of height times width; LLaMA-Factory's key of that name",
    "conventions": "label conventions of the corpus; default: those of the source",
    "guard": "of test samples in a training set: stop, drop (and list) or keep them",
    "options": "of the source, '{key: value}'",
    "workers": "processes; 0: one for each core",
}
"""Key -> what it means, for ``--help``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConfig:
    """How one data set is built; `KEYS` explains each key."""

    source: str | None = None
    path: Path | None = None
    name: str | None = None
    split: str | None = None
    tasks: tuple[str, ...] = ("vanilla", "tree", "can")
    errors: Path | None = None
    output: Path = Path()
    limit: int | None = None
    seed: int | None = None
    shard: str | None = None
    repair: bool | None = None
    images: Images = "copy"
    image_max_pixels: int = IMAGE_MAX_PIXELS
    conventions: str | None = None
    guard: Literal["stop", "drop", "keep"] = "stop"
    options: dict[str, Any] = field(default_factory=dict)
    workers: int = 0

    def __post_init__(self) -> None:
        for key in ("limit", "image_max_pixels"):
            value = getattr(self, key)
            if value is not None and value < 1:
                raise ConfigError(f"{key} must be at least 1, got {value}")
        if self.workers < 0:
            raise ConfigError(f"workers must be 0 (one for each core) or more, got {self.workers}")
        if self.shard is not None:
            parse_shard(self.shard)
        if self.name is not None and not _is_name(self.name):
            raise ConfigError(f"name={self.name!r}: write letters, digits, '_', '-' and '.' only")
        if not self.tasks:
            raise ConfigError("tasks is empty; write for instance tasks=vanilla,tree")
        if len(set(self.tasks)) < len(self.tasks):
            raise ConfigError(f"tasks names a task twice: {', '.join(self.tasks)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a build did.

    Args:
        name: of the set.
        folder: where it lies.
        status: ``built``, ``unchanged``, or ``dry run``.
        tally: counts.
        first: task -> its first record, of a dry run.
        examples: first changes, for the screen.
    """

    name: str
    folder: Path
    status: str
    tally: Tally
    first: dict[str, str]
    examples: list[Change]


def parse_shard(text: str) -> tuple[int, int]:
    """(i, n) of ``i/n``, 1 <= i <= n.

    Raises:
        ConfigError: anything else.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= count:
        raise ConfigError(f"shard={text}: write i/n with i from 1 to n, the first of four parts is shard=1/4")
    return index, count


def _is_name(name: str) -> bool:
    return re.fullmatch(r"[\w.-]*\w[\w.-]*", name) is not None and is_safe_id(name)


class SetBuilder:
    """Builds one set.

    Raises:
        ConfigError: keys that do not go together.
        UnknownSourceError, UnknownTaskError: with the nearest name.
        SourceError: nothing can be read there.
    """

    def __init__(self, config: SetConfig) -> None:
        self.config = config
        if config.source is None:
            raise ConfigError("source is missing; write for instance source=crohme-inkml path=FOLDER name=my_set")
        self.source: Source = get_source(config.source)
        path = config.path or self.source.path
        if path is None:
            raise ConfigError("path is missing; write for instance source=crohme-inkml path=FOLDER name=my_set")
        self.path: Path = path
        self.split = config.split or self.source.split
        self.repair = self.split == testsets.TEST if config.repair is None else config.repair
        tasks = [get_task(name) for name in config.tasks]
        self.tasks = [task for task in tasks if not task.fields]
        self.error_tasks = [task for task in tasks if task.fields]
        if self.error_tasks and not ((config.errors or self.source.wrong_predictions) and self.tasks):
            raise ConfigError(
                f"task {self.error_tasks[0].name!r} needs wrong predictions, errors=NAME_errors.json (made by "
                "unimumer errors), and beside it a task about labels, such as vanilla"
            )
        self.conventions = config.conventions or self.source.conventions
        canonical("x", corpus=self.conventions)  # unknown conventions are an error of the command line
        self.name = self._name()
        self.folder = config.output / "data" / self.name
        if self.folder.resolve() == self.path.resolve():
            raise ConfigError(f"name={self.name}: the data set would be written over its source {path}; name another")
        self.files = {task.name: f"{self.name}{task.suffix}.json" for task in self.tasks}
        self._check_options()

    @cached_property
    def _tests(self) -> dict[str, Path]:
        """The test sets to guard against, as they are when the building begins: one may just have been built."""
        if self.split == testsets.TEST or self.config.guard == "keep":
            return {}
        return testsets.built_test_sets(self.config.output / "data", but=self.name)

    def build(self) -> Outcome:
        """Write the set and enter it in the registry; nothing is done where nothing has changed.

        Raises:
            OutputError: cannot be written, the disk is full.
            LeakError: a test sample in a training set.
            SourceError: no sample could be kept.
        """
        registry.read_registry(self.config.output / registry.FILE_NAME)  # a damaged one is found before the work
        try:
            outcome = self._unchanged() or self._write()
            registry.update(self.config.output / registry.FILE_NAME, self._entries())
            self._write_error_sets()
        except OSError as error:
            place = error.filename or self.folder
            raise OutputError(
                f"{place}: cannot be written ({error.strerror}); make room or choose another output=..., "
                "then run the same command again: it goes on where it stopped"
            ) from error
        return outcome

    def _write_error_sets(self) -> None:
        """The records of the error tasks, from a corpus of errors or from what the source itself knows."""
        plain = self.name + self.tasks[0].suffix
        if self.error_tasks and self.config.errors:
            candidates: Mapping[str, Sequence[str]] = read_candidates(self.config.errors)
            write_error_sets(
                self.config.output, self.name, plain, candidates, self.error_tasks, origin=str(self.config.errors)
            )
        elif self.source.wrong_predictions and (candidates := self.source.wrong_predictions(self.path)):
            tasks = self.error_tasks or [task for task in TASKS.values() if task.fields]
            write_error_sets(self.config.output, self.name, plain, candidates, tasks, origin=str(self.path))

    def dry_run(self) -> Outcome:
        """Count what would be kept and dropped, reading labels and no pictures; nothing is written."""
        tally, first, examples = Tally(), dict[str, str](), list[Change]()
        inputs = _Inputs(self._items(), pictures=False)
        progress = Progress(self.name, self._total())
        for chunk, result in self._results(inputs.chunks(), self._work(images=None), progress):
            tally.add(len(chunk.items), result)
            examples += result.changes[: max(0, 3 - len(examples))]
            for task in self.tasks:
                if result.records[task.name]:
                    first.setdefault(self.name + task.suffix, result.records[task.name][0])
        return Outcome(
            name=self.name, folder=self.folder, status="dry run", tally=tally, first=first, examples=examples
        )

    def _unchanged(self) -> Outcome | None:
        """The earlier build, if configuration, code and every input are as they were and its files are whole."""
        content = manifest.read(self.folder)
        if content is None or content["key"] != self._key() or not manifest.is_intact(self.folder, content):
            return None
        inputs = self._inputs()
        for _ in inputs.chunks():
            pass
        if {"items": inputs.count, "digest": inputs.digest} != content["inputs"]:
            return None
        samples, images = content["samples"], content["images"]
        tally = Tally(
            read=samples["read"],
            kept=samples["kept"],
            dropped=content["dropped"],
            repaired=content["repaired"],
            images=images["count"],
        )
        return self._outcome("unchanged", tally, [])

    def _write(self) -> Outcome:
        arrays = list(self.files.values())
        lists = [DROPPED, *([testsets.FILE_NAME] if self.split == testsets.TEST else [])]
        total = self._total()  # a path that cannot be read is refused before anything is made
        with Staging(self.folder, arrays, lists, self._key()) as staging:
            inputs = self._inputs()
            chunks = self._resumed(inputs, staging)
            if chunks is None:
                staging.restart()
                chunks = self._inputs().chunks()
            examples: list[Change] = []
            checkpoint = staging.checkpoint
            work, progress = self._work(images=staging.images), Progress(self.name, total, checkpoint.tally.read)
            for chunk, result in self._results(chunks, work, progress):
                if result.leaks and self.config.guard == "stop":
                    staging.discard()
                    leak = result.leaks[0]
                    raise LeakError(
                        f"{self.name}: training sample {leak.training_id} is {leak.test_set}/{leak.test_id} "
                        f"({leak.rule}). guard=drop leaves such samples out and lists them, guard=keep keeps them"
                    )
                for task, records in result.records.items():
                    staging.append(self.files[task], records)
                staging.append(DROPPED, (json.dumps(asdict(c), ensure_ascii=False) for c in result.changes))
                if testsets.FILE_NAME in lists:
                    staging.append(testsets.FILE_NAME, map(testsets.write_line, result.prints))
                checkpoint.tally.add(len(chunk.items), result)
                checkpoint.digest = chunk.digest
                staging.save()
                examples += result.changes[: max(0, 3 - len(examples))]
            tally = checkpoint.tally
            if not tally.kept:
                staging.discard()
                raise SourceError(self._nothing_kept(tally, examples))
            if checkpoint.finished:
                staging.publish()
            else:
                staging.finish(self._settings())
        return self._outcome("built", tally, examples)

    def _nothing_kept(self, tally: Tally, examples: list[Change]) -> str:
        if not tally.read:
            return f"{self.path}: no sample found"
        reasons = ", ".join(f"{reason}: {count}" for reason, count in tally.dropped.items())
        return (
            f"{self.path}: none of {tally.read} samples can be used ({reasons}); "
            f"the first, {examples[0].id}: {examples[0].message}"
        )

    def _resumed(self, inputs: _Inputs, staging: Staging) -> Iterator[_Chunk] | None:
        """The chunks that are still to be done; None if what was done does not fit the input any more."""
        done = staging.checkpoint.tally.read
        chunks = inputs.chunks()
        while inputs.count < done:
            if next(chunks, None) is None:
                return None
        if inputs.count != done or (done and inputs.digest != staging.checkpoint.digest):
            return None
        if staging.checkpoint.finished and next(chunks, None) is not None:
            return None
        return chunks

    def _results(self, chunks: Iterator[_Chunk], work: Work, progress: Progress) -> Iterator[tuple[_Chunk, Result]]:
        """What becomes of the chunks, in their order."""
        workers = self.config.workers or len(os.sched_getaffinity(0))
        with progress:
            for chunk, result in ordered_map(partial(_process, work), chunks, workers):
                yield chunk, result
                progress.step(len(chunk.items))

    def _work(self, images: Path | None) -> Work:
        config = self.config
        return Work(
            source=self.source.name,
            tasks=tuple(task.name for task in self.tasks),
            conventions=self.conventions,
            repair=self.repair,
            images=config.images,
            image_max_pixels=config.image_max_pixels,
            image_folder=images,
            image_prefix=f"./data/{self.name}/images",
            root=config.output.resolve(),
            guard=testsets.guard_of(self._tests) if self._tests else None,
            fingerprints=self.split == testsets.TEST,
        )

    def _settings(self) -> dict[str, Any]:
        """The configuration as far as it decides over the content, for the manifest."""
        settings = {
            key: value for key, value in asdict(self.config).items() if key not in ("output", "workers", "errors")
        }
        settings |= {
            "path": str(self.path),
            "name": self.name,
            "split": self.split,
            "conventions": self.conventions,
            "repair": self.repair,
            "tasks": [task.name for task in self.tasks],
            "guarded_against": {
                name: sha256(path.read_bytes()).hexdigest()[:16] for name, path in self._tests.items()
            },
        }
        return settings

    def _key(self) -> str:
        return manifest.build_key(self._settings())

    def _inputs(self) -> _Inputs:
        return _Inputs(self._items(), pictures=self.config.images != "none")

    def _items(self) -> Iterator[Item]:
        """The samples to build, their ids safe and unique; what is refused comes as a Drop."""
        limit, seed = self.config.limit, self.config.seed
        if limit is None or seed is None:
            return islice(self._part(), limit)
        drawn = set(heapq.nsmallest(limit, (_hash(item.id, seed) for item in self._part())))
        return islice((item for item in self._part() if _hash(item.id, seed) in drawn), limit)

    def _part(self) -> Iterator[Item]:
        """The samples of the shard, or all."""
        if self.config.shard is None:
            return self._read()
        index, count = parse_shard(self.config.shard)
        return (item for item in self._read() if _hash(item.id) % count == index - 1)

    def _read(self) -> Iterator[Item]:
        seen: set[int] = set()
        for item in self.source.read(self.path, self.split, **self.config.options):
            if isinstance(item, Drop):
                yield item
            elif not is_safe_id(item.id):
                message = "an id is a file name: no '/', no '..', no control character, at most 200 bytes"
                yield Drop(id=item.id, reason="unsafe_id", message=message, before=item.label)
            elif (mark := _hash(item.id)) in seen:
                yield Drop(id=item.id, reason="duplicate_id", message="a sample before has this id", before=item.label)
            else:
                seen.add(mark)
                yield item

    def _total(self) -> int | None:
        config = self.config
        total = self.source.count(self.path, self.split) if self.source.count else None
        if total and config.shard:
            total //= parse_shard(config.shard)[1]
        return min(filter(None, (total, config.limit)), default=None)

    def _entries(self) -> dict[str, dict[str, Any]]:
        names = [self.name + task.suffix for task in self.tasks]
        return {name: registry.file_entry(registry.record_file(self.name, name)) for name in names}

    def _outcome(self, status: str, tally: Tally, examples: list[Change]) -> Outcome:
        return Outcome(name=self.name, folder=self.folder, status=status, tally=tally, first={}, examples=examples)

    def _name(self) -> str:
        name = self.config.name or self.source.set_name or self.path.resolve().name.partition(".")[0]
        if not _is_name(name):
            raise ConfigError(f"{name!r} cannot be the name of a data set; write name=my_set")
        if self.config.shard:
            index, count = parse_shard(self.config.shard)
            name = f"{name}_{index}of{count}"
        return name

    def _check_options(self) -> None:
        known = list(self.source.options)
        for key in self.config.options:
            if key not in known:
                options = ", ".join(known) or "none"
                raise ConfigError(
                    f"options: {self.source.name} has no option {key!r}{suggestion(key, known)}. Known: {options}"
                )


def _hash(text: str, seed: int | None = None) -> int:
    """64 bits that do not depend on process or machine."""
    salt = b"" if seed is None else str(seed).encode()
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=salt[:64]).digest())


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some samples, and the chained hash of all inputs up to here."""

    items: list[Item]
    digest: str


def _process(work: Work, chunk: _Chunk) -> Result:
    return process(work, chunk.items)


class _Inputs:
    """The samples in chunks, counted and hashed as they pass."""

    def __init__(self, items: Iterable[Item], *, pictures: bool) -> None:
        self._items, self._pictures = items, pictures
        self.count, self.digest = 0, ""

    def chunks(self) -> Iterator[_Chunk]:
        items = iter(self._items)
        while chunk := list(islice(items, CHUNK)):
            facts = b"\0\0".join(manifest.describe(item, pictures=self._pictures) for item in chunk)
            self.digest = manifest.chain(self.digest, facts)
            self.count += len(chunk)
            yield _Chunk(chunk, self.digest)
