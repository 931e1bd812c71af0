r"""Single-line glyphs for `make_sample.py`: which Hershey glyph a LaTeX symbol is written with, and curves of our own.

All are in units of which a capital letter is 21 high; y points down, the writing line is y = 0.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from HersheyFonts import HersheyFonts

Point = tuple[float, float]
Stroke = list[Point]

CAP_HEIGHT = 21.0
X_HEIGHT = 14.0
AXIS = -9.0  # the height of minus signs and fraction bars
CLEAR = {"b", "f", "r", "s", "v", "z"}  # small letters that are taken for others in the script font
_BASE_LINE = 9  # of the Hershey fonts

# symbol -> (font, character). Letters and digits are looked up in the writer's own font.
HERSHEY = {
    r"\alpha": ("greeks", "a"), r"\beta": ("greeks", "b"), r"\gamma": ("greeks", "c"), r"\delta": ("greeks", "d"),
    r"\epsilon": ("greeks", "e"), r"\lambda": ("greeks", "k"), r"\mu": ("greeks", "l"),
    r"\pi": ("greeks", "p"), r"\rho": ("greeks", "q"), r"\sigma": ("greeks", "r"), r"\tau": ("greeks", "s"),
    r"\phi": ("greeks", "u"), r"\omega": ("greeks", "x"), r"\Delta": ("greeks", "D"), r"\Gamma": ("greeks", "C"),
    r"\Omega": ("greeks", "X"), r"\Phi": ("greeks", "U"),
    r"\sum": ("greeks", "R"), r"\prod": ("greeks", "P"),
    r"\pm": ("mathlow", "!"), r"\times": ("mathlow", "#"), r"\div": ("greek", "v"), r"\infty": ("mathlow", "_"),
    r"\in": ("mathlow", "h"), r"\rightarrow": ("mathlow", "i"), r"\partial": ("mathlow", "m"),
    r"\nabla": ("mathlow", "n"),
}  # fmt: skip

# symbol -> strokes, each a row of points that a smooth curve is led through.
DRAWN: dict[str, list[Stroke]] = {
    r"\int": [[(14, -27), (11.5, -30), (8.5, -27), (7.2, -18), (6.2, -5), (5, 5), (2.5, 8.5), (-0.5, 6)]],
    r"\{": [[(6, -23), (3, -22), (2.5, -18), (2.8, -12), (0, -8.5), (2.8, -5), (2.5, 1), (3, 5), (6, 6)]],
    r"\}": [[(0, -23), (3, -22), (3.5, -18), (3.2, -12), (6, -8.5), (3.2, -5), (3.5, 1), (3, 5), (0, 6)]],
    r"\leq": [[(12, -16), (6, -13), (0, -10)], [(0, -10), (6, -7), (12, -4)], [(0, 0), (6, 0.3), (12, 0)]],
    r"\geq": [[(0, -16), (6, -13), (12, -10)], [(12, -10), (6, -7), (0, -4)], [(0, 0), (6, 0.3), (12, 0)]],
    r"\neq": [[(0, -12), (6, -12.3), (13, -12)], [(0, -6), (6, -6.2), (13, -6)], [(10, -18), (6.5, -9), (3, 0)]],
    r"\cdot": [[(0, -9.5), (0.6, -9), (0, -8.6)]],
    ",": [[(1, -2), (1.8, 0.5), (0, 5)]],
    ".": [[(0, -0.8), (0.6, -0.2), (0, 0.2)]],
    r"\prime": [[(2.5, -21), (1, -16), (0, -13)]],
    r"\theta": [
        [(6, -21), (2, -18), (0, -10), (2, -2), (5, 0), (9, -2.5), (11, -10), (9.5, -18), (6, -21)],
        [(1, -10.5), (5, -11), (10.5, -10.5)],
    ],
    "x": [[(0, -13), (2.5, -14), (4.5, -10), (7, -2), (9, 0), (11.5, -2)], [(11, -14), (7, -8.5), (4, -4), (0, 0)]],
    "!": [[(0, -21), (0, -13), (-0.3, -6)], [(0, -0.8), (0.6, -0.2), (0, 0.2)]],
}
DRAWN[r"\ldots"] = [[(x + shift, y) for x, y in DRAWN["."][0]] for shift in (0, 6, 12)]
DRAWN[r"\cdots"] = [[(x + shift, y) for x, y in DRAWN[r"\cdot"][0]] for shift in (0, 6, 12)]

# accent -> strokes over a letter that is 10 wide, the lowest point at y = 0; the wide ones are stretched.
ACCENTS: dict[str, list[Stroke]] = {
    r"\hat": [[(0, 0), (5, -5), (10, 0)]],
    r"\tilde": [[(0, 0), (2.5, -3), (7.5, 0), (10, -3)]],
    r"\dot": [[(4.7, -0.8), (5.3, -0.2), (4.7, 0)]],
    r"\vec": [[(0, -2.5), (5, -2.8), (10, -2.5)], [(7, -5), (10, -2.5), (7, 0)]],
    r"\bar": [[(0, 0), (5, -0.3), (10, 0)]],
    r"\overline": [[(0, 0), (5, -0.3), (10, 0)]],
}
FUNCTIONS = {rf"\{name}" for name in ("sin", "cos", "tan", "log", "ln", "lim", "exp", "max")}


def strokes_of(symbol: str, letters: str) -> list[Stroke]:
    """The strokes of a symbol.

    Args:
        symbol: a LaTeX token that prints one glyph.
        letters: the Hershey font of the writer's small letters.

    Raises:
        KeyError: no glyph for it; add one to the tables above.
    """
    if symbol in CLEAR:
        letters = "futural"
    if symbol in DRAWN and not (symbol == "x" and letters != "futural"):
        return [smooth(stroke) for stroke in DRAWN[symbol]]
    font, character = HERSHEY.get(symbol, (letters if symbol.islower() else "futural", symbol))
    return [round_corners(stroke) for stroke in _hershey(font)[character]]


@cache
def _hershey(font: str) -> dict[str, list[Stroke]]:
    fonts = HersheyFonts()
    fonts.load_default_font(font)
    return {
        character: [[(float(x), float(y - _BASE_LINE)) for x, y in stroke] for stroke in glyph.strokes]
        for character, glyph in fonts.all_glyphs.items()
    }


def smooth(points: Stroke, steps: int = 6) -> Stroke:
    """A Catmull-Rom curve through the points."""
    padded = [points[0], *points, points[-1]]
    curve = [points[0]]
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(1, steps + 1):
            t = step / steps
            curve.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    return curve


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def round_corners(points: Stroke) -> Stroke:
    """Cut every corner twice (Chaikin), as a hand does; the ends stay."""
    for _ in range(2):
        if len(points) < 3:
            return points
        cut = [points[0]]
        for (ax, ay), (bx, by) in pairwise(points):
            cut += ((0.8 * ax + 0.2 * bx, 0.8 * ay + 0.2 * by), (0.2 * ax + 0.8 * bx, 0.2 * ay + 0.8 * by))
        points = [*cut, points[-1]]
    return points
