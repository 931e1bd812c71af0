"""How the rows and columns of each environment are set: LaTeX and amsmath at 12pt, as data."""

from __future__ import annotations

from dataclasses import dataclass

from . import styles
from .styles import SAME, Styles

IN_TEXT = styles.always(styles.TEXT)


@dataclass(frozen=True, slots=True)
class Form:
    """How the rows and columns of an environment are set."""

    align: str = "c"
    gaps: tuple[float, ...] = (0.0, 2 * styles.COLUMN_SEP)
    style: Styles = IN_TEXT
    row_skip: float = styles.BASELINE_SKIP
    strut: float = 1.0


MATRIX = Form()
ARRAY = Form(gaps=(styles.COLUMN_SEP, 2 * styles.COLUMN_SEP))
CASES = Form(align="l", gaps=(0.0, 1.0), strut=1.2)
ALIGNED = Form("rl", (0.0, 0.0, 2.0), styles.always(styles.DISPLAY), styles.BASELINE_SKIP + styles.JOT)
GATHERED = Form("c", (0.0, 0.0), styles.always(styles.DISPLAY), styles.BASELINE_SKIP + styles.JOT)
LINES = Form("rl", (0.0, 0.0, 2.0), styles.always(styles.DISPLAY), styles.BASELINE_SKIP + styles.JOT)
STACK = Form("c", (0.0, 0.0), SAME, 1.0)
SMALL = Form("c", (0.0, 5 / 18), styles.always(styles.SCRIPT), 1.0)
TABLES = {
    **dict.fromkeys("array tabular".split(), ARRAY),
    **dict.fromkeys("cases rcases".split(), CASES),
    "dcases": Form("l", (0.0, 1.0), styles.always(styles.DISPLAY), strut=1.2),
    **dict.fromkeys("aligned alignedat split align align* eqnarray eqnarray*".split(), ALIGNED),
    **dict.fromkeys("gathered gather gather* multline multline*".split(), GATHERED),
    **dict.fromkeys("equation equation* math displaymath document".split(), GATHERED),
    **dict.fromkeys("smallmatrix subarray".split(), SMALL),
}
