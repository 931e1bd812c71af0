r"""What is wrong with a label, by rule. `lint` changes nothing: it says what a person should look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unimumer_data.latex import parse_tokens, prints_ink, tokenize
from unimumer_data.latex.grammar import FUNCTIONS, is_known
from unimumer_data.latex.parser import Repair
from unimumer_data.records.record import IMAGE_TOKEN

from .backslashes import restore_doubled, restore_lost
from .prose import letter_runs, prose

KINDS: dict[str, str] = {
    "empty": "there is no label, or none that prints ink",
    "unbalanced": "a brace, bracket, environment or \\right without its partner",
    "syntax": "cannot be read for another reason: a missing argument, a second script ...",
    "layout_word": "a word of a layout language (ABOVE, BELOW) that slipped into the LaTeX",
    "lost_backslash": "a command whose backslash became white space, as \\t does in JSON",
    "doubled_backslash": "every backslash is doubled: the file was escaped twice",
    "markup": "MathML, HTML, an XML entity or JSON in place of LaTeX",
    "prose": "words of a sentence: the column of labels may be another one, or the words belong into \\text{}",
    "placeholder": "a word that stands for a missing label (nan, N/A, TODO)",
    "unknown_command": "a command that the grammar does not know; often two tokens glued together",
    "letters_for_function": "a function name spelled as letters (l o g), as normalisers make of \\mathrm{log}",
    "special_token": "text that the model's tokenizer or LLaMA-Factory takes for a control token",
    "crowded": "more symbols than the picture has room for: the label belongs to another picture, or was pasted twice",
    "long": "longer than the training window of 2,048 tokens can hold",
}
"""Kind of finding -> what it means. The order is that of reports."""

SERIOUS = ("empty", "unbalanced", "syntax", "layout_word", "markup")
"""Kinds that make a label unfit for training as it stands."""

LAYOUT_WORDS = ("ABOVE", "BELOW", "SUBSC", "SUPER")
PIXELS_A_SYMBOL = 64
"""Fewer pixels (height times width) a symbol is crowded. Least seen on sound data: 369 (CROHME 2014, tight crops)."""

LONGEST = 1024
"""LaTeX tokens; about 2,048 of Qwen's with the tree text before them."""

_MARKUP = re.compile(
    r"</(?:[A-Za-z]+:)?[A-Za-z]+>|<(?:[A-Za-z]+:)?math[\s>]|&(?:lt|gt|amp|nbsp|quot|times|minus|plusmn|#x?[0-9A-Fa-f]+);"
    r'|^\s*\[?\s*\{\s*"\w+"\s*:'
)
_PLACEHOLDERS = frozenset(
    "nan none null undefined n/a #n/a #ref! #value! todo tbd unknown unreadable illegible".split()
)
_SPECIAL = re.compile(r"<\|[a-z_]+\|>|" + re.escape(IMAGE_TOKEN) + r"|<video>|<audio>")
_FUNCTION_RUN = re.compile("|".join(sorted((name for name in FUNCTIONS if len(name) > 2), key=len, reverse=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: its kind (`KINDS`), the token index where it shows (None: everywhere), and words."""

    kind: str
    message: str
    index: int | None = None


def lint(label: str, *, size: tuple[int, int] | None = None) -> list[Finding]:
    r"""Look over one label.

    >>> [finding.kind for finding in lint(r"\frac { 1 { 2 } + l o g x")]
    ['unbalanced', 'syntax', 'letters_for_function']

    Args:
        label: LaTeX, raw or canonical.
        size: (width, height) of its picture in pixels, where known.

    Returns:
        Findings in the order of `KINDS`, then of the tokens.
    """
    tokens = tokenize(label)
    found = [
        *_syntax(tokens),
        *_words(tokens),
        *_text(label, tokens),
        *_backslashes(label),
        *_special(label),
        *_room(tokens, size),
    ]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda finding: (order[finding.kind], finding.index or 0))


def damage(label: str) -> str:
    """The first serious fault of a label in words, or an empty string: whether a second truth should be asked.

    >>> damage("x ^ { 2")
    "unbalanced: '}' is missing, opened at token 0"
    """
    serious = [finding for finding in lint(label) if finding.kind in SERIOUS]
    return f"{serious[0].kind}: {serious[0].message}" if serious else ""


def _syntax(tokens: list[str]) -> Iterator[Finding]:
    if not any(prints_ink(token) for token in tokens):
        yield Finding(kind="empty", message="no token that prints ink")
    repairs: list[Repair] = []
    parse_tokens(tokens, repairs=repairs)
    for repair in repairs:
        kind = "unbalanced" if repair.reason.startswith("unbalanced") else "syntax"
        yield Finding(kind=kind, message=repair.message, index=repair.index)


def _words(tokens: list[str]) -> Iterator[Finding]:
    for index, token in enumerate(tokens):
        if token[0] == "\\" and not is_known(token):
            yield Finding(kind="unknown_command", message=f"unknown command {token}", index=index)
    for start, run in letter_runs(tokens):
        for word in LAYOUT_WORDS:
            if word in run:
                place = start + run.index(word)
                yield Finding(kind="layout_word", message=f"the word {word} as letters", index=place)
        function = _FUNCTION_RUN.match(run)
        if function and len(run) - function.end() <= 1 and not _is_in_font(tokens, start):
            message = f"{function[0]} as letters; \\{function[0]} is meant?"
            yield Finding(kind="letters_for_function", message=message, index=start)


def _text(label: str, tokens: Sequence[str]) -> Iterator[Finding]:
    """Text of another language than LaTeX. Spaces count for nothing: records have one after each letter."""
    joined = "".join(tokens)
    if found := markup(joined):
        yield Finding(kind="markup", message=f"{found} in the text")
        return
    if joined.lower() in _PLACEHOLDERS:
        yield Finding(kind="placeholder", message=f"{joined} stands for a missing label?")
    if found := prose(label, tokens):
        yield Finding(kind="prose", message=found)


def markup(text: str) -> str:
    """The first piece of MathML, HTML, an XML entity or a JSON object in a text; empty where there is none.

    >>> markup("<mml:math><mml:mi>x</mml:mi></mml:math>"), markup("a < b > c")
    ('<mml:math>', '')
    >>> markup('[{"transcription": "x"}]')
    '[{"transcription":'
    """
    match = _MARKUP.search(text) if "<" in text or "&" in text or '"' in text else None
    return match[0] if match else ""


def _backslashes(label: str) -> Iterator[Finding]:
    lost, commands = restore_lost(label)
    if commands:
        yield Finding(kind="lost_backslash", message=f"{commands[0]} became white space and letters")
    _, commands = restore_doubled(lost)
    if commands:
        yield Finding(kind="doubled_backslash", message=f"a row break and letters for {commands[0]}")


def _is_in_font(tokens: Sequence[str], start: int) -> bool:
    r"""Whether the letters open a group of a font command, ``\mathrm { l o g }``: then they are meant as a word."""
    return start > 1 and tokens[start - 1] == "{" and tokens[start - 2][0] == "\\"


def _special(label: str) -> Iterator[Finding]:
    for match in _SPECIAL.finditer(label):
        yield Finding(kind="special_token", message=f"{match[0]} in the text")


def _room(tokens: Sequence[str], size: tuple[int, int] | None) -> Iterator[Finding]:
    if len(tokens) > LONGEST:
        yield Finding(kind="long", message=f"{len(tokens)} tokens")
    symbols = sum(prints_ink(token) for token in tokens)
    if size and symbols and size[0] * size[1] < PIXELS_A_SYMBOL * symbols:
        yield Finding(kind="crowded", message=f"{symbols} symbols in {size[0]}x{size[1]} pixels")
