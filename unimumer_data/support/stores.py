"""Folders in object stores (s3://, gs://, hf://), through fsspec and the package that it has for each kind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from unimumer_data.errors import ConfigError, OutputError, SourceError, UniMumerError

from .config import Address
from .files import read_text
from .progress import Progress

_AT_ONCE = 200  # files of a transfer, after which progress shows; of a commit, on the Hugging Face Hub
_MADE_BY_THE_HUB = ".gitattributes"  # in each of its repositories


class Facts(NamedTuple):
    """Of a file in a store: its bytes, and a mark that changes when the file does."""

    size: int
    mark: str


class Store:
    """A folder, or a single file, in a store. Names of files count from it.

    Args:
        address: of the folder.
        key: of the configuration that named it, for messages.

    Raises:
        ConfigError: fsspec, or its package for such stores, is not installed, or there is no such kind of store.
    """

    def __init__(self, address: Address, key: str) -> None:
        self.address, self._error = address, SourceError if key == "path" else OutputError
        try:
            import fsspec

            self._system: Any
            self._system, self._path = fsspec.core.url_to_fs(address)
        except ImportError as error:
            raise ConfigError(
                f"{key}={address}: needs fsspec and its package for it (s3fs, gcsfs, huggingface_hub): {error}"
            ) from None
        except Exception as error:  # as in _speaking
            raise ConfigError(f"{key}={address}: {_sentence(error)}") from error

    def files(self, folder: str = "") -> dict[str, Facts]:
        """Name -> facts of all files below a folder; none where there is no such folder.

        Where the address is that of a file, its name is empty.
        """
        with self._speaking("cannot be read"):
            self._system.invalidate_cache()
            listed = self._system.find(self._at(folder), detail=True)
            # of a single file, huggingface_hub 1.33 says nothing but its name
            found = self._named(info or self._system.info(name) for name, info in listed.items())
        return found if len(found) == 1 else {name: facts for name, facts in found.items() if name}

    def entries(self, folder: str) -> tuple[list[str], dict[str, Facts]]:
        """Names of the folders, and the files, of one folder, without what is below."""
        with self._speaking("cannot be read"):
            self._system.invalidate_cache()
            try:
                found = self._system.ls(self._at(folder), detail=True)
            except FileNotFoundError:
                return [], {}
            return (
                [self._name(one) for one in found if one["type"] == "directory"],
                self._named(one for one in found if one["type"] == "file"),
            )

    def get(self, names: Iterable[str], folder: Path) -> Iterator[list[str]]:
        """Copy files into a folder here; says after some which are there."""
        rest = iter(names)
        while part := list(islice(rest, _AT_ONCE)):
            targets = [folder / name for name in part]
            for parent in {target.parent for target in targets}:
                parent.mkdir(parents=True, exist_ok=True)
            with self._speaking("cannot be read"):
                self._system.get([self._at(name) for name in part], [str(target) for target in targets])
            yield part

    def put(self, folder: Path, names: Sequence[str], below: str = "") -> None:
        """Copy files of a folder here to the folder ``below`` there."""
        with self._speaking("cannot be written"), Progress(f"to {self.address}", len(names)) as progress:
            for first in range(0, len(names), _AT_ONCE):
                part = names[first : first + _AT_ONCE]
                self._put({self._at(f"{below}/{name}" if below else name): folder / name for name in part})
                progress.step(len(part))

    def remove(self, names: Sequence[str]) -> None:
        """Take files away."""
        with self._speaking("cannot be written"):
            for first in range(0, len(names), _AT_ONCE):
                self._remove([self._at(name) for name in names[first : first + _AT_ONCE]])

    def _put(self, sources: Mapping[str, Path]) -> None:
        """Copy files from here: place there -> path here."""
        if not self._system.async_impl:  # object stores have no folders; s3fs would make a missing bucket
            for parent in {target.rpartition("/")[0] for target in sources}:
                self._system.makedirs(parent, exist_ok=True)
        self._system.put(list(map(str, sources.values())), list(sources))

    def _remove(self, places: Sequence[str]) -> None:
        self._system.rm(places)

    def _at(self, name: str) -> str:
        return f"{self._path.rstrip('/')}/{name}" if name else self._path

    def _name(self, info: dict[str, Any]) -> str:
        """The name of a file or folder, below the address.

        Raises:
            SourceError, OutputError: it leads out of a folder into which the file would be copied.
        """
        name = str(info["name"]).rstrip("/").removeprefix(self._path.rstrip("/")).lstrip("/")
        if ".." in PurePosixPath(name).parts or "\\" in name:
            raise self._error(f"{self.address}: holds {name!r}, which leads out of its folder")
        return name

    def _named(self, infos: Iterable[dict[str, Any]]) -> dict[str, Facts]:
        found = {self._name(one): Facts(int(one.get("size") or 0), _mark(one)) for one in infos}
        return dict(sorted(found.items()))

    @contextmanager
    def _speaking(self, what: str) -> Iterator[None]:
        """Say what fails in one sentence: every store's package has errors of its own, some of no common kind."""
        try:
            yield
        except UniMumerError:
            raise
        except Exception as error:
            raise self._error(f"{self.address}: {what} ({_sentence(error)})") from error


class _Hub(Store):
    """A folder in a repository of the Hugging Face Hub, where 200 files are one commit.

    The file system of huggingface_hub 2.4 makes a commit of each file that it writes, and cannot remove several.

    Raises:
        ConfigError: also for a bucket that is to be written.
    """

    def __init__(self, address: Address, key: str) -> None:
        if key == "output" and address.startswith("hf://buckets/"):
            raise ConfigError(
                f"{key}={address}: a bucket; name a folder of a repository, hf://datasets/USER/NAME/FOLDER"
            )
        super().__init__(address, key)

    def _put(self, sources: Mapping[str, Path]) -> None:
        self._commit(sources)

    def _remove(self, places: Sequence[str]) -> None:
        self._commit(dict.fromkeys(places))

    def _commit(self, changes: Mapping[str, Path | None]) -> None:
        """Change files: place there -> path here; None removes what is there."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

        found = [(self._system.resolve_path(place), path) for place, path in changes.items()]
        repository = found[0][0]
        HfApi(endpoint=self._system.endpoint, token=self._system.token).create_commit(
            repository.repo_id,
            [
                CommitOperationAdd(there.path_in_repo, path) if path else CommitOperationDelete(there.path_in_repo)
                for there, path in found
            ],
            commit_message=f"unimumer: {len(found)} files",
            repo_type=repository.repo_type,
            revision=repository.revision,
        )

    def _named(self, infos: Iterable[dict[str, Any]]) -> dict[str, Facts]:
        found = super()._named(infos)
        found.pop(_MADE_BY_THE_HUB, None)
        return found


def open_store(address: Address, key: str) -> Store:
    """The store of an address; arguments and errors as of `Store`."""
    return (_Hub if address.startswith("hf://") else Store)(address, key)


class LocalCopy:
    """A copy here of a corpus in a store.

    Args:
        address: of a folder or file.
        staging: folder for such copies.

    Attributes:
        path: where the copy is; its last part is that of the address.
    """

    def __init__(self, address: Address, staging: Path) -> None:
        self._address, self._folder = address, staging / "in" / slug(address)
        self.path = self._folder / (re.sub(r"[^\w.-]", "_", address.rstrip("/").rpartition("/")[2]) or "corpus")

    def update(self) -> None:
        """Copy what is not here or has changed there, and remove what is gone there.

        Files get the time that their mark says: the inputs of a build are the same wherever it copies them to.

        Raises:
            ConfigError: fsspec or its package is missing.
            SourceError: nothing is there, or the store does not give it.
        """
        store, index = open_store(self._address, "path"), self._folder / "index.tsv"
        files = store.files()
        if not files:
            raise SourceError(f"{self._address}: nothing is there; correct path=")
        self._folder.mkdir(parents=True, exist_ok=True)
        known = dict(_read_index(index))
        for name in known.keys() - files.keys():
            (self.path / name).unlink(missing_ok=True)
        wanted = [name for name, facts in files.items() if known.get(name) != facts.mark or not self._is_here(name)]
        with index.open("w", encoding="utf-8") as lines, Progress(f"from {self._address}", len(wanted)) as progress:
            lines.writelines(f"{files[name].mark}\t{name}\n" for name in files.keys() - set(wanted))
            for names in store.get(wanted, self.path):
                for name in names:
                    seconds = int(files[name].mark[:8], 16)
                    os.utime(self.path / name, (seconds, seconds))
                    (self.path / name).chmod(0o644)
                    lines.write(f"{files[name].mark}\t{name}\n")
                lines.flush()
                progress.step(len(names))

    def _is_here(self, name: str) -> bool:
        return (self.path / name).is_file()


def slug(address: Address) -> str:
    """A name of a folder for what belongs to an address."""
    words = re.sub(r"[^\w.-]+", "_", address)[:80]
    return f"{words}-{blake2b(address.rstrip('/').encode(), digest_size=4).hexdigest()}"


def files_below(folder: Path) -> list[str]:
    """Names of all files below a folder here."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _sentence(error: Exception) -> str:
    kind = "no such bucket or file" if isinstance(error, FileNotFoundError) else type(error).__name__
    return f"{kind}: {' '.join(str(error).split())[:300]}"


def _mark(info: dict[str, Any]) -> str:
    """As fsspec's own ``ukey``, from what a listing has said already."""
    return blake2b(str(sorted(info.items(), key=str)).encode(), digest_size=8).hexdigest()


def _read_index(path: Path) -> Iterator[tuple[str, str]]:
    """(name, mark) of the files that were copied."""
    if path.is_file():
        for line in read_text(path).split("\n"):
            mark, tab, name = line.partition("\t")
            if tab:
                yield name, mark
