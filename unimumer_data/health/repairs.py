r"""The few repairs that build may make to a label, each with its reason and where it was seen.

`repair` says which repairs it made; a repair is never silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unimumer_data.latex import tokenize
from unimumer_data.latex.grammar import is_known

_COMMAND = re.compile(r"\\[A-Za-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRepair:
    """A repair that may be made to labels.

    Args:
        name: counted under this.
        reason: why the label cannot be meant as it stands.
        source: where it was seen.
        apply: label -> repaired label; the same text where there is nothing to repair.
    """

    name: str
    reason: str
    source: str
    apply: Callable[[str], str]


def repair(label: str) -> tuple[str, tuple[str, ...]]:
    r"""The label after all listed repairs, and the names of those that were made.

    >>> repair(r"M\ltN")
    ('M\\lt N', ('glued_command',))
    >>> repair(r"x^2")
    ('x^2', ())
    """
    names = []
    for listed in REPAIRS:
        repaired = listed.apply(label)
        if repaired != label:
            names.append(listed.name)
            label = repaired
    return label, tuple(names)


def _strip_percent(label: str) -> str:
    return label.lstrip().lstrip("%") if label.lstrip().startswith("%") else label


def _split_glued(label: str) -> str:
    return _COMMAND.sub(_split, label)


def _split(match: re.Match[str]) -> str:
    command = match[0]
    if is_known(command) or len(command) < 4 or not is_known(command[:-1]):
        return command
    return f"{command[:-1]} {command[-1]}"


def _index_of_root(label: str) -> str:
    r"""``\sqrt { a } ABOVE { n }`` to ``\sqrt [ n ] { a }``, innermost first."""
    if "ABOVE" not in label:
        return label
    tokens, word = tokenize(label), list("ABOVE")
    changed = False
    start = 0
    while start < len(tokens):
        after = start + len(word)
        if tokens[start:after] == word and tokens[after : after + 1] == ["{"]:
            radicand, index_stop = _group_before(tokens, start), _group_after(tokens, after)
            is_fraction = tokens[index_stop : index_stop + 5] == list("BELOW")
            if radicand and index_stop and tokens[radicand - 1] == "\\sqrt" and not is_fraction:
                index = tokens[after + 1 : index_stop - 1]
                tokens[radicand:index_stop] = ["[", *index, "]", *tokens[radicand:start]]
                changed = True
        start += 1
    return " ".join(tokens) if changed else label


def _group_before(tokens: Sequence[str], stop: int) -> int:
    """Where the group that ends before ``stop`` begins; 0 where there is none."""
    depth = 0
    for place in range(stop - 1, -1, -1):
        depth += (tokens[place] == "}") - (tokens[place] == "{")
        if depth <= 0:
            return place if tokens[place] == "{" else 0
    return 0


def _group_after(tokens: Sequence[str], start: int) -> int:
    """Just past the group that begins at ``start``; 0 where it does not close."""
    depth = 0
    for place in range(start, len(tokens)):
        depth += (tokens[place] == "{") - (tokens[place] == "}")
        if depth == 0:
            return place + 1
    return 0


REPAIRS: tuple[ListedRepair, ...] = (
    ListedRepair(
        name="leading_percent",
        reason="a formula cut from a commented line of its paper: its maker printed it without the first %",
        source="Im2LaTeX-100K sample: 15 of 1,200 formulas, looked at beside their pictures",
        apply=_strip_percent,
    ),
    ListedRepair(
        name="glued_command",
        reason="a known command and the letter after it, written without a space: no such command exists",
        source="CROHME truth strings (\\ltN in form000-equation001, \\gtM in 115_em_156), Im2LaTeX-100K (\\intf)",
        apply=_split_glued,
    ),
    ListedRepair(
        name="index_of_root",
        reason="a root's index in the layout language of the collecting tool; the published label has \\sqrt [ n ]",
        source="CROHME 2014 test: RIT_2014_178, RIT_2014_189, RIT_2014_195",
        apply=_index_of_root,
    ),
)
