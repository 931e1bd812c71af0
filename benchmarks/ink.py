"""Ink to PNG: inks a second of one process, beside a plain script.

    python benchmarks/ink.py path=../shared/data/crohme-inkml [inks=500] [repeats=5] [seed=1]

The reference does what a script written in ten minutes does: ElementTree, one `float` for each number, the same scale,
`ImageDraw.line` with round joints, drawn large and scaled down so that it is anti-aliased too, Pillow's PNG writer.
A second one, `bare lines`, leaves out joints and anti-aliasing, so its pictures are worse. All read InkML files and
write PNG files. They take turns, and the ratios are medians over the repeats, so that a busy machine hurts all alike;
there, trust the CPU seconds.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image, ImageDraw

from unimumer_data.errors import UniMumerError
from unimumer_data.ink import encode_png, read_inkml, render
from unimumer_data.support.config import load_config

TRACE = "{http://www.w3.org/2003/InkML}trace"


def ours(path: Path, output: Path) -> None:
    output.write_bytes(encode_png(render(read_inkml(path))))


def plain(path: Path, output: Path, zoom: int = 2, joint: str | None = "curve") -> None:
    strokes = []
    for trace in ElementTree.parse(path).getroot().iter(TRACE):
        points = []
        for point in (trace.text or "").strip().split(","):
            x, y = point.split()[:2]
            points.append((float(x), float(y)))
        strokes.append(points)
    xs = [x for stroke in strokes for x, _ in stroke]
    ys = [y for stroke in strokes for _, y in stroke]
    heights = [max(y for _, y in stroke) - min(y for _, y in stroke) for stroke in strokes]
    scale = 28 / ((sum(height**2 for height in heights) / len(heights)) ** 0.5 or 28)
    left, top = min(xs), min(ys)
    scale = min(scale, 2000 / (max(max(xs) - left, max(ys) - top) or 1))
    width, height = int((max(xs) - left) * scale) + 24, int((max(ys) - top) * scale) + 24
    image = Image.new("L", (width * zoom, height * zoom), 255)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        line = [((12 + (x - left) * scale) * zoom, (12 + (y - top) * scale) * zoom) for x, y in stroke]
        draw.line(line, fill=0, width=3 * zoom, joint=joint)
    if zoom > 1:
        image = image.resize((width, height), Image.Resampling.BOX)
    image.save(output)


WAYS: dict[str, Callable[[Path, Path], None]] = {
    "ours": ours,
    "plain script": plain,
    "bare lines": partial(plain, zoom=1, joint=None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``path``: a folder with InkML files, searched to the bottom."""

    path: Path
    inks: int = 500
    repeats: int = 5
    seed: int = 1


def choose(settings: Settings) -> list[Path]:
    """Files that every way can read."""
    files = sorted(settings.path.rglob("*.inkml"))
    random.Random(settings.seed).shuffle(files)
    chosen: list[Path] = []
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            if len(chosen) == settings.inks:
                break
            try:
                ours(file, Path(folder) / "ours.png")
                plain(file, Path(folder) / "plain.png")
            except (UniMumerError, ElementTree.ParseError, ValueError) as error:
                print(f"left out: {error}")
                continue
            chosen.append(file)
    return chosen


def measure(way: Callable[[Path, Path], None], files: list[Path]) -> tuple[float, float]:
    """Seconds on the clock and of CPU for one pass over ``files``."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder) / f"{index}.png" for index in range(len(files))]
        clock, cpu = time.perf_counter(), time.process_time()
        for file, output in zip(files, outputs, strict=True):
            way(file, output)
        return time.perf_counter() - clock, time.process_time() - cpu


def main(argv: list[str] | None = None) -> int:
    try:
        settings = load_config(Settings, sys.argv[1:] if argv is None else argv)
    except UniMumerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    files = choose(settings)
    if not files:
        print(f"error: {settings.path}: no InkML file that can be read; correct path=", file=sys.stderr)
        return 1
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for _ in range(settings.repeats):
        for name, way in WAYS.items():
            times[name].append(measure(way, files))
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"{len(files)} inks, {settings.repeats} repeats, {load}")
    print(f"{'':14}{'inks/s':>10}{'inks/CPU s':>12}{'ours, times as fast':>22}{'by CPU':>8}")
    for name, measured in times.items():
        clock, cpu = (len(files) / statistics.median(seconds) for seconds in zip(*measured, strict=True))
        pairs = list(zip(measured, times["ours"], strict=True))
        by_clock, by_cpu = (statistics.median(other[i] / own[i] for other, own in pairs) for i in (0, 1))
        print(f"{name:14}{clock:10.0f}{cpu:12.0f}{by_clock:22.2f}{by_cpu:8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
