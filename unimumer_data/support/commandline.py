"""What all commands have in common: how their help looks and how they end."""

from __future__ import annotations

import argparse
import io
import sys
import textwrap
import typing
from collections.abc import Callable, Collection, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, Literal

from unimumer_data.errors import ConfigError, UniMumerError, UnknownSourceError, UnknownTaskError, suggestion

from .tables import printable_lines

WORDS = "config.yaml | key=value"
"""The grammar of most commands, see `config.load_config`."""
USAGE_ERRORS = (ConfigError, UnknownSourceError, UnknownTaskError)
LONGEST_ERROR = 4000
"""Characters of an error that are shown; a file that was taken for something else has lines of any length."""
INTERRUPTED = 130
"""As shells have it for Ctrl-C."""


def keys_of(config: type, prefix: str = "") -> str:
    """The keys of a configuration for ``--help``: name, meaning, choices and default of each.

    Args:
        config: a dataclass.
        prefix: stands before each key on the command line.
    """
    hints = typing.get_type_hints(config)
    lines = ["keys:"]
    for one in fields(config):
        if one.metadata.get("section"):
            lines += ["", f"{one.metadata['section']}:"]
        lines.append(entry(prefix + one.name, _meaning(one, hints[one.name])))
    return "\n".join(lines)


def entry(name: str, text: str) -> str:
    """One line of a list in a help text, continued below itself where it is long."""
    width = 19
    head = f"  {name:<{width - 2}}"
    if len(name) > width - 3:
        head += "\n" + " " * width
    return head + textwrap.fill(
        text, 110, initial_indent=" " * width, subsequent_indent=" " * width, break_on_hyphens=False
    ).removeprefix(" " * width)


def _meaning(one: Field[Any], hint: Any) -> str:
    """What a key means, its choices, and its default."""
    text: str = one.metadata.get("about", "")
    choices = next((typing.get_args(part) for part in (hint, *typing.get_args(hint)) if _is_literal(part)), ())
    if choices:
        text += f" ({' | '.join(map(str, choices))})"
    if one.default is MISSING and one.default_factory is MISSING:
        return f"{text} (required)"
    if one.default in (MISSING, None, (), ""):
        return text
    return text + f" (default: {format_value(one.default)})"


def _is_literal(hint: Any) -> bool:
    return typing.get_origin(hint) is Literal


def format_value(value: Any) -> str:
    """A value as it is written on a command line."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def parser(command: str, about: str | None, *, keys: str | None = None) -> argparse.ArgumentParser:
    """A parser whose help shows two texts as they are written, but for the double backticks of docstrings.

    Args:
        command: such as ``unimumer build``.
        about: what the command does, usually the docstring of its module.
        keys: its keys, usually `keys_of` its configuration.
    """
    description = (about or "").replace("``", "")
    return argparse.ArgumentParser(
        prog=command, description=description, epilog=keys, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def one_of(known: Collection[str]) -> Callable[[str], str]:
    """The ``type`` of an argument that must be one of some words; a slip is answered with the nearest."""

    def check(word: str) -> str:
        if word not in known:
            raise argparse.ArgumentTypeError(f"{word!r}{suggestion(word, known)}. Known: {', '.join(known)}")
        return word

    return check


def read_words(
    command: str, about: str | None, argv: Sequence[str] | None, *, keys: str | None = None, metavar: str = WORDS
) -> list[str]:
    """Parse the positional arguments of a command that takes only ``key=value`` words; ``--help`` ends the program."""
    reader = parser(command, about, keys=keys)
    reader.add_argument("words", nargs="*", metavar=metavar)
    words: list[str] = reader.parse_args(argv).words
    return words


def report_error(error: Exception) -> int:
    """Print an error on standard error; returns the exit code for it, 1 or 2 as `run_command` says."""
    text = printable_lines(f"{type(error).__name__}: {error}")
    print(text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]} ...", file=sys.stderr)
    return 2 if isinstance(error, USAGE_ERRORS) else 1


def show_any_text() -> None:
    """From now on a text that the terminal cannot show is printed in escapes, and ends no command."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def run_command(act: Callable[[], int | None]) -> int:
    """Run a command; an error of the user's becomes one sentence without a traceback.

    Returns:
        what ``act`` returns, 0 for None; 1 if data, files or the machine are at fault, 2 if the command line is,
        130 after Ctrl-C.
    """
    show_any_text()
    try:
        return act() or 0
    except (UniMumerError, OSError) as error:
        return report_error(error)
    except KeyboardInterrupt:
        print("\nstopped; run the same command again to continue", file=sys.stderr)
        return INTERRUPTED
