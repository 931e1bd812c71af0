"""What all commands have in common: how their help looks and how they end."""

from __future__ import annotations

import argparse
import inspect
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from typing import Any

from unimumer_data.errors import ConfigError, UniMumerError, UnknownSourceError, UnknownTaskError

WORDS = "config.yaml | key=value"
"""The grammar of most commands, see `config.load_config`."""
USAGE_ERRORS = (ConfigError, UnknownSourceError, UnknownTaskError)
INTERRUPTED = 130
"""As shells have it for Ctrl-C."""


def keys_of(config: type) -> str:
    """What the docstring of a configuration says of its keys, and the defaults, for ``--help``."""
    defaults = [f"{one.name}={spell(one.default)}" for one in fields(config) if one.default not in (MISSING, None, ())]
    told = textwrap.fill(" ".join(defaults), 110, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return f"{inspect.cleandoc(config.__doc__ or '')}\n\nDefaults:\n{told}"


def spell(value: Any) -> str:
    """A value as it is written on a command line."""
    return (
        str(value).lower() if isinstance(value, bool) else ",".join(value) if isinstance(value, tuple) else str(value)
    )


def parser(command: str, about: str | None, *, keys: str | None = None) -> argparse.ArgumentParser:
    """A parser whose help shows two texts as they are written.

    Args:
        command: such as ``unimumer build``.
        about: what the command does, mostly the docstring of its module.
        keys: what it can be told, mostly `keys_of` its configuration.
    """
    return argparse.ArgumentParser(
        prog=command, description=about, epilog=keys, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def read_words(
    command: str, about: str | None, argv: Sequence[str] | None, *, keys: str | None = None, metavar: str = WORDS
) -> list[str]:
    """The words of a command that has no other grammar; ``--help`` ends the program."""
    reader = parser(command, about, keys=keys)
    reader.add_argument("words", nargs="*", metavar=metavar)
    words: list[str] = reader.parse_args(argv).words
    return words


def complain(error: Exception) -> int:
    """Tell an error on standard error; the code to return for it, 1 or 2 as `run_command` says."""
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return 2 if isinstance(error, USAGE_ERRORS) else 1


def run_command(act: Callable[[], int | None]) -> int:
    """Do what a command is asked for; what goes wrong is told in one sentence, without a traceback.

    Returns:
        what ``act`` returns, 0 for None; 1 where data, files or the machine are at fault, 2 where the command line
        is, 130 after Ctrl-C.
    """
    try:
        return act() or 0
    except (UniMumerError, OSError) as error:
        return complain(error)
    except KeyboardInterrupt:
        print("\nstopped; run the same command again to go on", file=sys.stderr)
        return INTERRUPTED
