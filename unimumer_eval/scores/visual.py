"""How a formula looks on paper and what stands where: CDM and structure F1 as metrics of a set."""

from __future__ import annotations

from itertools import starmap

from .metric import Columns, Metric, TextPairs, column
from .structure import structure_f1


def _exact(pairs: TextPairs) -> Columns:
    return column([score.exact for score in pairs.cdm])


def _structure(pairs: TextPairs) -> Columns:
    return column(list(starmap(structure_f1, pairs.texts)))


CDM_EXPRATE: Metric[TextPairs] = Metric(name="cdm_exprate", title="ExpRate@CDM", kind="share", columns=_exact)
CDM_F1: Metric[TextPairs] = Metric(
    name="cdm_f1", title="CDM F1", kind="mean", columns=lambda pairs: column([score.f1 for score in pairs.cdm])
)
CDM_PRECISION: Metric[TextPairs] = Metric(
    name="cdm_precision",
    title="CDM precision",
    kind="mean",
    columns=lambda pairs: column([score.precision for score in pairs.cdm]),
    in_tables=False,
)
CDM_RECALL: Metric[TextPairs] = Metric(
    name="cdm_recall",
    title="CDM recall",
    kind="mean",
    columns=lambda pairs: column([score.recall for score in pairs.cdm]),
    in_tables=False,
)
STRUCTURE_F1: Metric[TextPairs] = Metric(name="structure_f1", title="Structure F1", kind="mean", columns=_structure)
