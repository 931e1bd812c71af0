"""How the rows and columns of each environment are set: LaTeX and amsmath at 12pt, as data."""

from __future__ import annotations

from dataclasses import dataclass

from unimumer_data.latex.grammar import ENVIRONMENTS, Environment

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
DISPLAY_CASES = Form("l", (0.0, 1.0), styles.always(styles.DISPLAY), strut=1.2)


def is_small(name: str) -> bool:
    """Whether an environment is set in the size of scripts."""
    return "small" in name or name == "subarray"


def _form(name: str, environment: Environment) -> Form:
    if is_small(name):
        return SMALL
    if environment.means == "aligned":
        return ALIGNED
    if environment.means in ("gathered", ""):
        return GATHERED
    if environment.align:
        return DISPLAY_CASES if name.startswith("d") else CASES
    return ARRAY if environment.columns else MATRIX


TABLES = {name: _form(name, environment) for name, environment in ENVIRONMENTS.items()}
