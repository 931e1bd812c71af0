"""What a test set of n samples can show: power of McNemar's test, and Holm's correction for several comparisons.

Two runs over the same samples differ only in the samples on which one is right and the other is wrong. With
the share d of such samples, a true difference of D and the significance level a, the power of the two-sided test is
about P(Z < (D sqrt(n) - z(1 - a/2) sqrt(d)) / sqrt(d - D^2)) (Connor, Biometrics 43, 1987).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

ALPHA = 0.05
POWER = 0.8
_NORMAL = NormalDist()


def power(n: int, disagree: float, difference: float, *, alpha: float = ALPHA) -> float:
    """How likely McNemar's test finds a difference.

    >>> round(power(986, 0.10, 0.03), 2)
    0.85

    Args:
        n: samples.
        disagree: share of samples that only one of the runs has right, from 0 to 1.
        difference: true difference of the shares of right samples, from 0 to ``disagree``.
        alpha: two-sided significance level.
    """
    above = abs(difference) * math.sqrt(n) - _NORMAL.inv_cdf(1 - alpha / 2) * math.sqrt(disagree)
    spread = disagree - difference**2
    return _NORMAL.cdf(above / math.sqrt(spread)) if spread > 0 else float(above > 0)


def smallest_difference(n: int, disagree: float, *, alpha: float = ALPHA, wanted: float = POWER) -> float | None:
    """The smallest difference that n samples show with the wanted power; None where they can show none.

    >>> round(smallest_difference(986, 0.10), 4)
    0.0282

    Args:
        n, disagree, alpha: as for `power`.
        wanted: power, from 0 to 1.
    """
    low, high = 0.0, disagree
    if not disagree or power(n, disagree, high, alpha=alpha) < wanted:
        return None
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (low, middle) if power(n, disagree, middle, alpha=alpha) >= wanted else (middle, high)
    return high


def holm(values: Sequence[float]) -> list[float]:
    """The p values corrected for their number (Holm 1979), in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected, largest = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        largest = max(largest, min(1.0, (len(values) - rank) * values[index]))
        corrected[index] = largest
    return corrected
