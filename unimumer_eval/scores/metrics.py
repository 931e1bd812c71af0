"""The metrics of this project, in the order in which tables show them. A new one is a file and a line here."""

from __future__ import annotations

from typing import Any

from .bleu4 import BLEU4
from .edits import CHAR_ERROR_RATE, EDIT_SCORE, TOKEN_ERROR_RATE
from .exprate import EXPRATE, EXPRATE_LE1, EXPRATE_LE2, EXPRATE_LE3
from .metric import Metric, TextPairs, TokenPairs
from .similarity import SIMILARITY
from .structure_loose import STRUCTURE_LOOSE
from .visual import CDM_EXPRATE, CDM_F1, CDM_PRECISION, CDM_RECALL, STRUCTURE_F1

TOKEN_METRICS: tuple[Metric[TokenPairs], ...] = (
    EXPRATE,
    EXPRATE_LE1,
    EXPRATE_LE2,
    EXPRATE_LE3,
    EDIT_SCORE,
    BLEU4,
    TOKEN_ERROR_RATE,
    CHAR_ERROR_RATE,
)
"""Computed in each form."""

TEXT_METRICS: tuple[Metric[TextPairs], ...] = (
    CDM_EXPRATE,
    CDM_F1,
    CDM_PRECISION,
    CDM_RECALL,
    STRUCTURE_F1,
    STRUCTURE_LOOSE,
    SIMILARITY,
)
"""Computed once; left out with ``cdm=false``, since they cost most of a scorer's time."""

METRICS: tuple[Metric[Any], ...] = (*TOKEN_METRICS, *TEXT_METRICS)
