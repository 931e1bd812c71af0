"""YAML as people mean it: words stay words, and no file can spend without bound.

PyYAML follows YAML 1.1, where ``0123`` is 83, ``12:30`` is 750, ``no`` is false and ``1e-5`` is text. Here numbers and
booleans are those of YAML 1.2's core schema (https://yaml.org/spec/1.2.2/, section 10.3.2), dates are text, and
anchors are refused: nested ones can grow without end.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from .limits import YAML_DEPTH


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML types it

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.composer.ComposerError(None, None, "anchors (& and *) are not supported", event.start_mark)
        self._depth += 1
        if self._depth > YAML_DEPTH:
            raise yaml.composer.ComposerError(None, None, f"more than {YAML_DEPTH} levels", event.start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(node, yaml.MappingNode):
            _refuse_twins(node)
        return node


def _refuse_twins(node: yaml.MappingNode) -> None:
    """PyYAML takes the last of two equal keys, without a word about the first."""
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise yaml.composer.ComposerError(None, None, f"the key {key.value!r} stands twice", key.start_mark)
            seen.add(key.value)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(0|[1-9][0-9]{0,17})", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


def _construct_float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    """PyYAML's own constructor needs a dot; Python's does not."""
    return float(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)


def load(text: str) -> Any:
    """The content of a YAML document.

    >>> load("{name: 0123, rate: 1e-5, day: 2024-02-30, seed: 7}")
    {'name': '0123', 'rate': 1e-05, 'day': '2024-02-30', 'seed': 7}

    Raises:
        yaml.YAMLError: not YAML, anchors, a key that stands twice, or more than `YAML_DEPTH` levels.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except (ValueError, TypeError, RecursionError) as error:  # a tag that does not fit its value, a list as a key
        raise yaml.YAMLError(str(error)) from error
