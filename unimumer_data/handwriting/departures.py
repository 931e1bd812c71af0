"""By how much hands depart from print, as ranges that were fitted to every second ink of CROHME's training set.

`benchmarks/handwriting_fit.py` measures them and prints this table; docs/handwriting.md says how. Lengths are in em of
the size of the row, y upwards; slopes are y for each x. The five numbers need not be around 0: they are moved so that
made ink measures as real ink does.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Shares of the ink that lie below the five numbers of a range."""


QUARTILES = 1.35
"""Standard deviations between the quartiles of a normal distribution."""


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

    @property
    def certain(self) -> float:
        """How many measurements of a writer say as much about its mean as the mean of all writers does.

        It is the variance within a writer, divided by the variance of the writers' means.
        """
        deviation = (self.within[3] - self.within[1]) / QUARTILES
        return (deviation / self.writers) ** 2 if self.writers else math.inf

    def draw(self, rng: random.Random, own: float | None = None) -> float:
        """A departure of the writer whose mean is ``own``. Never beyond the outermost of the five numbers."""
        share, low = rng.random(), 0
        while low < 3 and share > SHARES[low + 1]:
            low += 1
        part = (share - SHARES[low]) / (SHARES[low + 1] - SHARES[low])
        start, end = self.within[low], self.within[low + 1]
        return (self.mean if own is None else own) + start + min(1.0, max(0.0, part)) * (end - start)


RANGES: dict[str, Range] = {
    "slope": Range(0.001, 0.013, (-0.045, -0.011, 0.0, 0.012, 0.043)),
    "slant": Range(0.0, 0.076, (-0.089, -0.035, -0.002, 0.035, 0.109)),
    "spacing": Range(0.055, 0.106, (-0.096, -0.025, 0.013, 0.049, 0.125)),
    "gap": Range(0.0, 0.0, (-0.228, -0.086, -0.002, 0.078, 0.256)),
    "script": Range(-0.083, 0.106, (-0.364, -0.046, 0.1, 0.222, 0.43)),
    "sup": Range(0.118, 0.091, (-0.134, -0.058, -0.019, 0.024, 0.107)),
    "sub": Range(-0.019, 0.089, (-0.081, -0.007, 0.026, 0.058, 0.153)),
    "upper": Range(-0.143, 0.0, (-0.061, 0.095, 0.22, 0.357, 0.636)),
    "lower": Range(0.021, 0.133, (-0.073, 0.037, 0.107, 0.186, 0.297)),
    "above": Range(-0.154, 0.088, (-0.697, -0.419, -0.232, -0.036, 0.251)),
    "below": Range(-0.01, 0.102, (-0.225, 0.009, 0.134, 0.249, 0.437)),
    "reach": Range(0.037, 0.084, (-0.27, -0.114, -0.022, 0.062, 0.209)),
    "left": Range(0.112, 0.15, (-0.394, -0.106, -0.039, 0.037, 0.254)),
    "right": Range(0.187, 0.206, (-0.655, -0.226, -0.109, 0.064, 0.498)),
    "hook": Range(0.276, 0.103, (-0.238, -0.076, -0.004, 0.084, 0.252)),
    "roof": Range(0.254, 0.152, (-0.534, -0.184, -0.017, 0.177, 0.657)),
}
"""What departs:

- slope: of the line of writing; slant: of a formula against the writer's own, x for each y
- spacing: the mean distance of the symbols of a formula; gap: of two symbols, against that mean
- script: the size of a formula's scripts, as natural logarithm
- sup, sub, upper, lower, above, below: the baseline of scripts, of limits, and of the parts of a fraction
- reach: the distance of a script from its base
- left, right: how far a fraction bar goes beyond what stands over and under it
- hook: the distance of what a root covers from its hook; roof: how far its line goes beyond
"""

WRITER_MEANS = tuple(name for name in RANGES if name not in ("slant", "gap"))
"""What a bank remembers of each writer."""

CERTAIN = 10
"""A bank's mean of this many measurements counts as much as that of `RANGES`."""

SCRIPT, SCRIPTSCRIPT = 0.58, 0.48
"""The size in which people write what print sets at 2/3 and at 1/2."""


def on_line(scale: float) -> bool:
    """Whether what print sets at ``scale`` is no script."""
    return scale > 0.9


def size_of(scale: float) -> float:
    """The size in which people write what print sets at ``scale``."""
    return scale if on_line(scale) else SCRIPT if scale > 0.6 else SCRIPTSCRIPT
