r"""Text to tokens: LaTeX as people write it, or canonical tokens set apart by spaces; both give the same tokens.

`\begin{cases}` becomes the two tokens ``\begin`` and ``{cases}``, as in the published records. White space and
comments carry nothing in mathematics. Unicode that has a LaTeX name gets it (`≤` is ``\leq``), by the table of
pylatexenc; other characters, such as CJK, stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .grammar import ENVIRONMENTS, REGISTERS
from .halign import arrays_of
from .lengths import UNITS
from .macros import DEFINES, written_out

_REGISTERS = "|".join(re.escape(name) for name in sorted(REGISTERS, key=len, reverse=True))
_ENVIRONMENT = re.compile(r"\\\\|\\(begin|end)\s*\{([A-Za-z\s]*\*?)\s*\}(\[[^\]\[{}\\]{0,20}\])?")
_TOKEN = re.compile(
    r"(?:(?<=\\begin )|(?<=\\end ))\{[A-Za-z]*\*?\}"
    r"|\\(?:operatorname|hspace|vspace|tag)\*"
    r"|\\[A-Za-z]+"
    r"|\\[^\s\x00-\x1f\x7f]"
    r"|\\[ \t\n]"
    r"|%[^\n]*"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"  # some of these count as white space, yet the parser must see them
    r"|[^\s]"
)
_SPACED_UNITS = "|".join(r"\s*".join(unit) for unit in (*sorted(UNITS), "filll", "fill", "fil"))
_EXPRESSION = r"\\(?:dim|glue|mu|num)expr(?![A-Za-z])[^\]\[{}&]*"
_LENGTH = rf"[-+]?\s*(?:[.,]?\s*\d[\d.,\s]*(?:{_SPACED_UNITS})|[\d.,\s]*(?:{_REGISTERS}))"
_ROW_GAP = rf"\s*\[\s*(?:{_LENGTH}(?:\s*(?:plus|minus)\s*{_LENGTH})*|{_EXPRESSION})\s*\]"
_ROW_BREAK = re.compile(rf"(?:\\\\|\\tabularnewline(?![A-Za-z]))\*?(?:{_ROW_GAP})?")
r"""A row break: the star and the gap after it say nothing. ``\\\\ *`` is a break and a star that prints."""
_THICK_RULE = re.compile(rf"(\\(?:top|mid|bottom)rule)(?![A-Za-z]){_ROW_GAP}")
"""A rule of booktabs; the thickness after it says nothing."""

_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+-=()ni", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₙ", "0123456789+-=()aeoxn", strict=True))
_SCRIPTS = re.compile(f"([{''.join(_RAISED)}]+)|([{''.join(_LOWERED)}]+)")
_TABLES = frozenset((r"\halign", r"\ialign"))
_STRUCK = "\u0338"
"""The stroke that makes ``\\not =`` of an equals sign."""
_NAMED = re.compile(r"\\ensuremath\{(\\[A-Za-z]+(?:\{[A-Za-z]\})?|[A-Za-z+*/<>=-])\}")
_OWN_NAMES = {
    # pylatexenc names these for text mode, or not at all
    "×": r"\times ",
    "÷": r"\div ",
    "·": r"\cdot ",
    "→": r"\rightarrow ",
    "←": r"\leftarrow ",
    "↑": r"\uparrow ",
    "↓": r"\downarrow ",
    "°": r"^{\circ}",
    "…": r"\ldots ",
    "µ": r"\mu ",
    "¬": r"\neg ",
    "½": r"\frac{1}{2}",
    "¼": r"\frac{1}{4}",
    "¾": r"\frac{3}{4}",
    "−": "-",
    "–": "-",
    "∣": "|",
    "′": "'",
    "″": "''",
    "‴": "'''",
    "√": "√",  # a surd without its bar: what it covers is not known
    "\u00a0": " ",
    "\u200b": " ",
    "\ufeff": " ",
}


def tokenize(text: str) -> list[str]:
    r"""Split LaTeX into tokens.

    >>> tokenize(r"x^2_i \begin{cases} 1 \end{cases}")
    ['x', '^', '2', '_', 'i', '\\begin', '{cases}', '1', '\\end', '{cases}']

    Returns:
        Tokens in order; a control character comes back as a token of its own, for the parser to refuse.
    """
    if not text.isascii():
        text = _name_unicode(text)
    if "\\begin" in text or "\\end" in text:
        text = _ENVIRONMENT.sub(_split_name, text)
    if "\\\\" in text or "\\tabularnewline" in text:
        text = _ROW_BREAK.sub(r"\\\\ ", text)
    if "rule" in text:
        text = _THICK_RULE.sub(r"\1 ", text)
    tokens = _TOKEN.findall(text)
    if "%" in text:
        tokens = [token for token in tokens if token[0] != "%"]
    if "def" in text or "command" in text or "\\let" in text or "Declare" in text:
        tokens = tokens if DEFINES.isdisjoint(tokens) else written_out(tokens)
    if "align" in text:
        tokens = tokens if _TABLES.isdisjoint(tokens) else arrays_of(tokens)
    return tokens


def begins_with_gap(tokens: list[str]) -> bool:
    """Whether tokens that begin with a row break, or a rule, would be read with a length in brackets after it."""
    text = " ".join(tokens)
    match = _ROW_BREAK.match(text) or _THICK_RULE.match(text)
    return match is not None and match[0][-1] == "]"


def _split_name(match: re.Match[str]) -> str:
    if not match[1]:
        return match[0]
    name, option = "".join(match[2].split()), match[3] or ""
    environment = ENVIRONMENTS.get(name)
    if match[1] == "begin" and environment is not None and environment.option and not environment.starred:
        option = ""  # the place on the line: it says nothing
    return f"\\{match[1]} {{{name}}} {option}"


def _name_unicode(text: str) -> str:
    text = _SCRIPTS.sub(_spell_script, text)
    return "".join([char if char.isascii() else _name(char) for char in text])


def _spell_script(match: re.Match[str]) -> str:
    if match[1]:
        return "^{" + "".join([_RAISED[char] for char in match[1]]) + "}"
    return "_{" + "".join([_LOWERED[char] for char in match[2]]) + "}"


@lru_cache(maxsize=4096)
def _name(char: str) -> str:
    if char in _OWN_NAMES:
        return _OWN_NAMES[char]
    # italic and bold letters of the mathematical block are letters; their fonts are not distinguished here
    plain = unicodedata.normalize("NFKC", char) if "\U0001d400" <= char <= "\U0001d7ff" else char
    if plain.isascii():
        return plain
    if (parts := unicodedata.normalize("NFD", plain))[1:] == _STRUCK:
        return r"\not " + _name(parts[0])
    named = _NAMED.fullmatch(_unicode_names().get(ord(plain), ""))
    return named[1] + " " if named else plain


@lru_cache(maxsize=1)
def _unicode_names() -> dict[int, str]:
    from pylatexenc.latexencode import get_builtin_uni2latex_dict

    names: dict[int, str] = get_builtin_uni2latex_dict()
    return names
