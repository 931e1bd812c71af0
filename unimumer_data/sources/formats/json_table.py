"""Rows of a JSON file in the shapes that people and pandas write: an array, lines, or one object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from unimumer_data.errors import SourceError
from unimumer_data.records.json_array import begins_with_object, read_json_array, read_json_items
from unimumer_data.support.files import regular

from .columns import IMAGE_COLUMNS, has_both


def read_json_table(path: Path) -> Iterator[Any]:
    """The rows of a JSON file, each an object of its fields where the file is well made.

    Besides an array: JSON lines; ``{picture: label}``; ``{picture: {fields}}``; ``{anything: [rows]}``; and what
    pandas' ``to_json`` writes as columns, index, split or table.

    Raises:
        SourceError: an object of another shape; says which are read.
        RecordError: the file is not JSON.
    """
    if not begins_with_object(path):
        yield from read_json_array(path)
        return
    try:
        with open(path, encoding="utf-8-sig", opener=regular) as file:
            whole = json.load(file, object_pairs_hook=_unique)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        yield from (item for item, _ in read_json_items(path))  # lines; else it says what is wrong
        return
    except _TwiceError as error:
        raise SourceError(f"{path}: {error.args[0]!r} stands there twice; keep one of them") from None
    rows = _rows(whole)
    if rows is None:
        raise SourceError(
            f"{path}: an array of objects with picture and label is needed, or one object {{picture: label}}; "
            f"found an object with {', '.join(map(repr, list(whole)[:5]))}"
        )
    yield from rows


class _TwiceError(Exception):
    """A key that an object has twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


def _rows(whole: Mapping[str, Any]) -> list[Any] | None:
    """The rows of an object; None where it has none of the known shapes."""
    values = list(whole.values())
    lists = [value for value in values if isinstance(value, list)]
    if isinstance(whole.get("columns"), list) and isinstance(whole.get("data"), list):
        names = [str(name) for name in whole["columns"]]
        return [dict(zip(names, row, strict=False)) if isinstance(row, list) else row for row in whole["data"]]
    if has_both(list(whole)):
        if values and len(lists) == len(values) and len({len(value) for value in lists}) == 1:
            return [dict(zip(whole, row, strict=True)) for row in zip(*lists, strict=True)]
        if all(isinstance(value, Mapping) for value in values):
            return [{name: column.get(key) for name, column in whole.items()} for key in values[0]]
        return [dict(whole)]
    if len(lists) == 1 and all(isinstance(row, Mapping) for row in lists[0]):
        return lists[0]
    if all(isinstance(value, str) for value in values):
        return [{"image": name, "label": label} for name, label in whole.items()]
    if all(isinstance(value, Mapping) for value in values):
        return [
            dict(value) if set(value) & set(IMAGE_COLUMNS) else {"image": name, **value}
            for name, value in whole.items()
        ]
    return None
