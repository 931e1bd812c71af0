"""Files of a set while it is being built: hidden until they are whole, and kept if the build is interrupted.

Everything is written below ``.build/`` of the set's folder. After each chunk a checkpoint notes how long every file
is; a build that was killed cuts the files back to the last checkpoint and goes on. When all is done the files move to
their places, the manifest last.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from unimumer_data.errors import OutputError
from unimumer_data.support.files import read_text
from unimumer_data.support.plain_json import parse_json

from . import manifest
from .manifest import Tally

FOLDER = ".build"
IMAGES = "images"
SECONDS_BETWEEN = 0.5  # checkpoints
_ORPHANS_SECONDS = 10  # for which workers may outlive a killed build


@dataclass(slots=True)
class Checkpoint:
    """How far a build has come.

    Args:
        key: of the build (``manifest.build_key``).
        digest: chained hash of the inputs so far.
        sizes: file name -> bytes that are good.
        finished: everything is written and waits for its place.
    """

    key: str
    digest: str = ""
    sizes: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    finished: bool = False


class Staging:
    """Use as a context, which closes the files.

    Args:
        folder: of the set, ``data/crohme_train``.
        arrays: names of the JSON files that grow by records.
        lists: names of the files that grow by lines.
        key: of the build; what an interrupted build of another key left behind is thrown away.

    Raises:
        OutputError: the folder holds something that build did not write, or cannot be written.
    """

    def __init__(self, folder: Path, arrays: Sequence[str], lists: Sequence[str], key: str) -> None:
        self.folder, self.work = folder, folder / FOLDER
        self._arrays, self._names = arrays, (*arrays, *lists)
        self._files: dict[str, IO[bytes]] = {}
        self._saved = -SECONDS_BETWEEN
        self._refuse_foreign()
        self.checkpoint = self._read_checkpoint(key) or Checkpoint(key)
        if not self.checkpoint.finished:
            self._open()

    @property
    def images(self) -> Path:
        return self.work / IMAGES

    def restart(self) -> None:
        """Throw away what an interrupted build left."""
        self.checkpoint = Checkpoint(self.checkpoint.key)
        self._close()
        self._open()

    def append(self, name: str, items: Iterable[str]) -> None:
        """Add records to an array, lines to a list."""
        file = self._files[name]
        text = (",\n" if name in self._arrays else "\n").join(items)
        if not text:
            return
        if name in self._arrays:
            file.write(b",\n" if file.tell() else b"[\n")
            file.write(text.encode())
        else:
            file.write(text.encode() + b"\n")

    def save(self) -> None:
        """Make what was appended, and the checkpoint, safe from a kill; twice a second is often enough."""
        now = time.monotonic()
        if now - self._saved < SECONDS_BETWEEN:
            return
        self._saved = now
        for name, file in self._files.items():
            file.flush()
            self.checkpoint.sizes[name] = file.tell()
        self._write(self.work / "checkpoint.json", asdict(self.checkpoint))

    def finish(self, config: dict[str, Any]) -> None:
        """End the files, write the manifest, and let everything take its place."""
        sizes = {}
        for name, file in self._files.items():
            if name in self._arrays:
                file.write(b"\n]\n" if file.tell() else b"[]\n")
            file.flush()
            os.fsync(file.fileno())
            sizes[name] = file.tell()
        self._close()
        tally = self.checkpoint.tally
        files = {name: manifest.file_facts(self.work / name, array=name in self._arrays) for name in self._names}
        images = manifest.list_pictures(self.images)
        for name, facts in files.items():
            if facts["bytes"] != sizes[name] or (name in self._arrays and facts["records"] != tally.kept):
                raise self._damaged(name)
        if images["count"] != tally.images:
            raise self._damaged(IMAGES)
        content = manifest.make(
            config=config,
            tally=tally,
            inputs={"items": tally.read, "digest": self.checkpoint.digest},
            files=files,
            images=images,
        )
        self._write(self.work / manifest.FILE_NAME, content)
        self.checkpoint.finished = True
        self._write(self.work / "checkpoint.json", asdict(self.checkpoint))
        self.publish()

    def publish(self) -> None:
        """Move the finished files to their places, and take away those of an earlier build that this one lacks.

        Can be repeated if it was interrupted.
        """
        images, old = self.folder / IMAGES, self.work / "old"
        if self.images.exists():
            if images.exists():
                shutil.rmtree(old, ignore_errors=True)
                images.replace(old)
            if any(self.images.iterdir()):
                self.images.replace(images)
        previous = manifest.read(self.folder)
        for name in manifest.own_files(previous) if previous else ():
            if name not in self._names:
                (self.folder / name).unlink(missing_ok=True)
        for name in (*self._names, manifest.FILE_NAME):
            if (self.work / name).exists():
                (self.work / name).replace(self.folder / name)
        self.discard()

    def _damaged(self, name: str) -> OutputError:
        self.discard()
        return OutputError(
            f"{self.work / name}: does not hold what was written to it; look for another program that writes there, "
            "then run the same command again: it starts over"
        )

    def discard(self) -> None:
        """Leave nothing of the build."""
        self._close()
        _remove(self.work)

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _refuse_foreign(self) -> None:
        """A folder with files that build did not write is not written over."""
        ours = self.work.exists() or manifest.was_built(self.folder)
        taken = [name for name in (*self._names, IMAGES) if (self.folder / name).exists()]
        if taken and not ours:
            raise OutputError(
                f"{self.folder / taken[0]}: was not made by build; choose another name=... or output=..., or move it"
            )

    def _read_checkpoint(self, key: str) -> Checkpoint | None:
        try:
            content = parse_json(read_text(self.work / "checkpoint.json"))
            found = Checkpoint(**{**content, "tally": Tally(**content["tally"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
        if found.key != key:
            return None
        if not found.finished:
            for name in self._names:
                path = self.work / name
                if not path.is_file() or path.stat().st_size < found.sizes.get(name, 0):
                    return None
        return found

    def _open(self) -> None:
        """The files, cut back to the checkpoint."""
        if not self.checkpoint.sizes and self.work.exists():
            _remove(self.work)
        self.images.mkdir(parents=True, exist_ok=True)
        for leftover in self.work.glob("*.partial"):
            leftover.unlink(missing_ok=True)  # the worker of a killed build may finish it this moment
        for name in self._names:
            file = (self.work / name).open("ab")
            self._files[name] = file
            file.truncate(self.checkpoint.sizes.get(name, 0))
            file.seek(0, os.SEEK_END)

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    @staticmethod
    def _write(path: Path, content: Any) -> None:
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)


def _remove(folder: Path) -> None:
    """Remove a folder that workers of a build killed a moment ago may still be writing to; they end within seconds."""
    for _ in range(_ORPHANS_SECONDS):
        try:
            shutil.rmtree(folder)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.ENOENT):
                raise
            if not folder.exists():
                return
            time.sleep(1)
    shutil.rmtree(folder)
