"""An export in an object store (s3://, gs://, hf://), through fsspec and the package that it has for the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, OutputError


def is_address(output: str) -> bool:
    """Whether this is the address of a store, and not a folder here."""
    return "://" in output


class Store:
    """A place in a store at which nothing is yet.

    Raises:
        ConfigError: fsspec, or its package for such stores, is not installed, or there is no such kind of store.
        OutputError: something is there already, or the store does not answer.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        try:
            import fsspec

            self._system: Any
            self._system, self._path = fsspec.core.url_to_fs(address)
        except ImportError as error:
            raise ConfigError(
                f"output={address}: needs fsspec and its package for it (s3fs, gcsfs, huggingface_hub): {error}"
            ) from None
        except ValueError as error:
            raise ConfigError(f"output={address}: {error}") from error
        try:
            taken = self._system.exists(self._path) and self._system.find(self._path)
        except OSError as error:
            raise OutputError(f"{address}: cannot be read ({error})") from error
        if taken:
            raise OutputError(f"{address}: exists; choose another output=..., or remove it")

    def put(self, folder: Path) -> None:
        """Copy a folder there; what was copied is taken away again if not all can be.

        Raises:
            OutputError: the store does not take it.
        """
        try:
            self._system.put(f"{folder}/", f"{self._path}/", recursive=True)
        except OSError as error:
            if self._system.exists(self._path):
                self._system.rm(self._path, recursive=True)
            raise OutputError(f"{self._address}: cannot be written ({error})") from error
