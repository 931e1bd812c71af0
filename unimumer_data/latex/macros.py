r"""What a formula defines itself, written out where it is used: ``\newcommand{\R}{\mathbb{R}} x \in \R``.

Definitions hold from where they stand to the end of the formula; groups do not end them. Where parameters are set
apart by signs, as in ``\def \a ( # 1 )``, the definition goes and its uses stay; without end nothing is written out.

Source: The TeXbook, chapter 20; LaTeX2e, amsmath and mathtools for their own ways to define.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

GROWTH, ROOM = 8, 2000
"""Definitions that would add more than `GROWTH` times the tokens of a formula, and `ROOM` more, stay as they are."""
LONGEST_OPTION = 64
"""Tokens; what takes longer to find its closing bracket is no option, and what comes before a body is no longer."""
_BY_NAME = frozenset(
    r"\newcommand \renewcommand \providecommand \DeclareRobustCommand \DeclareMathOperator"
    r" \DeclarePairedDelimiter".split()
)
_PRIMITIVES = frozenset(r"\def \edef \gdef \xdef".split())
_NO_ARGUMENT = frozenset(("}", r"\begin", r"\end"))
DEFINES = _BY_NAME | _PRIMITIVES | {r"\let"}
"""Commands that define others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Macro:
    r"""What a command stands for.

    Args:
        body: tokens, and the numbers of arguments from 1.
        arguments: how many it reads.
        default: its first argument where no brackets give it; None if that is not optional.
        fences: whether a star or a size in brackets may stand before its argument.
        final: whether what it stands for is not looked at again, as after ``\let``.
    """

    body: Sequence[str | int]
    arguments: int = 0
    default: list[str] | None = None
    fences: bool = False
    final: bool = False


@dataclass(slots=True)
class _Reader:
    """The tokens that are still to come, last first, what is defined so far, and the tokens that one use has taken."""

    rest: list[str]
    room: int
    macros: dict[str, _Macro] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    def argument(self) -> list[str] | None:
        """The next argument without its braces; None where none is left, or it does not close."""
        if not self.rest or self.rest[-1] in _NO_ARGUMENT:
            return None
        if self.rest[-1] == "{":
            return self._group()
        self.taken.append(self.rest.pop())
        return self.taken[-1:]

    def option(self) -> list[str] | None:
        """The next option; None where there is none."""
        if not self.rest or self.rest[-1] != "[":
            return None
        depth = 0
        for index in range(len(self.rest) - 2, max(-1, len(self.rest) - LONGEST_OPTION), -1):
            if self.rest[index] == "]" and depth == 0:
                return self._take(index)
            depth += (self.rest[index] == "{") - (self.rest[index] == "}")
            if depth < 0:
                break
        return None

    def skip(self, token: str) -> bool:
        """Pass over a token if it is the next one."""
        found = bool(self.rest) and self.rest[-1] == token
        if found:
            self.taken.append(self.rest.pop())
        return found

    def give_back(self) -> None:
        """Put back what has been taken."""
        self.rest += self.taken[::-1]

    def _group(self) -> list[str] | None:
        """What stands in the braces that are next; without end nothing can be written out."""
        depth = 0
        for index in range(len(self.rest) - 1, -1, -1):
            depth += (self.rest[index] == "{") - (self.rest[index] == "}")
            if depth == 0:
                return self._take(index)
        self.room = -1
        return None

    def _take(self, index: int) -> list[str]:
        group = self.rest[index:][::-1]
        del self.rest[index:]
        self.taken += group
        return group[1:-1]


def written_out(tokens: Sequence[str]) -> list[str]:
    r"""The tokens without definitions, and with what they say where it is used.

    >>> " ".join(written_out(r"\def \a # 1 { x _ # 1 } \a 2".split()))
    'x _ 2'
    """
    reader = _Reader(list(tokens[::-1]), GROWTH * len(tokens) + ROOM)
    result: list[str] = []
    while reader.rest:
        token = reader.rest.pop()
        reader.taken = []
        if token in DEFINES:
            if not _define(reader, token):
                reader.give_back()
                result.append(token)
        elif token in reader.macros:
            _use(reader, token, result)
        else:
            result.append(token)
        if reader.room < 0:
            return list(tokens)
    return result


def _define(reader: _Reader, token: str) -> bool:
    """Read a definition; whether it could be read."""
    starred = token in _BY_NAME and reader.skip("*")
    name = reader.argument()
    if name is None or len(name) != 1 or name[0][0] != "\\" or not name[0][1:].isalpha() or name[0] in _NO_ARGUMENT:
        return False
    macro = _MEANINGS.get(token, _command)(reader, starred)
    if macro is None:
        return False
    if token == r"\providecommand" and name[0] in reader.macros:
        return True
    if macro is _KEPT:
        reader.macros.pop(name[0], None)
    else:
        reader.macros[name[0]] = macro
    return True


def _alias(reader: _Reader, starred: bool) -> _Macro | None:
    r"""What follows the name in ``\let \name = \other``."""
    reader.skip("=")
    if not reader.rest or reader.rest[-1] in _NO_ARGUMENT or reader.rest[-1] == "{":
        return None
    reader.taken.append(reader.rest.pop())
    return reader.macros.get(reader.taken[-1], _Macro(body=reader.taken[-1:], final=True))


def _operator(reader: _Reader, starred: bool) -> _Macro | None:
    r"""What follows the name in ``\DeclareMathOperator \name {word}``."""
    word = reader.argument()
    if word is None:
        return None
    return _Macro(body=[r"\operatorname*" if starred else r"\operatorname", "{", *word, "}"])


def _pair(reader: _Reader, starred: bool) -> _Macro | None:
    r"""What follows the name in ``\DeclarePairedDelimiter \name {left} {right}``."""
    left, right = reader.argument(), reader.argument()
    if left is None or right is None:
        return None
    return _Macro(body=[*left, 1, *right], arguments=1, fences=True)


def _command(reader: _Reader, starred: bool) -> _Macro | None:
    r"""What follows the name in ``\newcommand \name [2] [default] {body}``."""
    number, default = reader.option(), reader.option()
    body = reader.argument()
    digits = "".join(number or "0")
    if body is None or not (digits.isascii() and digits.isdigit() and len(digits) == 1):
        return None
    return _Macro(body=_body(body), arguments=int(digits), default=default)


def _primitive(reader: _Reader, starred: bool) -> _Macro | None:
    r"""What follows the name in ``\def \name #1 #2 {body}``."""
    number = 0
    while reader.skip("#") and reader.skip(str(number + 1)):
        number += 1
    plain = bool(reader.rest) and reader.rest[-1] == "{"
    for _ in range(LONGEST_OPTION):
        if not reader.rest or reader.rest[-1] in ("{", "}"):
            break
        reader.skip(reader.rest[-1])
    body = reader.argument()
    if body is None:
        return None
    return _Macro(body=_body(body), arguments=number) if plain else _KEPT


def _body(tokens: list[str]) -> list[str | int]:
    """A body with numbers for its parameters; doubled signs are of definitions inside."""
    body: list[str | int] = []
    position = 0
    while position < len(tokens):
        following = tokens[position + 1] if position + 1 < len(tokens) else ""
        if tokens[position] != "#" or not (following == "#" or following.isdigit()):
            body.append(tokens[position])
            position += 1
            continue
        body.append("#" if following == "#" else int(following))
        position += 2
    return body


def _use(reader: _Reader, token: str, result: list[str]) -> None:
    """A command that is defined: what it stands for comes next."""
    macro = reader.macros[token]
    if macro.fences and not reader.skip("*"):
        reader.option()
    arguments: list[list[str]] = []
    if macro.default is not None and macro.arguments:
        option = reader.option()
        arguments.append(macro.default if option is None else option)
    while len(arguments) < macro.arguments:
        argument = reader.argument()
        if argument is None:
            reader.give_back()
            result.append(token)
            return
        arguments.append(argument)
    written: list[str] = []
    for part in macro.body:
        if isinstance(part, str):
            written.append(part)
        elif part <= len(arguments):
            written += arguments[part - 1]
    reader.room -= len(written) + 1
    if macro.final:
        result += written
    else:
        reader.rest += written[::-1]


_KEPT = _Macro(body=[])
"""For a command whose uses stay."""
_MEANINGS: dict[str, Callable[[_Reader, bool], _Macro | None]] = {
    **dict.fromkeys(_PRIMITIVES, _primitive),
    r"\let": _alias,
    r"\DeclareMathOperator": _operator,
    r"\DeclarePairedDelimiter": _pair,
}
"""Command that defines -> what reads the rest of the definition; `_command` for all others."""
