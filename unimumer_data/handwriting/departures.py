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
    "slope": Range(0.001, 0.013, (-0.048, -0.014, -0.002, 0.011, 0.042)),
    "slant": Range(0.0, 0.076, (-0.087, -0.033, -0.0, 0.037, 0.111)),
    "spacing": Range(0.055, 0.106, (-0.127, -0.043, 0.002, 0.045, 0.135)),
    "gap": Range(0.0, 0.0, (-0.233, -0.087, 0.0, 0.083, 0.266)),
    "sup": Range(0.118, 0.091, (-0.182, -0.082, -0.03, 0.027, 0.137)),
    "sub": Range(-0.019, 0.089, (-0.107, -0.011, 0.031, 0.073, 0.198)),
    "upper": Range(-0.143, 0.0, (-0.358, -0.126, 0.061, 0.266, 0.682)),
    "lower": Range(0.021, 0.133, (-0.198, -0.019, 0.095, 0.224, 0.404)),
    "above": Range(-0.154, 0.088, (-0.648, -0.384, -0.205, -0.019, 0.254)),
    "below": Range(-0.01, 0.102, (-0.268, -0.016, 0.119, 0.244, 0.446)),
    "reach": Range(0.037, 0.084, (-0.263, -0.107, -0.015, 0.069, 0.215)),
    "left": Range(0.112, 0.15, (-0.409, -0.11, -0.04, 0.038, 0.264)),
    "right": Range(0.187, 0.206, (-0.651, -0.228, -0.113, 0.058, 0.486)),
    "hook": Range(0.276, 0.103, (-0.229, -0.077, -0.009, 0.075, 0.234)),
    "roof": Range(0.254, 0.152, (-0.545, -0.197, -0.03, 0.163, 0.64)),
}
"""What departs:

- slope: of the line of writing; slant: of a formula against the writer's own, x for each y
- spacing: the mean distance of the symbols of a formula; gap: of two symbols, against that mean
- sup, sub, upper, lower, above, below: the baseline of scripts, of limits, and of the parts of a fraction
- reach: the distance of a script from its base
- left, right: how far a fraction bar goes beyond what stands over and under it
- hook: the distance of what a root covers from its hook; roof: how far its line goes beyond
"""

WRITER_MEANS = tuple(name for name in RANGES if name not in ("slant", "gap"))
"""What a bank remembers of each writer."""

CERTAIN = 10
"""A mean of this many measurements of one writer counts as much as that of the bank; and that one, as `RANGES`."""

SCRIPT, SCRIPTSCRIPT = 0.58, 0.48
"""The size in which people write what print sets at 2/3 and at 1/2."""


def size_of(scale: float) -> float:
    """The size in which people write what print sets at ``scale``."""
    return scale if scale > 0.9 else SCRIPT if scale > 0.6 else SCRIPTSCRIPT
