r"""Labels that hold sentences: the words of another column, or text that nobody has put into ``\text{}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from unimumer_data.latex import tokenize

LETTERS = 8
"""Letters of a label of letters and digits alone; fewer may be a product of variables."""

VARIABLES = 11
"""Letters that may all be variables, where none comes twice."""

WORDS = frozenset(
    """all and answer any assume because between but calculate can circle compute consider denote determine each
    equation equations evaluate every expression figure find following for formula from function given has have hence
    if into its less let more not number of only or otherwise page point problem prove question show simplify since
    solution solve some square such suppose than that the then there therefore these this those thus total triangle
    was when where which while with word""".split()
)
"""English words of exercises and sentences. Of 95,709 labels of CROHME, HME100K, MathWriting and Im2LaTeX, 9 have one
outside of a font, 8 of them in a sentence. `is`, `in`, `at` and `area` are products or names as often."""

# an argument of a command or a script that holds one text, a command without one, a comment
_SET = re.compile(r"(?:\\[A-Za-z]+\*?|[_^])\s*(?:\[[^\[\]{}\\]*\]\s*)?\{[^{}\\]*\}|\\[A-Za-z]+|(?<!\\)%.*")
_SWITCH = re.compile(r"\\(?:rm|bf|it|sf|tt|sl|cal|mbox|hbox|text[a-z]*|math[a-z]*)(?![A-Za-z])(?!\s*\{[^{}\\]*\})")
_WORD = re.compile(r"(?<![^\s(,.;:$~])[A-Za-z]{2,}(?![^\s),.;:!?$~])")
_IN_LETTERS = re.compile("|".join(sorted((word for word in WORDS if len(word) > 3), key=len, reverse=True)))
_PUNCTUATION = re.compile(r"[.,;:!?'\"()\-`\d]")
_PAIR = re.compile(r"[^\W\d_]{2}")
_RUN = re.compile(r"[^\W\d_]{3,}")


def prose(label: str, tokens: Sequence[str] | None = None) -> str:
    r"""What shows that a label holds words of a sentence, in words; empty where nothing does.

    Records have a space after each letter, so their words are looked for in stretches of letters, and short words are
    not found.

    >>> prose("solve for x where y = 2"), prose("s o l v e f o r x w h e r e y = 2")
    ("the word 'solve' outside \\text{}", "the word 'solve' outside \\text{}")
    >>> prose(r"x = 2 \text{ if } y > 0"), prose("e ^ { i n x }")
    ('', '')

    Args:
        label: LaTeX, raw or canonical.
        tokens: those of the label, where they are known.
    """
    tokens = tokenize(label) if tokens is None else tokens
    characters = _characters(tokens)
    if letters := _text_alone(characters):
        return f"{letters} letters and nothing else"
    if not _PAIR.search(characters):
        return ""
    word = _spaced(label) or _unspaced(tokens, characters)
    return f"the word {word!r} outside \\text{{}}" if word else ""


def _text_alone(characters: str) -> int:
    """The number of letters of a label that has nothing else and is no product of variables; else 0."""
    if "\\" in characters:
        return 0
    letters = _PUNCTUATION.sub("", characters)
    if len(letters) < LETTERS or not (letters.isascii() and letters.isalpha()):
        return 0
    distinct = len(set(letters))
    return len(letters) if distinct > LETTERS // 2 and (distinct < len(letters) or distinct > VARIABLES) else 0


def _spaced(label: str) -> str:
    """The first word of a label that is written as people write."""
    if not _WORD.search(label) or _SWITCH.search(label):  # a switch sets what follows it, however far
        return ""
    return next((word for word in _WORD.findall(_SET.sub("#", label)) if word.lower() in WORDS), "")


def _unspaced(tokens: Sequence[str], characters: str) -> str:
    """The first word in stretches of single letters, as records have them."""
    for run in _RUN.finditer(characters):
        if (match := _IN_LETTERS.search(run[0])) and not _is_set(tokens, run.start()):
            return match[0]
    return ""


def letter_runs(tokens: Sequence[str]) -> Iterator[tuple[int, str]]:
    """(index, letters) of each stretch of more than two single letters."""
    return ((run.start(), run[0]) for run in _RUN.finditer(_characters(tokens)))


def _characters(tokens: Sequence[str]) -> str:
    """One character a token: itself, or a backslash for a longer one."""
    return "".join([token if len(token) == 1 else "\\" for token in tokens])


def _is_set(tokens: Sequence[str], start: int) -> bool:
    r"""Whether the letters open the argument of a command or script, or follow a font: ``\mathrm { f o r }``."""
    before = tokens[max(0, start - 2) : start]
    return bool(before) and (before[-1][0] == "\\" or (before[-1] == "{" and before[0][0] in "\\_^"))
