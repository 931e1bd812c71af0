r"""Every error that a user can cause; the message says where, what, and what to do.

    UniMumerError (ValueError)
    |-- ConfigError             a key or value of a YAML file or of the command line
    |-- SourceError             a corpus: wrong path, wrong layout, a table that cannot be read
    |   `-- InkError            an InkML file
    |-- ImageError              a picture that cannot be opened or is out of bounds
    |-- LatexSyntaxError        a formula; carries the token index
    |-- TreeTextError           a Tree-CoT text; carries the line number
    |-- CountTextError          a symbol counting text
    |-- EditTextError           a marked formula or a correction log; names the token
    |-- RecordError             a ShareGPT record that LLaMA-Factory would drop or misread
    |-- UnknownTaskError        no such task
    |-- UnknownSourceError      no such corpus reader
    |-- RegistryError           dataset_info.json
    |-- OutputError             a file or folder that cannot be written
    |-- PredictionError         a prediction file
    |   `-- MissingPredictionError
    `-- EngineError             an inference engine that cannot start

All are ValueErrors: KeyError would print line breaks as ``\n``.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UniMumerError(ValueError):
    """Base of all errors above. ``reason`` is the short name under which drops are counted."""

    reason = "error"


class ConfigError(UniMumerError):
    """A key or value of a YAML file or of the command line."""

    reason = "config"


class SourceError(UniMumerError):
    """A corpus: wrong path, wrong layout, a table that cannot be read."""

    reason = "source"


class InkError(SourceError):
    """An InkML file."""

    reason = "ink"


class ImageError(UniMumerError):
    """A picture that cannot be opened or exceeds a limit."""

    reason = "image"


class LatexSyntaxError(UniMumerError):
    """A formula that cannot be read as it stands.

    Args:
        message: what is wrong, without the place.
        reason: class of the fault, for counting (``unbalanced_brace``, ``missing_argument`` ...).
        index: token index of the fault, from 0.
        context: the tokens around the fault, which is between ``>>`` and ``<<``.
    """

    reason = "latex"

    def __init__(self, message: str, *, reason: str = "latex", index: int | None = None, context: str = "") -> None:
        self.message, self.reason, self.index, self.context = message, reason, index, context
        place = "" if index is None else f"token {index}: "
        super().__init__(f"{place}{message}" + (f"   in:  {context}" if context else ""))


class TreeTextError(UniMumerError):
    """A Tree-CoT text; the message has the line number."""

    reason = "tree_text"


class CountTextError(UniMumerError):
    """A symbol counting text."""

    reason = "count_text"


class EditTextError(UniMumerError):
    """A marked formula or a correction log; the message names the token."""

    reason = "edit_text"


class RecordError(UniMumerError):
    """A ShareGPT record that LLaMA-Factory would drop or misread."""

    reason = "record"


class UnknownTaskError(UniMumerError):
    """No task of that name."""

    reason = "unknown_task"


class UnknownSourceError(UniMumerError):
    """No corpus reader of that name."""

    reason = "unknown_source"


class RegistryError(UniMumerError):
    """An entry of dataset_info.json, or the file itself."""

    reason = "registry"


class OutputError(UniMumerError):
    """A file or folder that cannot be written."""

    reason = "output"


class PredictionError(UniMumerError):
    """A prediction file."""

    reason = "prediction"


class MissingPredictionError(PredictionError):
    """Labels without a prediction."""

    reason = "missing_prediction"


class EngineError(UniMumerError):
    """An inference engine that cannot start or go on."""

    reason = "engine"


def suggestion(word: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the nearest known word, else an empty string.

    >>> suggestion("taks", ["tasks", "seed"])
    " (did you mean 'tasks'?)"
    >>> suggestion("TEST", ["train", "test"])
    " (did you mean 'test'?)"
    """
    words = list(known)
    small = {one.lower(): one for one in words}
    near = get_close_matches(word, words, n=1) or [small[one] for one in get_close_matches(word.lower(), small, n=1)]
    return f" (did you mean {near[0]!r}?)" if near else ""
