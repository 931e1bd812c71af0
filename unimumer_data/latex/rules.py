"""What a canonical form does to a formula, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    r"""One pass over the tree.

    Args:
        names: symbol -> the symbols it becomes.
        keep_fonts: write fonts letter by letter; otherwise they go.
        limits: operators that get ``\limits`` where they lack it.
        compare: join what prints the same: for scores, not for records.
        columns: keep the column alignment of arrays.
        forgive: names of the loose rules.
    """

    names: Mapping[str, tuple[str, ...]]
    keep_fonts: bool = False
    limits: frozenset[str] = frozenset()
    compare: bool = False
    columns: bool = True
    forgive: frozenset[str] = frozenset()
