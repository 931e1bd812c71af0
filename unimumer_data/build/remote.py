"""Sets in a store (output=s3://...): made in a folder here, and copied there when they are whole, the manifest last.

A store has no files that grow, no renaming and no locks. Hence only whole sets are there, the guard reads the
fingerprints of test sets from a copy, and a store has one writer at a time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from unimumer_data.errors import OutputError
from unimumer_data.records import registry
from unimumer_data.support.config import Address
from unimumer_data.support.stores import files_below, open_store, slug

from . import lock, manifest
from .staging import FOLDER as WORK_FOLDER
from .staging import IMAGES

_MARK = manifest.DROPPED  # the first file to come and the last to go: by it build knows a set for its own


class RemoteSets:
    """The folder of ``data/`` and dataset_info.json in a store.

    Args:
        address: of the folder.
        staging: folder for what is not finished.

    Attributes:
        folder: stands for the address here: sets are built, and shards joined, below it.
        known: copies of what a guard reads: manifests and fingerprints of the sets that are there.
    """

    def __init__(self, address: Address, staging: Path) -> None:
        self.address = address
        self.folder = staging / "out" / slug(address)
        self.known = self.folder / "known/data"
        self._store = open_store(address, "output")
        self._registry = b""

    def pull(self) -> None:
        """Copy the registry, and what a guard reads.

        Raises:
            OutputError: the store does not answer.
        """
        shutil.rmtree(self.known, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        sets, _ = self._store.entries("data")
        wanted = []
        for folder in sets:
            _, files = self._store.entries(folder)
            wanted += [f"{folder}/{name}" for name in (manifest.FILE_NAME, manifest.FINGERPRINTS)
                       if f"{folder}/{name}" in files]  # fmt: skip
            if f"{folder}/{_MARK}" in files:
                mark = self.known / Path(folder).name / _MARK
                mark.parent.mkdir(parents=True)
                mark.touch()
        self._get(wanted, self.known.parent)
        self.pull_registry()

    def pull_registry(self) -> None:
        """Copy dataset_info.json, which others may have changed."""
        path = self.folder / registry.FILE_NAME
        path.unlink(missing_ok=True)
        if registry.FILE_NAME in self._store.entries("")[1]:
            self._get([registry.FILE_NAME], self.folder)
        self._registry = path.read_bytes() if path.exists() else b""

    def push_registry(self) -> None:
        """Copy dataset_info.json back, if it has changed."""
        if (self.folder / registry.FILE_NAME).read_bytes() != self._registry:
            self._store.put(self.folder, [registry.FILE_NAME])

    def pull_sets(self, prefix: str) -> None:
        """Copy whole sets whose names begin so, to join them."""
        sets, _ = self._store.entries("data")
        for folder in sets:
            if Path(folder).name.startswith(prefix):
                self._get([f"{folder}/{name}" for name in self._files(folder)], self.folder)

    def manifest(self, name: str, key: str) -> dict[str, Any] | None:
        """The manifest of a set of this key, if it is whole there: all files, by their names and sizes."""
        content = manifest.read(self.known / name)
        if content is None or content["key"] != key:
            return None
        sizes = {file: facts.size for file, facts in self._files(f"data/{name}").items()}
        pictures = manifest.listing_of(
            (file.removeprefix(f"{IMAGES}/"), size) for file, size in sizes.items() if file.startswith(f"{IMAGES}/")
        )
        whole = all(sizes.get(file) == facts.get("bytes") for file, facts in content["files"].items())
        images = content["images"]
        listed = {"count": images["count"], "listing": images.get("listing")}
        return content if whole and pictures == listed else None

    def refuse_foreign(self, name: str) -> None:
        """A folder there with files that build did not write is not written over.

        Raises:
            OutputError: it is such a folder.
        """
        files = self._store.entries(f"data/{name}")
        if any(files) and not manifest.was_built(self.known / name):
            raise OutputError(
                f"{self.address}/data/{name}: was not made by build; choose another name=... or output=..., or move it"
            )

    def push(self, name: str) -> None:
        """Copy a finished set there, and take it away here.

        Raises:
            OutputError: the store does not take it all; the same can be tried again.
        """
        folder, below = self.folder / "data" / name, f"data/{name}"
        self.refuse_foreign(name)
        files = [file for file in files_below(folder) if file.partition("/")[0] not in (lock.NAME, WORK_FOLDER)]
        there, earlier = self._files(below), manifest.read(self.known / name)
        ours = manifest.own_files(earlier) if earlier else []
        old = [file for file in there if (file in ours or file.startswith(f"{IMAGES}/")) and file not in files]
        self._store.put(folder, [_MARK], below)
        if manifest.FILE_NAME in there:
            self._store.remove([f"{below}/{manifest.FILE_NAME}"])
        self._store.remove([f"{below}/{file}" for file in old])
        self._store.put(folder, [file for file in files if file not in (_MARK, manifest.FILE_NAME)], below)
        self._store.put(folder, [manifest.FILE_NAME], below)
        self.forget(name)

    def forget(self, name: str) -> None:
        """Remove the set here, except its lock."""
        folder = self.folder / "data" / name
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != lock.NAME:
                path.unlink()
        with suppress(OSError):
            folder.rmdir()

    def _files(self, folder: str) -> dict[str, Any]:
        """Names within the folder -> facts."""
        return {name.removeprefix(f"{folder}/"): facts for name, facts in self._store.files(folder).items()}

    def _get(self, names: Iterable[str], folder: Path) -> None:
        for _ in self._store.get(names, folder):
            pass
