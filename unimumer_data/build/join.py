"""Join the shards of a set into the set that one build would have made, byte for byte.

    unimumer join name=NAME [output=FOLDER]
    unimumer join data/NAME_*of8                 # the same, by the folders of the shards

The shards NAME_1ofN ... NAME_NofN, built with shard=i/N, must be whole, by the same keys, code and versions. The
corpus is read once more for the order of its samples; no picture is opened.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, OutputError
from unimumer_data.sources.base import Drop
from unimumer_data.support.commandline import WORDS, keys_of, read_words, run_command
from unimumer_data.support.config import REQUIRED, Address, load_config, make_config, option
from unimumer_data.support.files import read_bytes
from unimumer_data.support.progress import Progress
from unimumer_data.support.tables import show

from . import manifest, testsets
from .builder import OUTCOMES, SetBuilder
from .config import NOT_CONTENT, SetConfig
from .lock import SetLock
from .manifest import DROPPED
from .remote import RemoteSets
from .selection import hash_of
from .staging import IMAGES, Staging

_SHARD = re.compile(r"(?:(?P<output>[^=]*/)?data/)?(?P<name>[^=/]+)_(?:\*|\d+)of(?P<count>\d+)/?")
"""A folder of a shard, or the pattern of all of them: OUTPUT/data/NAME_1of8, NAME_*of8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinConfig:
    """Keys of ``unimumer join``."""

    name: str = option(REQUIRED, "name of the set, without _1ofN")
    count: int = option(0, "N, where there are shards of several N")
    output: Address | Path = option(Path(), "folder of data/ and dataset_info.json; s3:// ...: shards are copied here")
    staging: Path = option(Path(".unimumer"), "as of unimumer build")


def main(argv: Sequence[str] | None = None) -> int:
    """Join shards; see `commandline.run_command` for what is returned."""
    words = read_words("unimumer join", __doc__, argv, keys=keys_of(JoinConfig), metavar=f"{WORDS} | shard")
    return run_command(lambda: show(join(load_config(JoinConfig, _keys(words)))))


def _keys(words: Sequence[str]) -> list[str]:
    """The words with keys in place of folders of shards.

    Raises:
        ConfigError: the folders are of several sets.
    """
    keys, others = set[tuple[str, ...]](), []
    for word in words:
        shard = _SHARD.fullmatch(word)
        if shard:
            keys.add(tuple(f"{key}={value}" for key, value in shard.groupdict().items() if value))
        else:
            others.append(word)
    if len(keys) > 1:
        raise ConfigError(f"{' '.join(words)}: shards of several sets; join one set at a time")
    return [*(key for one in keys for key in one), *others]


def join(config: JoinConfig) -> str:
    """Write the joined set and enter it in the registry; a line for the screen.

    Raises:
        ConfigError: there are no such shards.
        OutputError: a shard is missing, not whole, or was built in another way; or the set cannot be written.
        SourceError: the corpus cannot be read.
    """
    store = RemoteSets(config.output, config.staging) if isinstance(config.output, Address) else None
    if store:
        store.pull_sets(f"{config.name}_")
    folders = _shards(config.name, config.count, (store.folder if store else Path(config.output)) / "data")
    contents = [_manifest(folder) for folder in folders]
    builder = SetBuilder(_config_of(contents, folders, config))
    builder.prepare()
    if builder.settings()["guarded_against"] != contents[0]["config"].get("guarded_against"):
        raise OutputError(
            f"{builder.folder}: the test sets have changed since the shards were built; build them again"
        )
    with (
        SetLock(builder.folder),
        Staging(builder.folder, list(builder.files.values()), builder.lists, builder.key()) as staging,
    ):
        staging.restart()
        shards = [_Shard(folder, builder) for folder in folders]
        _merge(builder, shards, staging, sum(content["samples"]["read"] for content in contents))
        for shard in shards:
            shard.expect_end()
        staging.finish(builder.settings())
        builder.publish()
        kept = staging.checkpoint.tally.kept
    if builder.store:
        for folder in folders:
            builder.store.forget(folder.name)
    return f"{config.name}: {kept} samples of {len(folders)} shards -> {builder.place}"


def _merge(builder: SetBuilder, shards: Sequence[_Shard], staging: Staging, total: int) -> None:
    """Write the samples of all shards in the order of the corpus."""
    inputs = builder.inputs()
    tally = staging.checkpoint.tally
    with Progress(builder.name, total) as progress:
        for chunk in inputs.chunks():
            digest = blake2b(digest_size=16)
            for item in chunk.items:
                shard = shards[hash_of(item.id) % len(shards)]
                changes = shard.take(staging, is_drop=isinstance(item, Drop), digest=digest)
                tally.add_changes((one["action"], one["reason"]) for one in changes)
            tally.read += len(chunk.items)
            tally.image_digest = manifest.chain(tally.image_digest, digest.hexdigest().encode())
            staging.checkpoint.digest = chunk.digest
            progress.step(len(chunk.items))


class _Shard:
    """The files of a shard, read in step with the corpus."""

    def __init__(self, folder: Path, builder: SetBuilder) -> None:
        self.folder, self._name = folder, folder.name
        self._prefix, self._new_prefix = f'"./data/{folder.name}/images/', f'"./data/{builder.name}/images/'
        self._outcomes = _lines(folder / OUTCOMES)
        self._changes = _lines(folder / DROPPED)
        self._prints = _lines(folder / testsets.FILE_NAME) if testsets.FILE_NAME in builder.lists else None
        self._records = {
            builder.files[task.name]: _records(folder / f"{folder.name}{task.suffix}.json") for task in builder.tasks
        }

    def take(self, staging: Staging, *, is_drop: bool, digest: blake2b) -> list[dict[str, str]]:
        """Hand the next sample over to the joined set; its changes."""
        outcome = next(self._outcomes, "").split()
        if len(outcome) != 2 or (outcome[0] == "1" and is_drop):
            raise self._other()
        changes = list(islice(self._changes, int(outcome[1])))
        staging.append(DROPPED, changes)
        if outcome[0] == "1":
            path = ""
            for name, records in self._records.items():
                record = next(records, None)
                if record is None:
                    raise self._other()
                path = record.partition('"images": ["')[2].partition('"')[0]
                staging.append(name, [record.replace(self._prefix, self._new_prefix, 1)])
            if self._prints is not None:
                staging.append(testsets.FILE_NAME, [next(self._prints)])
            self._copy(path, staging, digest)
            staging.checkpoint.tally.kept += 1
        return [json.loads(change) for change in changes]

    def expect_end(self) -> None:
        """Check that every sample of the shard was handed over."""
        if next(self._outcomes, None) is not None:
            raise self._other()

    def _copy(self, path: str, staging: Staging, digest: blake2b) -> None:
        """The picture of a record, where the set has one of its own."""
        if not path.startswith(self._prefix[1:]):
            return
        name = json.loads(f'"{path.rpartition("/")[2]}"')
        picture = self.folder / IMAGES / name
        if not picture.is_file():  # images=none
            return
        data = read_bytes(picture)
        (staging.images / name).write_bytes(data)
        digest.update(data)
        staging.checkpoint.tally.images += 1

    def _other(self) -> OutputError:
        return OutputError(
            f"{self.folder}: does not fit the corpus any more; build this shard again, then join the shards"
        )


def _shards(name: str, count: int, data: Path) -> list[Path]:
    """The folders of all shards of a set below a folder, in their order; ``count`` is 0 where only one is possible."""
    found: dict[int, set[int]] = {}
    for folder in data.glob(f"{name}_*of*"):
        match = re.fullmatch(r"(\d+)of(\d+)", folder.name[len(name) + 1 :])
        if match and count in (0, int(match[2])):
            found.setdefault(int(match[2]), set()).add(int(match[1]))
    if not found:
        raise ConfigError(f"{data}: no shards of {name!r}; build them with name={name} shard=1/{count or 2} ...")
    if len(found) > 1:
        counts = " and ".join(f"of {count}" for count in sorted(found))
        raise ConfigError(f"{data}: shards of {name!r} {counts}; say which by count=..., or remove the others")
    ((count, present),) = found.items()
    missing = [index for index in range(1, count + 1) if index not in present]
    if missing:
        raise OutputError(f"{data}: shard {missing[0]}/{count} of {name!r} is missing; build it with the others")
    return [data / f"{name}_{index}of{count}" for index in range(1, count + 1)]


def _manifest(folder: Path) -> dict[str, Any]:
    content = manifest.read(folder)
    if content is None or not manifest.is_intact(folder, content) or OUTCOMES not in content["files"]:
        raise OutputError(f"{folder}: is not whole; build this shard again")
    return content


def _config_of(contents: Sequence[Mapping[str, Any]], folders: Sequence[Path], config: JoinConfig) -> SetConfig:
    """The keys of the joined set, which all shards must have in common."""
    first = contents[0]["config"]
    for content, folder in zip(contents, folders, strict=True):
        for key in first:
            if key not in ("name", "shard") and content["config"].get(key) != first[key]:
                raise OutputError(
                    f"{folder}: was built with another {key} than {folders[0]}; build both in the same way"
                )
        if content["versions"] != contents[0]["versions"] or content["code"] != contents[0]["code"]:
            raise OutputError(f"{folder}: was built by other code than {folders[0]}; build both in the same way")
    if first.get("limit") is not None:
        raise ConfigError("shards with a limit= cannot be joined; build the set in one")
    names = [one.name for one in fields(SetConfig) if one.name not in (*NOT_CONTENT, "shard", "name")]
    keys = {name: first[name] for name in names if name in first}
    places = {"output": config.output, "staging": config.staging}
    return make_config(SetConfig, {**keys, **places, "name": config.name}, origin="shards")


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.removesuffix("\n")


def _records(path: Path) -> Iterator[str]:
    """The records of a file that build has written, one a line, as they stand."""
    for line in _lines(path):
        if line not in ("[", "]", "[]"):
            yield line.removesuffix(",")


if __name__ == "__main__":
    sys.exit(main())
