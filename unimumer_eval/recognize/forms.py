"""The forms in which an expression can be copied: two of LaTeX, MathML, Typst."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from unimumer_data.errors import ConfigError, LatexSyntaxError
from unimumer_data.latex import canonical

from .typst import to_typst

CopyForm = Literal["records", "strict", "mathml", "typst"]


def to_mathml(latex: str) -> str:
    r"""A ``<math>`` element in display style.

    Args:
        latex: LaTeX as people write it, or canonical tokens.

    Raises:
        LatexSyntaxError: it cannot be read.
        ConfigError: latex2mathml is not installed.
    """
    try:
        from latex2mathml.converter import convert
        from latex2mathml.exceptions import NoAvailableTokensError
    except ImportError as error:
        raise ConfigError("copy=mathml needs one more package: pip install latex2mathml") from error
    compact = canonical(latex, "strict").replace(r"\begin {", r"\begin{").replace(r"\end {", r"\end{")
    try:
        return str(convert(compact, display="block")) if compact else ""
    except (NoAvailableTokensError, ValueError, IndexError, KeyError) as error:
        raise LatexSyntaxError(f"cannot be written as MathML ({type(error).__name__})", reason="mathml") from error


def _records(latex: str) -> str:
    return canonical(latex, "records")


def _strict(latex: str) -> str:
    return canonical(latex, "strict")


FORMS: Mapping[CopyForm, Callable[[str], str]] = {
    "records": _records,
    "strict": _strict,
    "mathml": to_mathml,
    "typst": to_typst,
}
