"""Evaluation and use of HMER models: predict, score, show, recognise.

from unimumer_eval import Recognizer
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unimumer_data import __version__

if TYPE_CHECKING:
    from .recognize import Recognition, Recognizer

__all__ = ["Recognition", "Recognizer", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the recognizer when it is asked for: scores and comparisons need no engine."""
    if name in ("Recognition", "Recognizer"):
        from . import recognize

        return getattr(recognize, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
