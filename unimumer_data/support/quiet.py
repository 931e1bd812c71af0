"""Silence for what the libraries of models say at import and that nobody can act on."""

from __future__ import annotations

import logging
import os
import warnings


def hush_libraries() -> None:
    """Call before torch, transformers or DeepSpeed are imported, in commands that use no DeepSpeed.

    Hides the deprecations that libraries find in each other, DeepSpeed's remark that there is no GPU, and torch's
    remarks about the processor. Errors are shown.
    """
    warnings.simplefilter("ignore", FutureWarning)
    logging.getLogger("DeepSpeed").addFilter(_is_error)
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
