"""Heat maps of confusions, as text and as SVG."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape

from .confusions import Confusions


def _axes(confusions: Confusions, size: int) -> tuple[list[str], list[str]]:
    """The symbols most often confused: of labels, and of predictions; each in the order of the alphabet."""
    labels: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for (label, answer), count in confusions.counts.items():
        labels[label] += count
        answers[answer] += count
    return _most_common(labels, size), _most_common(answers, size)


def _most_common(counts: Mapping[str, int], size: int) -> list[str]:
    return sorted(sorted(counts, key=lambda token: (-counts[token], token))[:size])


def heat_text(confusions: Confusions, size: int = 24) -> str:
    """The heat map in characters: a row for a symbol of labels, a column for what it was taken for."""
    rows, columns = _axes(confusions, size)
    most = max(confusions.counts.values(), default=1)
    lines = []
    for label in rows:
        cells = "".join(_SHADES[_shade(confusions.counts.get((label, answer), 0), most)] for answer in columns)
        lines.append(f"{label or '(nothing)':>14} |{cells}|")
    legend = " ".join(f"{place + 1}:{answer or '(nothing)'}" for place, answer in enumerate(columns))
    return "\n".join([*lines, f"columns from left, what it was taken for: {legend}"])


_SHADES = " .:-=+*#%@"


def _shade(count: int, most: int) -> int:
    """0 for none, else 1 to 9 by the square root, so that rare confusions stay visible."""
    return 0 if not count else max(1, round(9 * (count / most) ** 0.5))


def heat_svg(confusions: Confusions, size: int = 40) -> str:
    """The heat map as an SVG picture that stands alone."""
    rows, columns = _axes(confusions, size)
    most = max(confusions.counts.values(), default=1)
    cell, left, top = 18, 110, 110
    width, height = left + cell * len(columns) + 10, top + cell * len(rows) + 10
    shapes = []
    for column, answer in enumerate(columns):
        x = left + cell * column + cell / 2
        shapes.append(
            f'<text transform="translate({x + 4} {top - 6}) rotate(-90)">{escape(answer or "(nothing)")}</text>'
        )
    for row, label in enumerate(rows):
        y = top + cell * row
        shapes.append(f'<text x="{left - 6}" y="{y + 13}" text-anchor="end">{escape(label or "(nothing)")}</text>')
        for column, answer in enumerate(columns):
            count = confusions.counts.get((label, answer), 0)
            light = 96 - 7 * _shade(count, most)
            name = f"{label or '(nothing)'} taken for {answer or '(nothing)'}: {count}"
            shapes.append(
                f'<rect x="{left + cell * column}" y="{y}" width="{cell - 1}" height="{cell - 1}" '
                f'fill="hsl(215 70% {light}%)"><title>{escape(name)}</title></rect>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="monospace" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/><text x="6" y="16">label \u2193 taken for \u2192</text>'
        f"{''.join(shapes)}</svg>\n"
    )
