"""Print a script that completes commands and their keys in your shell.

    unimumer completion bash > ~/.local/share/bash-completion/completions/unimumer
    unimumer completion zsh > ~/.zfunc/_unimumer

Open a new shell afterwards.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from importlib import import_module
from importlib.util import find_spec

from unimumer_data.__main__ import COMMANDS, Command

from .commandline import one_of, parser


def main(argv: Sequence[str] | None = None) -> int:
    """Print the completion script of a shell; returns 0."""
    import shtab

    reader = parser("unimumer completion", __doc__)
    reader.add_argument(
        "shell", type=one_of(shtab.SUPPORTED_SHELLS), metavar="SHELL", help=", ".join(shtab.SUPPORTED_SHELLS)
    )
    print(shtab.complete(_grammar(), reader.parse_args(argv).shell))
    return 0


def _grammar() -> argparse.ArgumentParser:
    """All commands as one parser, with the keys of each as the words that may follow it."""
    whole = argparse.ArgumentParser("unimumer")
    commands = whole.add_subparsers()
    for name, command in COMMANDS.items():
        words = commands.add_parser(name, help=command.about)
        words.add_argument("words", nargs="*", choices=keys(command) or None)
    return whole


def keys(command: Command) -> list[str]:
    """The keys of a command, each with ``=``; none where its packages are not installed or it has no configuration.

    >>> keys(COMMANDS["preview"])[:2]
    ['path=', 'output=']
    """
    if not all(map(find_spec, command.needs)):
        return []
    found = vars(import_module(command.module)).values()
    configs = [one for one in found if isinstance(one, type) and is_dataclass(one) and one.__name__.endswith("Config")]
    named = [one for one in configs if one.__name__.removesuffix("Config").lower() in command.words]
    return [f"{one.name}=" for config in (named or configs)[-1:] for one in fields(config)]
