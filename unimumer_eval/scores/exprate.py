"""ExpRate: the share of expressions without an error, or with a few token edits at most."""

from __future__ import annotations

from .metric import Columns, Metric, TokenPairs, column


def within(pairs: TokenPairs, errors: int) -> Columns:
    """1 where an answer needs at most ``errors`` token edits, else 0; ``[n, 1]``.

    Without a label or an answer nothing is within any number of edits. An answer that prints nothing is right only for
    a label that prints nothing.
    """
    blank = (pairs.lengths[:, 1] == 0) & (pairs.lengths[:, 0] > 0)
    return column(pairs.answered & ~blank & (pairs.edits <= errors))


def _metric(name: str, title: str, errors: int) -> Metric[TokenPairs]:
    return Metric(name=name, title=title, kind="share", columns=lambda pairs: within(pairs, errors))


EXPRATE = _metric("exprate", "ExpRate", 0)
EXPRATE_LE1 = _metric("exprate_le1", "≤ 1", 1)
EXPRATE_LE2 = _metric("exprate_le2", "≤ 2", 2)
EXPRATE_LE3 = _metric("exprate_le3", "≤ 3", 3)
