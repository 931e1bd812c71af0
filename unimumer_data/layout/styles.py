"""TeX's eight styles and the font parameters that go with their three sizes (The TeXbook, Appendix G).

Sizes are those of the LaTeX class option 12pt: 12, 8 and 6 points. The parameters are those of cmsy10, cmsy7, cmsy5
and cmex10, in em of their size; for 8 and 6 points they are interpolated.
"""

from __future__ import annotations

DISPLAY, TEXT, SCRIPT, SCRIPTSCRIPT = 0, 2, 4, 6
"""The styles; an odd number is the cramped one."""

Styles = tuple[int, ...]

SAME: Styles = (0, 1, 2, 3, 4, 5, 6, 7)
CRAMPED: Styles = (1, 1, 3, 3, 5, 5, 7, 7)
SUPERSCRIPT: Styles = (4, 5, 4, 5, 6, 7, 6, 7)
SUBSCRIPT: Styles = (5, 5, 5, 5, 7, 7, 7, 7)
NUMERATOR: Styles = (2, 3, 4, 5, 6, 7, 6, 7)
DENOMINATOR: Styles = (3, 3, 5, 5, 7, 7, 7, 7)


def always(style: int) -> Styles:
    """A table that gives one style, whatever the current style is."""
    return (style,) * 8


POINT = 1 / 12


class Parameters:
    """Font parameters of one size, in em of the text size. Names and numbers as in Appendix G."""

    def __init__(self, index: int) -> None:
        scale = (1.0, 2 / 3, 1 / 2)[index]

        def of(ten: float, seven: float, five: float) -> float:
            if index == 0:
                return ten
            points = (14 * seven + 10 * ten) / 3 if index == 1 else (7 * seven + 5 * five) / 2
            return points * POINT

        self.scale = scale
        self.x_height = of(0.431, 0.431, 0.431)  # sigma 5
        self.quad = of(1.0, 1.171, 1.472)
        self.num1 = of(0.677, 0.732, 0.925)
        self.num2 = of(0.394, 0.384, 0.387)
        self.num3 = of(0.444, 0.471, 0.504)
        self.denom1 = of(0.686, 0.752, 1.025)
        self.denom2 = of(0.345, 0.344, 0.532)
        self.sup1 = of(0.413, 0.503, 0.504)
        self.sup2 = of(0.363, 0.431, 0.404)
        self.sup3 = of(0.289, 0.286, 0.294)
        self.sub1 = of(0.150, 0.143, 0.200)
        self.sub2 = of(0.247, 0.286, 0.400)
        self.sup_drop = of(0.386, 0.353, 0.494)
        self.sub_drop = of(0.050, 0.071, 0.100)
        self.delim1 = of(2.39, 1.70, 1.98)
        self.delim2 = of(1.01, 1.157, 1.42)
        self.axis = of(0.25, 0.25, 0.25)  # sigma 22
        self.rule = of(0.04, 0.049, 0.049)  # xi 8
        self.op1 = of(0.111, 0.111, 0.111)
        self.op2 = of(0.166, 0.166, 0.166)
        self.op3 = of(0.2, 0.2, 0.2)
        self.op4 = of(0.6, 0.611, 0.611)
        self.op5 = of(0.1, 0.143, 0.143)  # xi 13


_SIZES = [Parameters(index) for index in range(3)]
PARAMETERS = [_SIZES[max(0, style // 2 - 1)] for style in range(8)]
"""Style -> parameters."""

SCRIPT_SPACE = 0.5 * POINT
NULL_DELIMITER = 1.2 * POINT
DELIMITER_FACTOR, DELIMITER_SHORTFALL = 0.901, 5 * POINT
COLUMN_SEP = 5 * POINT
BASELINE_SKIP = 14.5 * POINT
JOT = 3 * POINT

_CLASSES = ("ord", "op", "bin", "rel", "open", "close", "punct", "inner")
# The TeXbook, chapter 18: 1 thin, 2 medium, 3 thick space; negative in display and text style only; * cannot occur.
_SPACES = """
    0  1 -2 -3  0  0  0 -1
    1  1  * -3  0  0  0 -1
   -2 -2  *  * -2  *  * -2
   -3 -3  *  0 -3  0  0 -3
    0  0  *  0  0  0  0  0
    0  1 -2 -3  0  0  0 -1
   -1 -1  * -1 -1 -1 -1 -1
   -1  1 -2 -3 -1  0 -1 -1
"""
_MU = {1: 3 / 18, 2: 4 / 18, 3: 5 / 18}


def _spacing(big: bool) -> dict[tuple[str, str], float]:
    table = {}
    for left, line in zip(_CLASSES, _SPACES.strip().splitlines(), strict=True):
        for right, cell in zip(_CLASSES, line.split(), strict=True):
            amount = 0 if cell == "*" else int(cell)
            if amount > 0 or (amount < 0 and big):
                table[left, right] = _MU[abs(amount)]
    return table


_BIG, _SMALL = _spacing(True), _spacing(False)
SPACING = [_BIG] * 4 + [_SMALL] * 4
"""Style -> (class, class) -> space between the two atoms, in quads."""
