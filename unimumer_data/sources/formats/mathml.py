r"""LaTeX from the presentation MathML of a CROHME file: what the label falls back on where the truth is damaged.

Leaves hold LaTeX (``<mo>\sum</mo>``), in some files without the backslash or as the name of an entity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.parsers import expat

from unimumer_data.errors import InkError
from unimumer_data.latex.grammar import COMMANDS, FUNCTIONS, SYMBOLS
from unimumer_data.support.limits import MATHML_BYTES, MATHML_DEPTH

# element -> its LaTeX; an element that is not listed is its parts in a row.
_TEMPLATES: Mapping[str, str] = {
    "msub": "{{{0}}}_{{{1}}}",
    "msup": "{{{0}}}^{{{1}}}",
    "msubsup": "{{{0}}}_{{{1}}}^{{{2}}}",
    "munder": "{0}_{{{1}}}",
    "mover": "{0}^{{{1}}}",
    "munderover": "{0}_{{{1}}}^{{{2}}}",
    "mfrac": r"\frac{{{0}}}{{{1}}}",
    "mroot": r"\sqrt[{1}]{{{0}}}",
}
_LEAVES = frozenset({"mi", "mo", "mn", "mtext", "ms"})
_ENTITIES = {
    "infin": r"\infty",
    "rarr": r"\rightarrow",
    "le": r"\leq",
    "ge": r"\geq",
    "ne": r"\neq",
    "div": r"\div",
    "pm": r"\pm",
}
_NAMES = SYMBOLS | {"\\" + name for name in FUNCTIONS} | set(COMMANDS)


def mathml_to_latex(text: str, *, name: str) -> str:
    """The LaTeX of a MathML layout. ``name`` opens the error messages.

    Raises:
        InkError: not well-formed, or an element with too few arguments.
    """
    stack: list[tuple[str, list[str]]] = [("", [])]
    if len(text) > MATHML_BYTES:
        raise InkError(f"{name}: its MathML has {len(text)} characters, more than a formula needs")

    def start(tag: str, _: dict[str, str]) -> None:
        if len(stack) > MATHML_DEPTH:
            raise InkError(f"{name}: its MathML is nested deeper than {MATHML_DEPTH}, more than a formula needs")
        stack.append((tag.rpartition(":")[2], []))

    def end(_: str) -> None:
        tag, parts = stack.pop()
        stack[-1][1].append(_write(tag, parts, name))

    def text_of(data: str) -> None:
        if stack[-1][0] in _LEAVES:
            stack[-1][1].append(data)

    parser = expat.ParserCreate()
    handlers: tuple[Callable[..., None], ...] = (start, end, text_of)
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = handlers
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        raise InkError(f"{name}: its MathML cannot be read: {error}") from None
    return "".join(stack[0][1])


def _write(tag: str, parts: list[str], name: str) -> str:
    if tag in _LEAVES:
        leaf = "".join(parts).strip()
        bare = len(leaf) > 1 and "\\" + leaf in _NAMES
        return _ENTITIES.get(leaf, "\\" * bare + leaf) + " "
    if tag == "msqrt":
        return rf"\sqrt{{{''.join(parts)}}}"
    template = _TEMPLATES.get(tag)
    if template is None:
        return "".join(parts)
    try:
        return template.format(*parts)
    except IndexError:
        raise InkError(f"{name}: MathML <{tag}> has {len(parts)} parts, too few") from None
