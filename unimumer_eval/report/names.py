r"""What a command prints: ``\alpha`` is α. From pylatexenc, with what it lacks or does not distinguish."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_OWN = {
    r"\phi": "ϕ",
    r"\varphi": "φ",
    r"\epsilon": "ϵ",
    r"\varepsilon": "ε",
    r"\prime": "′",
    r"\{": "{",
    r"\}": "}",
    r"\|": "‖",
    r"\mid": "|",
    r"\ldots": "…",
    r"\dots": "…",
    r"\cdots": "⋯",
    r"\neq": "≠",
    r"\notin": "∉",
    r"\not": "⧸",
    r"\setminus": "∖",
    r"\square": "□",
    r"\degree": "°",
    r"\iint": "∬",
    r"\iiint": "∭",
    r"\oiint": "∯",
    r"\leqslant": "⩽",
    r"\geqslant": "⩾",
    r"\lbrace": "{",
    r"\rbrace": "}",
    r"\mod": "mod",
    "-": "−",
    "'": "′",
    "*": "∗",
}


def printed_names(tokens: Iterable[str]) -> dict[str, str]:
    r"""What the commands among the tokens print, where that is known and not the token itself.

    >>> printed_names(["x", r"\leq", r"\frac"])
    {'\\leq': '≤'}
    """
    names = {token: _OWN.get(token) or _from_pylatexenc(token) for token in sorted(set(tokens))}
    return {token: name for token, name in names.items() if name}


def _from_pylatexenc(token: str) -> str:
    if not token.startswith("\\") or len(token) < 2:
        return ""
    spec = _database().get_macro_spec(token[1:])
    text = getattr(spec, "simplify_repl", "")
    return text if isinstance(text, str) and text.strip() and "%" not in text else ""


@lru_cache(maxsize=1)
def _database() -> Any:
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()
