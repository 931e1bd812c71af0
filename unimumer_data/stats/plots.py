"""Small plots as SVG text, to stand inside an HTML page: they take its colours and fonts, and need no script."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 520, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 8, 38
MOST_BARS = 40
FEW_BARS = 3  # that many more are drawn rather than gathered


def histogram(values: Sequence[int], *, title: str, unit: str) -> str:
    """Bars of equal width over integers; a last bar with ``+`` gathers what is far beyond the 99.5 % quantile.

    Args:
        values: whole numbers, at least one.
        title: what is counted, read out in place of the picture.
        unit: of the values, under the axis.
    """
    ordered = sorted(values)
    low, high = ordered[0], ordered[min(len(ordered) - 1, math.ceil(0.995 * len(ordered)) - 1)]
    step = _nice_step((high - low + 1) / MOST_BARS)
    first = low // step
    last = high // step
    if ordered[-1] // step <= last + FEW_BARS:
        last = ordered[-1] // step
    counts = Counter(min(value // step, last + 1) - first for value in ordered)
    bars = last - first + 1 + (ordered[-1] // step > last)
    tallest = max(counts.values())
    tick = _nice_step(tallest / 4)
    top = tick * math.ceil(tallest / tick)
    plot_width, plot_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    slot = plot_width / bars
    shapes = [_grid_line(TOP + plot_height * (1 - mark / top), mark) for mark in range(0, top + 1, tick)]
    for bar in range(bars):
        count = counts[bar]
        height = plot_height * count / top
        start = (first + bar) * step
        beyond = bar > last - first
        span = f"over {start - 1}" if beyond else f"{start}" if step == 1 else f"{start} to {start + step - 1}"
        tip = f"<title>{span} {escape(unit)}: {count}</title>"
        shapes.append(
            f'<rect class="bar" x="{LEFT + bar * slot:.1f}" y="{TOP + plot_height - height:.1f}" '
            f'width="{max(slot - 1, 1):.1f}" height="{height:.1f}">{tip}</rect>'
        )
    every = _nice_step(bars / 8)
    for bar in range(bars):
        beyond = bar > last - first
        if beyond or (bar % every == 0 and (bars - bar >= every or bars == last - first + 1)):
            text = f"{(first + bar) * step}{'+' if beyond else ''}"
            shapes.append(_label(LEFT + (bar + 0.5) * slot, HEIGHT - BOTTOM + 16, text, "middle"))
    shapes.append(_label(LEFT + plot_width / 2, HEIGHT - 6, unit, "middle"))
    return _svg(WIDTH, HEIGHT, title, shapes)


def bars(rows: Sequence[tuple[str, int]], *, title: str, total: int) -> str:
    """Horizontal bars with their names and counts, the longest first.

    Args:
        rows: (name, count), in the order to show.
        title: what is counted.
        total: of which each count is a share.
    """
    row_height, name_width, number_width = 20, 120, 120
    height = row_height * len(rows) + 4
    most = max(count for _, count in rows)
    shapes = []
    for place, (name, count) in enumerate(rows):
        y = place * row_height
        width = (WIDTH - name_width - number_width) * count / most
        share = f"{100 * count / max(1, total):.1f} %"
        shapes.append(_label(name_width - 8, y + 15, name, "end", "code"))
        shapes.append(
            f'<rect class="bar" x="{name_width}" y="{y + 4}" width="{max(width, 1):.1f}" height="13"></rect>'
        )
        shapes.append(_label(name_width + width + 6, y + 15, f"{count:,} ({share})", "start"))
    return _svg(WIDTH, height, title, shapes)


def _nice_step(size: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50 ... that is at least ``size``."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= size:
                return factor * power
        power *= 10


def _grid_line(y: float, mark: int) -> str:
    line = f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"></line>'
    return line + _label(LEFT - 6, y + 4, f"{mark:,}", "end")


def _label(x: float, y: float, text: str, anchor: str, kind: str = "mark") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: int, height: int, title: str, shapes: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{''.join(shapes)}</svg>"
    )
