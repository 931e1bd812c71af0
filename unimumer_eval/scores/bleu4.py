"""Corpus BLEU-4 as a metric of a set; how it is counted stands in `bleu`."""

from __future__ import annotations

import numpy as np

from .bleu import bleu4, bleu_statistics
from .metric import Columns, Metric, TokenPairs


def _statistics(pairs: TokenPairs) -> Columns:
    return bleu_statistics(pairs.labels, pairs.answers).astype(np.float64)


BLEU4: Metric[TokenPairs] = Metric(
    name="bleu4", title="BLEU-4", kind="rate", columns=_statistics, figure=lambda sums, n: bleu4(sums)
)
