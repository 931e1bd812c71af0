"""By how much hands depart from print, as ranges that were fitted to every second ink of CROHME's training set.

`benchmarks/handwriting_fit.py` measures them and prints this table; docs/handwriting.md says how. Lengths are in em of
the size of the row, y upwards; slopes are y for each x. The five numbers need not be around 0: they are moved so that
made ink measures as real ink does.
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
    "slope": Range(0.001, 0.013, (-0.046, -0.012, -0.001, 0.012, 0.042)),
    "slant": Range(0.0, 0.076, (-0.082, -0.029, 0.003, 0.039, 0.111)),
    "spacing": Range(0.055, 0.106, (-0.131, -0.048, -0.004, 0.039, 0.126)),
    "gap": Range(0.0, 0.0, (-0.235, -0.088, -0.0, 0.083, 0.268)),
    "sup": Range(0.118, 0.091, (-0.173, -0.072, -0.019, 0.038, 0.149)),
    "sub": Range(-0.019, 0.089, (-0.105, -0.01, 0.032, 0.073, 0.195)),
    "upper": Range(-0.143, 0.0, (-0.418, -0.17, 0.028, 0.246, 0.689)),
    "lower": Range(0.021, 0.133, (-0.129, 0.068, 0.193, 0.335, 0.533)),
    "above": Range(-0.154, 0.088, (-0.628, -0.363, -0.185, 0.002, 0.275)),
    "below": Range(-0.01, 0.102, (-0.263, 0.013, 0.16, 0.296, 0.517)),
    "reach": Range(0.037, 0.084, (-0.4, -0.205, -0.089, 0.017, 0.201)),
    "left": Range(0.112, 0.15, (-0.446, -0.132, -0.059, 0.023, 0.26)),
    "right": Range(0.187, 0.206, (-0.687, -0.251, -0.133, 0.043, 0.484)),
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

SCRIPT, SCRIPTSCRIPT = 0.58, 0.48
"""The size in which people write what print sets at 2/3 and at 1/2."""


def size_of(scale: float) -> float:
    """The size in which people write what print sets at ``scale``."""
    return scale if scale > 0.9 else SCRIPT if scale > 0.6 else SCRIPTSCRIPT
