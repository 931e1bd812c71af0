"""By how much hands depart from print, as ranges that were fitted to CROHME's training ink.

`benchmarks/handwriting_fit.py` measures them and prints this table; docs/handwriting.md says how. Lengths are in em of
the size of the row, y upwards; slopes are y for each x.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Shares of the ink that lie below the five numbers of a range."""


@dataclass(frozen=True, slots=True)
class Range:
    """How something departs from print.

    Args:
        mean: over all writers.
        writers: standard deviation of the writers' own means.
        within: `SHARES` of the deviations from the mean of the writer.
    """

    mean: float
    writers: float
    within: tuple[float, float, float, float, float]

    def draw(self, rng: random.Random, own: float | None = None) -> float:
        """A departure of the writer whose mean is ``own``. Never beyond the outermost of the five numbers."""
        share, low = rng.random(), 0
        while low < 3 and share > SHARES[low + 1]:
            low += 1
        part = (share - SHARES[low]) / (SHARES[low + 1] - SHARES[low])
        start, end = self.within[low], self.within[low + 1]
        return (self.mean if own is None else own) + start + min(1.0, max(0.0, part)) * (end - start)


RANGES: dict[str, Range] = {
    "slope": Range(0.0, 0.01, (-0.06, -0.02, 0.0, 0.02, 0.06)),
    "slant": Range(0.0, 0.0, (-0.06, -0.02, 0.0, 0.02, 0.06)),
    "spacing": Range(0.07, 0.05, (-0.06, -0.02, 0.0, 0.02, 0.06)),
    "gap": Range(0.0, 0.0, (-0.2, -0.08, 0.0, 0.1, 0.3)),
    "sup": Range(0.07, 0.05, (-0.2, -0.08, 0.0, 0.1, 0.3)),
    "sub": Range(-0.1, 0.05, (-0.2, -0.08, 0.0, 0.1, 0.3)),
    "upper": Range(0.0, 0.05, (-0.2, -0.08, 0.0, 0.1, 0.3)),
    "lower": Range(0.0, 0.05, (-0.2, -0.08, 0.0, 0.1, 0.3)),
    "above": Range(0.0, 0.05, (-0.2, -0.08, 0.0, 0.1, 0.3)),
    "below": Range(0.0, 0.05, (-0.2, -0.08, 0.0, 0.1, 0.3)),
    "reach": Range(0.0, 0.05, (-0.2, -0.08, 0.0, 0.1, 0.3)),
    "left": Range(0.1, 0.05, (-0.2, -0.08, 0.0, 0.1, 0.3)),
    "right": Range(0.1, 0.05, (-0.2, -0.08, 0.0, 0.1, 0.3)),
}
"""What departs:

- slope: of the line of writing; slant: of a formula against the writer's own, x for each y
- spacing: the mean distance of the symbols of a formula; gap: of two symbols, against that mean
- sup, sub, upper, lower, above, below: the baseline of scripts, of limits, and of the parts of a fraction
- reach: the distance of a script from its base
- left, right: how far a fraction bar goes beyond what stands over and under it
"""

WRITER_MEANS = ("slope", "spacing", "sup", "sub", "upper", "lower", "above", "below", "reach", "left", "right")
"""What a bank remembers of each writer."""

CERTAIN = 10
"""A mean of this many measurements of one writer counts as much as that of all writers."""

SCRIPT, SCRIPTSCRIPT = 0.66, 0.56
"""The size in which people write what print sets at 2/3 and at 1/2."""


def size_of(scale: float) -> float:
    """The size in which people write what print sets at ``scale``."""
    return scale if scale > 0.9 else SCRIPT if scale > 0.6 else SCRIPTSCRIPT
