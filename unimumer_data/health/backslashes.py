r"""Backslashes that a file lost or doubled on its way: hand-written JSON, text that was escaped twice.

In JSON ``"5 \times 10"`` is a tab and ``imes``, ``"\\\\frac"`` is a row break and ``frac``. Both can be read as LaTeX,
and neither is what was meant.
"""

from __future__ import annotations

import re

from unimumer_data.latex.grammar import is_known

_ESCAPES = {"\t": "t", "\n": "n", "\r": "r"}
_LOST = re.compile(r"([\t\n\r])([A-Za-z]+)")
_BEFORE_LETTERS = re.compile(r"(?<!\\)(\\++)([A-Za-z]+)")  # linear in a run without letters
_LONGEST_NAME = 40  # characters; no command has more


def restore_lost(label: str) -> tuple[str, list[str]]:
    r"""The label with the backslashes that became tabs and line ends, and the commands that they begin.

    >>> restore_lost("5 \times 10")
    ('5 \\times 10', ['\\times'])
    """
    if label.isprintable():
        return label, []
    found: list[str] = []

    def restore(match: re.Match[str]) -> str:
        name = _ESCAPES[match[1]] + match[2]
        command = next(
            ("\\" + name[:stop] for stop in range(min(len(name), _LONGEST_NAME), 1, -1)
             if (stop == len(name) or stop > 3) and is_known("\\" + name[:stop])), None
        )  # fmt: skip
        if command is None:
            return match[0]
        found.append(command)
        return f"{command} {name[len(command) - 1 :]}".rstrip() if len(command) <= len(name) else command

    return _LOST.sub(restore, label), found


def restore_doubled(label: str) -> tuple[str, list[str]]:
    r"""The label with single backslashes, if all of its commands have two; and these commands.

    >>> restore_doubled(r"\\frac { 1 } { 2 }")
    ('\\frac { 1 } { 2 }', ['\\frac'])
    """
    if "\\\\" not in label:
        return label, []
    runs = _BEFORE_LETTERS.findall(label)
    found = [f"\\{name}" for _, name in runs if len(name) > 1 and is_known(f"\\{name}")]
    if not found or any(len(slashes) % 2 for slashes, _ in runs):
        return label, []
    single = label.replace("\\\\", "\\")
    return restore_doubled(single)[0], found
