"""Write the bundled sample: handwriting-like ink of the expressions in `expressions.tsv`, as CROHME InkML.

    pip install Hershey-Fonts==2.1.0
    python examples/make_sample.py            # rewrites unimumer_data/sample/, the same bytes every time

Each expression is parsed by the project's own LaTeX reader, laid out (`layout.py`) with single-line glyphs
(`glyphs.py`), and written by one of five 'writers', who differ in letters, slant, spacing, drift and steadiness.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

from glyphs import CAP_HEIGHT, Stroke
from layout import Box, Layout, Mark

from unimumer_data.latex import parse

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent / "unimumer_data" / "sample"
UNITS = 160.0  # device units of a capital letter's height: coarser ones would show as steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A hand.

    Args:
        letters: Hershey font of the small letters.
        slant: x that a point moves for each unit of height.
        spacing: of symbols, to the usual one.
        drift: how far the line of writing wanders, to the height of a capital.
        wobble: unsteadiness of a stroke, likewise.
        uneven: spread of the symbols' size and angle (radians).
    """

    letters: str = "futural"
    slant: float = 0.0
    spacing: float = 1.0
    drift: float = 0.04
    wobble: float = 0.012
    uneven: float = 0.04


WRITERS = {
    "w1": Writer(),
    "w2": Writer(slant=0.22, spacing=0.9, drift=0.06),
    "w3": Writer(letters="scripts", slant=0.05, wobble=0.008),
    "w4": Writer(slant=-0.1, spacing=1.3, uneven=0.07, wobble=0.018),
    "w5": Writer(letters="scripts", slant=0.12, spacing=1.15, drift=0.09),
}


def write_ink(latex: str, writer: Writer, seed: str) -> list[Mark]:
    """The strokes of an expression, symbol by symbol, in device units; the same seed gives the same strokes."""
    chance = random.Random(seed)
    box = Layout(writer.letters, writer.spacing).row(parse(latex))
    wave, phase = chance.uniform(4, 8) * CAP_HEIGHT, chance.uniform(0, 2 * math.pi)
    zoom = UNITS / CAP_HEIGHT * chance.uniform(0.9, 1.15)
    marks = []
    for mark in box.marks:
        mark = _uneven(mark, writer.uneven, chance)
        strokes = []
        for stroke in mark.strokes:
            drifted = [
                (x - writer.slant * y, y + writer.drift * CAP_HEIGHT * math.sin(x / wave + phase)) for x, y in stroke
            ]
            wobbled = _wobble(resample(drifted), writer.wobble * CAP_HEIGHT, chance)
            strokes.append([(x * zoom, y * zoom) for x, y in wobbled])
        marks.append(Mark(mark.label, strokes))
    return marks


def _uneven(mark: Mark, spread: float, chance: random.Random) -> Mark:
    """Turn and scale a symbol a little about its middle. A wide one hardly turns: a fraction bar stays level."""
    box = Box([mark])
    middle_x, middle_y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    largest = max(box.width, box.height, 1.0)
    angle = chance.gauss(0, spread) * min(1.0, CAP_HEIGHT / largest)
    size = 1 + chance.gauss(0, spread) * min(1.0, CAP_HEIGHT / largest)
    cos, sin = size * math.cos(angle), size * math.sin(angle)
    turned = [
        [
            (
                middle_x + cos * (x - middle_x) - sin * (y - middle_y),
                middle_y + sin * (x - middle_x) + cos * (y - middle_y),
            )
            for x, y in stroke
        ]
        for stroke in mark.strokes
    ]
    return Mark(mark.label, turned)


def resample(stroke: Stroke, step: float = 1.2) -> Stroke:
    """Points at equal distances along a stroke, as a tablet samples a steady hand; both ends are kept."""
    if len(stroke) < 2:
        return stroke
    result, left = [stroke[0]], step
    for (ax, ay), (bx, by) in pairwise(stroke):
        length = math.hypot(bx - ax, by - ay)
        while length >= left:
            t = left / length
            ax, ay = ax + t * (bx - ax), ay + t * (by - ay)
            result.append((ax, ay))
            length -= left
            left = step
        left -= length
    return [*result, stroke[-1]]


def _wobble(stroke: Stroke, size: float, chance: random.Random) -> Stroke:
    """Smooth noise: two slow waves for each direction."""
    waves = [(chance.gauss(0, size), chance.uniform(0.1, 0.35), chance.uniform(0, 6.3)) for _ in range(4)]

    def sway(step: int, pair: int) -> float:
        return sum(height * math.sin(step * speed + phase) for height, speed, phase in waves[pair : pair + 2])

    return [(x + sway(step, 0), y + sway(step, 2)) for step, (x, y) in enumerate(stroke)]


def to_inkml(latex: str, marks: list[Mark], *, identifier: str, writer: str) -> str:
    """CROHME's InkML: truth, writer, `UI`, traces, and the segmentation into symbols."""
    everything = Box(marks)
    traces, groups = [], []
    for mark in marks:
        views = []
        for stroke in mark.strokes:
            points = ", ".join(f"{x - everything.left + 10:.0f} {y - everything.top + 10:.0f}" for x, y in stroke)
            views.append(f'    <traceView traceDataRef="{len(traces)}"/>')
            traces.append(f'<trace id="{len(traces)}">\n{points}\n</trace>')
        name = (
            f'  <traceGroup xml:id="s{len(groups)}">\n    <annotation type="truth">{escape(mark.label)}</annotation>'
        )
        groups.append("\n".join((name, *views, "  </traceGroup>")))
    head = f"""\
<ink xmlns="http://www.w3.org/2003/InkML">
<traceFormat>
  <channel name="X" type="decimal"/>
  <channel name="Y" type="decimal"/>
</traceFormat>
<annotation type="truth">${escape(latex)}$</annotation>
<annotation type="UI">{identifier}</annotation>
<annotation type="writer">{writer}</annotation>
<annotation type="copyright">Uni-MuMER toolkit, Apache-2.0; drawn by examples/make_sample.py</annotation>
"""
    body = "\n".join((*traces, '<traceGroup xml:id="segmentation">', *groups, "</traceGroup>", "</ink>\n"))
    return head + body


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expressions", type=Path, default=HERE / "expressions.tsv", help="split<TAB>LaTeX lines")
    parser.add_argument(
        "--output",
        type=Path,
        default=SAMPLE,
        help="gets train/*.inkml and test/*.inkml",
    )
    parser.add_argument("--seed", default="2505.23566", help="another one gives other jitter")
    options = parser.parse_args(argv)
    lines = [line for line in options.expressions.read_text(encoding="utf-8").splitlines() if line.strip()]
    names = list(WRITERS)
    for number, line in enumerate(lines, start=1):
        split, latex = line.split("\t")
        writer = names[number % len(names)]
        identifier = f"e{number:03d}_{writer}"
        marks = write_ink(latex, WRITERS[writer], f"{options.seed}/{number}")
        folder = options.output / split
        folder.mkdir(parents=True, exist_ok=True)
        content = to_inkml(latex, marks, identifier=identifier, writer=writer)
        (folder / f"{identifier}.inkml").write_text(content, encoding="utf-8")
    print(f"{len(lines)} expressions -> {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
