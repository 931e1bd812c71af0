"""Installed packages against those known to run together, and against those known to do damage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from importlib.resources import files
from typing import Any

import yaml

from ..recipe import Recipe
from .findings import Findings, Level
from .model import family_of

# Versions that are known to run together; see requirements/train.lock.
KNOWN_VERSIONS = {
    "llamafactory": ("0.9.5", "0.9.5"),
    "transformers": ("4.55", "5.6.0"),
    "datasets": ("2.16", "4.0.0"),
    "deepspeed": ("0.10", "0.18.4"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBad:
    """An entry of known_bad.yaml, which says what each field means."""

    package: str
    effect: str
    cure: str
    source: str
    level: Level
    silent: bool
    shown: str
    versions: str | None = None
    families: tuple[str, ...] = ()
    recipe: Mapping[str, list[Any]] = field(default_factory=dict)
    unless: Mapping[str, list[Any]] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)

    def applies(self, recipe: Recipe) -> bool:
        """Whether this recipe, with what is installed here, meets it."""
        if self.families and family_of(recipe) not in self.families:
            return False
        if self.recipe and not any(_has(recipe, key, values) for key, values in self.recipe.items()):
            return False
        if any(_has(recipe, key, values) for key, values in self.unless.items()):
            return False
        if any(not _installed(package, versions) for package, versions in self.beside.items()):
            return False
        if self.without and all(_installed(package, versions) for package, versions in self.without.items()):
            return False
        return self.versions is None or _installed(self.package, self.versions)


def _has(recipe: Recipe, key: str, values: list[Any]) -> bool:
    value = recipe.values.get(key)
    return value in values or (None in values and value in (None, False))


def _installed(package: str, versions: str) -> bool:
    version = _version(package)
    if version is None:
        return False
    from packaging.specifiers import SpecifierSet  # comes with every package of the table

    return SpecifierSet(versions).contains(version, prereleases=True)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@cache
def known_bad() -> tuple[KnownBad, ...]:
    """The table of known_bad.yaml."""
    text = files(__package__).joinpath("known_bad.yaml").read_text(encoding="utf-8")
    return tuple(_entries(yaml.safe_load(text)))


def _entries(content: list[dict[str, Any]]) -> Iterator[KnownBad]:
    for entry in content:
        fields = {**entry, "families": tuple(entry.get("families", ())), "beside": entry.get("with", {})}
        yield KnownBad(**{key: value for key, value in fields.items() if key != "with"})


def check_known_bad(recipe: Recipe, findings: Findings) -> None:
    """What is installed against the table of known damage; an error where the damage is silent."""
    for entry in known_bad():
        if entry.applies(recipe):
            version = _version(entry.package) if entry.versions is not None else None
            name = f"{entry.package} {version}" if version else entry.package
            findings.add(entry.level, "known_bad", f"{name}: {entry.effect} ({entry.source})", entry.cure, place=name)


def check_versions(findings: Findings) -> None:
    """Installed packages against the versions that are known to run together."""
    for package, (low, high) in KNOWN_VERSIONS.items():
        version = _version(package)
        if version is None:
            cure = "pip install 'unimumer[train]'"
            findings.add("warning", "not_installed", f"{package} is not installed here", cure)
        elif not _parts(low) <= _parts(version) <= _parts(high):
            text = f"{package} {version}; known to work: {low} to {high}"
            findings.add("warning", "version", text, f"pip install '{package}>={low},<={high}'")


def _parts(version: str) -> tuple[int, ...]:
    numbers = []
    for part in version.split("+")[0].split("."):
        digits = "".join(char for char in part if char.isdigit())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers + [0] * (4 - len(numbers)))
