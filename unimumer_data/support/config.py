"""One grammar for every command: ``[config.yaml] [key=value ...]``, as ``llamafactory-cli`` has it.

The shell beats the YAML file, the YAML file beats the dataclass default. A configuration is a dataclass: its field
names are the keys, its annotations the types, and `option` gives each field its help text.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, asdict, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

import yaml

from unimumer_data.errors import ConfigError, suggestion

from . import plain_yaml
from .files import read_text

T = TypeVar("T")


class Address(str):
    """The address of a folder in a store that fsspec knows: ``s3://bucket/folder``.

    Raises:
        ValueError: anything else.
    """

    def __new__(cls, text: str) -> Address:
        if not isinstance(text, str) or "://" not in text:
            raise ValueError(text)
        return super().__new__(cls, text)


REQUIRED: Any = MISSING
"""The default of a key that must be given."""


def option(
    default: Any = REQUIRED,
    about: str = "",
    *,
    factory: Callable[[], Any] | None = None,
    section: str = "",
    also: Sequence[str] = (),
    files: bool = False,
) -> Any:
    """A field of a configuration, with the text that ``--help`` shows for its key.

    Args:
        default: the value when the key is not given; `REQUIRED` if it must be.
        about: what the key means, as a phrase without a full stop. The type, the choices of a ``Literal`` and the
            default are added by `commandline.keys_of`; do not repeat them.
        factory: makes the default, for dicts and other values that can change.
        section: a heading above this key in the help, for it and the keys that follow.
        also: other words that people write for this key; the error about such a word names the key.
        files: the key takes the files that a command is about; the error about a file or folder that stands alone on
            the command line names it.
    """
    metadata = {"about": about, "section": section, "also": tuple(also), "files": files}
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


def load_config(cls: type[T], argv: Sequence[str]) -> T:
    """Make the dataclass ``cls`` from a command line.

    Args:
        cls: a dataclass whose fields are scalars, ``Path``, ``Literal``, tuples or dicts of those, or ``X | None``.
        argv: ``["config.yaml", "seed=1", "tasks=vanilla,tree"]``; the YAML file may be left out. Values are
            YAML; a tuple is also read from a comma-separated word. Split at the first ``=``.

    Raises:
        ConfigError: all problems at once, each with its key.
    """
    origin = "command line"
    values: dict[str, Any] = {}
    hints = typing.get_type_hints(cls)
    words = list(argv)
    if words and "=" not in words[0]:
        path = Path(words.pop(0))
        origin = str(path)
        if path.exists() and path.suffix.lower() not in (".yaml", ".yml", ".json", ""):
            raise ConfigError(f"{path} is no YAML file; write {_key_for(cls, path)}")
        if path.is_dir():
            raise ConfigError(f"{path} is a folder, no YAML file; write {_key_for(cls, path)}")
        values.update(read_yaml(path))
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise ConfigError(f"{word!r}: write key=value (only the first word may name a YAML file)")
        values[key] = parse_value(text, hints.get(key))
    return make_config(cls, values, origin=origin)


def make_config(cls: type[T], values: Mapping[str, Any], *, origin: str) -> T:
    """Check ``values`` against the dataclass ``cls`` and make it. ``origin`` opens the error message."""
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    problems: list[str] = []
    good: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            meant = [name for name, one in known.items() if key in one.metadata.get("also", ())]
            problems.append(f"unknown key {key!r}" + suggestion(meant[0] if meant else key, known))
            continue
        try:
            good[key] = _convert(value, hints[key])
        except (TypeError, ValueError, OverflowError) as error:
            why = " (out of range)" if isinstance(error, OverflowError) else ""
            near = suggestion(value, _choices(hints[key])) if isinstance(value, str) else ""
            problems.append(f"{key} must be {describe_type(hints[key])}, got {value!r}{why}{near}")
    problems += [f"{name} is missing" for name, field in known.items() if name not in values and _required(field)]
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise ConfigError(f"{origin}: {count}: " + "; ".join(problems))
    try:
        return cls(**good)
    except ConfigError as error:
        raise ConfigError(f"{origin}: {error}") from error


def _choices(hint: Any) -> list[str]:
    """The words that a type allows, where it lists them."""
    parts = [hint, *typing.get_args(hint)]
    return [word for part in parts if typing.get_origin(part) is Literal for word in typing.get_args(part)]


def _key_for(cls: type[Any], path: Path) -> str:
    """A file as the key that takes the files of a command; ``key=value`` where none is marked."""
    return next((f"{one.name}={path}" for one in fields(cls) if one.metadata.get("files")), "key=value")


def to_yaml(config: Any) -> str:
    """The resolved configuration as YAML, to print and to save."""
    plain = {key: _plain(value) for key, value in asdict(config).items()}
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
    return text


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def read_yaml(path: Path) -> dict[str, Any]:
    """The keys of a YAML file.

    Raises:
        ConfigError: it is missing, no YAML, or holds something else.
    """
    try:
        content = plain_yaml.load(read_text(path))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; name a YAML file, or write key=value") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: must hold 'key: value' lines, found a {type(content).__name__}")
    odd = [key for key in content if not isinstance(key, str)]
    if odd:
        raise ConfigError(f"{path}: the key {odd[0]!r} is not text")
    return content


def parse_value(text: str, hint: Any = Any) -> Any:
    """A value of the command line: YAML, or the text itself.

    Args:
        hint: the type of the key. Where only text or a path can be meant, the text is not read as YAML.
    """
    wanted = set(typing.get_args(hint)) if typing.get_origin(hint) in (Union, types.UnionType) else {hint}
    if wanted <= {str, Path, Address, type(None)} and not (text == "null" and type(None) in wanted):
        return text
    try:
        return plain_yaml.load(text)
    except yaml.YAMLError:
        return text


def _convert(value: Any, hint: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return _convert_to_any(value, args)
    if origin is Literal:
        if value not in args:
            raise ValueError
        return value
    if origin is tuple:
        return tuple(_convert(item, args[0]) for item in _listed(value))
    if origin is dict:
        return {_convert(k, args[0]): _convert(v, args[1]) for k, v in dict(value).items()}
    return value if hint is Any else _convert_scalar(value, hint)


def _convert_to_any(value: Any, hints: Sequence[Any]) -> Any:
    """The value as the first of the types that takes it."""
    if value is None and type(None) in hints:
        return None
    for hint in hints:
        if hint is not type(None):
            try:
                return _convert(value, hint)
            except (TypeError, ValueError):
                continue
    raise ValueError


def _listed(value: Any) -> Sequence[Any]:
    """A list, the parts of a text with commas, or one value as a list."""
    if isinstance(value, str):
        return [word.strip() for word in value.split(",") if word.strip()]
    return value if isinstance(value, list | tuple) else [value]


def _convert_scalar(value: Any, hint: Any) -> Any:
    if value is None or isinstance(value, bool) != (hint is bool):
        raise ValueError
    if hint in (str, Path):
        if not isinstance(value, str | int | float | Path) or "\0" in str(value):  # no system takes a NUL
            raise ValueError
        return hint(str(value))
    if hint is int and (isinstance(value, str) or int(value) != value):
        raise ValueError
    if hint is int and abs(value) > sys.maxsize:
        raise OverflowError
    return hint(value)


def describe_type(hint: Any) -> str:
    """A type in words, for help and error messages."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(map(str, args))
    if origin in (Union, types.UnionType):
        return " or ".join(describe_type(option) for option in args)
    if origin is tuple:
        return f"a list of {describe_type(args[0])}"
    if origin is dict:
        return "a mapping, such as '{key: value}'"
    names = {int: "an integer", float: "a number", str: "text", Path: "a path", bool: "true or false"}
    names[Address] = "an address"
    return "null" if hint is type(None) else names.get(hint, str(hint))


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
