"""One data set, from a corpus to its folder ``data/NAME/``: pictures, records of each task, manifest and drops."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, OutputError, SourceError
from unimumer_data.health.leaks import LeakError
from unimumer_data.latex import canonical
from unimumer_data.records import registry
from unimumer_data.sources import Source, get_source
from unimumer_data.support.cluster import cluster_map
from unimumer_data.support.config import Address
from unimumer_data.support.progress import Progress
from unimumer_data.support.stores import LocalCopy
from unimumer_data.support.workers import core_count, ordered_map
from unimumer_data.tasks import TASKS, get_task

from . import manifest, testsets
from .config import NOT_CONTENT, SetConfig, is_name, parse_shard
from .error_sets import read_candidates, write_error_sets
from .lock import NAME as LOCK
from .lock import SetLock
from .manifest import DROPPED, Tally
from .remote import RemoteSets
from .selection import CHUNK, Chunk, Inputs, Selection
from .staging import FOLDER as WORK_FOLDER
from .staging import Staging
from .worker import Change, Result, Work, process

ALL = "all"  # of the tasks
DRY_RUN = "dry run"  # of an outcome
OUTCOMES = "outcomes.txt"  # of shards, for those who join them


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a build did.

    Args:
        name: of the set.
        folder: of the set, or its address in a store.
        status: ``built``, ``unchanged``, or ``dry run``.
        tally: counts.
        first: task -> its first record, of a dry run.
        examples: first changes, for the screen.
        licence: of what the set was made from, where the source knows it only from its options.
    """

    name: str
    folder: Path | str
    status: str
    tally: Tally
    first: dict[str, str]
    examples: list[Change]
    licence: str = ""


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
        origin = config.path or self.source.path
        if origin is None:
            raise ConfigError("path is missing; write for instance source=crohme-inkml path=FOLDER name=my_set")
        self.origin: Address | Path = origin
        self._copy = LocalCopy(origin, config.staging) if isinstance(origin, Address) else None
        self.path = self._copy.path if self._copy else Path(origin)
        self.selection = Selection(self.source, self.path, config)
        self.licence = config.licence or (
            self.source.terms(self.path, self.selection.options) if self.source.terms else self.source.licence
        )
        self.split = self.selection.split
        self.repair = self.split == testsets.TEST if config.repair is None else config.repair
        tasks = [get_task(name) for name in self._task_names()]
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
        self.store = RemoteSets(config.output, config.staging) if isinstance(config.output, Address) else None
        if self.store and (self.error_tasks or self.source.wrong_predictions):
            raise ConfigError(
                f"output={config.output}: records of wrong predictions are made beside a set in a folder here; write "
                "output=FOLDER, then unimumer export"
            )
        self.output = self.store.folder if self.store else Path(config.output)
        self.folder = self.output / "data" / self.name
        if os.path.realpath(self.folder) == os.path.realpath(self.path) or self.place == str(origin).rstrip("/"):
            raise ConfigError(
                f"name={self.name}: the data set would be written over its source {origin}; name another"
            )
        self.files = {task.name: f"{self.name}{task.suffix}.json" for task in self.tasks}

    @property
    def lists(self) -> list[str]:
        """Names of the files of the set that have lines about samples, beside its records."""
        prints = [testsets.FILE_NAME] if self.split == testsets.TEST else []
        return [DROPPED, *prints, *([OUTCOMES] if self.config.shard else [])]

    @cached_property
    def _tests(self) -> dict[str, list[Path]]:
        """The test sets to guard against, as they are when the building begins: one may just have been built."""
        if self.split == testsets.TEST or self.config.guard == "keep":
            return {}
        if self.store is None:
            return testsets.built_test_sets(self.output / "data", but=self.name)
        try:
            return testsets.built_test_sets(self.store.known, but=self.name)
        except OutputError as error:
            raise OutputError(str(error).replace(str(self.store.known), f"{self.store.address}/data")) from error

    @cached_property
    def _guarded_against(self) -> dict[str, str]:
        return {name: testsets.digest_of(files) for name, files in self._tests.items()}

    def prepare(self) -> None:
        """Copy here what a build reads from stores.

        Raises:
            SourceError, OutputError: a store does not give it, or has a folder of this name with other files.
        """
        if self._copy:
            self._copy.update()
        if self.store:
            self.store.pull()
            self.store.refuse_foreign(self.name)

    def build(self) -> Outcome:
        """Write the set and enter it in the registry; nothing is done where nothing has changed.

        Raises:
            OutputError: cannot be written, the disk is full.
            LeakError: a test sample in a training set.
            SourceError: no sample could be kept.
        """
        self.prepare()
        registry.read_registry(self.output / registry.FILE_NAME)  # a damaged one is found before the work
        try:
            outcome = self._unchanged() or self._write_locked()
            if outcome.status == "unchanged" and any((self.folder / name).exists() for name in (WORK_FOLDER, LOCK)):
                self._clear()
            self._register()
            self._write_error_sets()
        except OSError as error:
            place = error.filename or self.folder
            raise OutputError(
                f"{place}: cannot be written ({error.strerror}); make room or choose another output=..., "
                "then run the same command again: it goes on where it stopped"
            ) from error
        return outcome

    def _clear(self) -> None:
        """Remove what a build that was killed at its very end has left."""
        with SetLock(self.folder):
            shutil.rmtree(self.folder / WORK_FOLDER, ignore_errors=True)

    def _write_locked(self) -> Outcome:
        """The set as another build that we waited for has left it, or built by us."""
        with SetLock(self.folder) as lock:
            if self.store is None:
                return (self._unchanged() if lock.waited else None) or self._write()
            if lock.waited:
                self.store.pull()
            outcome = self._unchanged() or self._finished("built") or self._write()
            if outcome.status == "built":
                self.publish()
            return outcome

    def publish(self) -> None:
        """Enter the finished set in the registry, and copy it to its store."""
        if self.store:
            self.store.push(self.name)
        self._register()

    def _register(self) -> None:
        if self.store:
            self.store.pull_registry()
        registry.update(self.output / registry.FILE_NAME, self.entries())
        if self.store:
            self.store.push_registry()

    def _write_error_sets(self) -> None:
        """The records of the error tasks, from a corpus of errors or from what the source itself knows."""
        plain = self.name + self.tasks[0].suffix
        if self.error_tasks and self.config.errors:
            candidates: Mapping[str, Sequence[str]] = read_candidates(self.config.errors)
            write_error_sets(
                self.output, self.name, plain, candidates, self.error_tasks, origin=str(self.config.errors)
            )
        elif self.source.wrong_predictions and (candidates := self.source.wrong_predictions(self.path)):
            tasks = self.error_tasks or [task for task in TASKS.values() if task.fields]
            write_error_sets(self.output, self.name, plain, candidates, tasks, origin=str(self.path))

    def dry_run(self) -> Outcome:
        """Count what would be kept and dropped, reading labels and no pictures; nothing is written."""
        self.prepare()
        tally, first, examples = Tally(), dict[str, str](), list[Change]()
        inputs = Inputs(self.selection.items(), pictures=False)
        progress = Progress(self.name, self.selection.total())
        for chunk, result in self._results(inputs.chunks(), self.work(images=None), progress):
            tally.add(len(chunk.items), result)
            examples += result.changes[: max(0, 3 - len(examples))]
            for task in self.tasks:
                if result.records[task.name]:
                    first.setdefault(self.name + task.suffix, result.records[task.name][0])
        return Outcome(
            name=self.name,
            folder=self.place,
            status=DRY_RUN,
            tally=tally,
            first=first,
            examples=examples,
            licence=self.licence if self.source.terms else "",
        )

    def _unchanged(self) -> Outcome | None:
        """The earlier build, if configuration, code and every input are as they were and its files are whole."""
        if self.store is None:
            return self._finished("unchanged")
        content = self.store.manifest(self.name, self.key())
        return self._as_before(content, "unchanged") if content else None

    def _finished(self, status: str) -> Outcome | None:
        """The set that is whole here, whether its place is here or in a store to which it could not be copied."""
        content = manifest.read(self.folder)
        if content is None or content["key"] != self.key() or not manifest.is_intact(self.folder, content):
            return None
        return self._as_before(content, status)

    def _as_before(self, content: Mapping[str, Any], status: str) -> Outcome | None:
        """The outcome of an earlier build with the same configuration and code, if every input is as it was."""
        inputs = self.inputs()
        inputs.exhaust()
        if {"items": inputs.count, "digest": inputs.digest} != content["inputs"]:
            return None
        samples, images = content["samples"], content["images"]
        tally = Tally(
            read=samples["read"],
            kept=samples["kept"],
            dropped=content["dropped"],
            repaired=content["repaired"],
            noted=content.get("noted", {}),
            images=images["count"],
        )
        return self._outcome(status, tally, [])

    def _write(self) -> Outcome:
        arrays = list(self.files.values())
        lists = self.lists
        total = self.selection.total()  # a path that cannot be read is refused before anything is made
        with Staging(self.folder, arrays, lists, self.key()) as staging:
            inputs = self.inputs()
            chunks = self._resumed(inputs, staging)
            if chunks is None:
                staging.restart()
                chunks = self.inputs().chunks()
            examples: list[Change] = []
            checkpoint = staging.checkpoint
            work, progress = self.work(images=staging.images), Progress(self.name, total, checkpoint.tally.read)
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
                if OUTCOMES in lists:
                    staging.append(OUTCOMES, (f"{one.kept:d} {one.changes}" for one in result.outcomes))
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
                staging.finish(self.settings())
        return self._outcome("built", tally, examples)

    def _nothing_kept(self, tally: Tally, examples: list[Change]) -> str:
        if not tally.read:
            return f"{self.path}: no sample found"
        reasons = ", ".join(f"{reason}: {count}" for reason, count in tally.dropped.items())
        first = examples[0]
        place = "" if first.message.startswith(first.id) else f"{first.id[:200]}: "
        return f"{self.path}: none of {tally.read} samples can be used ({reasons}); the first, {place}{first.message}"

    def _resumed(self, inputs: Inputs, staging: Staging) -> Iterator[Chunk] | None:
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

    def _results(self, chunks: Iterator[Chunk], work: Work, progress: Progress) -> Iterator[tuple[Chunk, Result]]:
        """What becomes of the chunks, in their order."""
        with progress:
            for chunk, result in self._mapped(chunks, work):
                yield chunk, result
                progress.step(len(chunk.items))

    def _mapped(self, chunks: Iterator[Chunk], work: Work) -> Iterator[tuple[Chunk, Result]]:
        config = self.config
        if config.scale == "ray":
            run = partial(_process_on_machine, work, manifest.build_key({}))
            return cluster_map(run, chunks, config.workers, config.address)
        cores = core_count()
        workers = min(config.workers or cores, max(cores, 1 + (self.selection.total() or 0) // CHUNK))
        return ordered_map(partial(_process, work), chunks, workers)

    def work(self, images: Path | None, *, guarded: bool = True) -> Work:
        """What the workers of a build have to know; without the guard, for those who only measure."""
        config = self.config
        return Work(
            source=self.source.name,
            tasks=tuple(task.name for task in self.tasks),
            conventions=self.conventions,
            repair=self.repair,
            images=config.images,
            image_max_pixels=config.image_max_pixels,
            augment=config.augment,
            seed=config.seed or 0,
            image_folder=images,
            image_prefix=f"./data/{self.name}/images",
            root=self.output.resolve(),
            guard=testsets.guard_of(self._tests, by_label=self.source.write is not None)
            if guarded and self._tests
            else None,
            fingerprints=self.split == testsets.TEST,
            outcomes=config.shard is not None,
            debug=config.debug,
        )

    def settings(self) -> dict[str, Any]:
        """The configuration as far as it decides over the content, for the manifest."""
        settings = {key: value for key, value in asdict(self.config).items() if key not in NOT_CONTENT}
        settings |= {
            "path": str(self.origin),
            "name": self.name,
            "split": self.split,
            "conventions": self.conventions,
            "repair": self.repair,
            "tasks": [task.name for task in self.tasks],
            "guarded_against": self._guarded_against,
        }
        if self.config.augment == "none":
            del settings["augment"]  # the manifest is what it was before there was such a key
        del settings["licence"]  # the manifest names it where the source alone does not say it
        if self.licence != self.source.licence:
            settings["licence"] = self.licence
        return settings

    def key(self) -> str:
        return manifest.build_key(self.settings())

    def inputs(self) -> Inputs:
        """The samples to build."""
        copy = self.path if self._copy else None
        return Inputs(self.selection.items(), pictures=self.config.images != "none", copy=copy)

    @property
    def package(self) -> str:
        """Where the corpus is to be got, if that is known."""
        return self.config.package or self.source.package

    @property
    def place(self) -> Path | str:
        """Where the set is when it is whole."""
        return f"{self.store.address}/data/{self.name}" if self.store else self.folder

    def entries(self) -> dict[str, dict[str, Any]]:
        names = [self.name + task.suffix for task in self.tasks]
        return {name: registry.file_entry(registry.record_file(self.name, name)) for name in names}

    def _outcome(self, status: str, tally: Tally, examples: list[Change]) -> Outcome:
        return Outcome(
            name=self.name,
            folder=self.place,
            status=status,
            tally=tally,
            first={},
            examples=examples,
            licence=self.licence if self.source.terms else "",
        )

    def _task_names(self) -> Sequence[str]:
        """The tasks asked for; of ``all``, error tasks only where their wrong predictions are named."""
        if self.config.tasks != (ALL,):
            return self.config.tasks
        return [task.name for task in TASKS.values() if self.config.errors or not task.fields]

    def _name(self) -> str:
        of_path = os.path.basename(os.path.abspath(self.path)).partition(".")[0]
        name = self.config.name or self.source.set_name or of_path
        if not is_name(name):
            raise ConfigError(f"{name!r} cannot be the name of a data set; write name=my_set")
        if self.config.shard:
            index, count = parse_shard(self.config.shard)
            name = f"{name}_{index}of{count}"
        return name


def _process(work: Work, chunk: Chunk) -> Result:
    return process(work, chunk.items)


def _process_on_machine(work: Work, versions: str, chunk: Chunk) -> Result:
    """A chunk on a machine of a cluster; other code or another Pillow there would give other bytes.

    Raises:
        ConfigError: it has other versions.
    """
    if manifest.build_key({}) != versions:
        raise ConfigError(
            f"{os.uname().nodename}: has other versions of unimumer or Pillow than this machine; "
            "install the same on every machine of the cluster"
        )
    return process(work, chunk.items)
