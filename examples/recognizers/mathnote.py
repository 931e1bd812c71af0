"""mathnote-ocr, a small recogniser of pen strokes, as an engine of this project.

    pip install mathnote-ocr==0.2.1
    unimumer recognize ink/ output=out.jsonl engine=python:examples.recognizers.mathnote:Mathnote
    unimumer eval data=ink/ engine=python:examples.recognizers.mathnote:Mathnote output=results/mathnote

1.2 M parameters, weights in the wheel, Apache-2.0 (https://github.com/YonatanNemtsov/mathnote-ocr). It was made for
drawing apps: strokes must be of the size that a finger draws, hence they are scaled to a median of `SIZE` units, and a
pen that rested must not repeat its point.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from statistics import median

from unimumer_eval.engines.base import Output

SIZE = 30.0
"""Median of the larger side of the strokes, in the units of a screen: what reads best of 5 to 100."""

Stroke = Sequence[tuple[float, float]]


class Mathnote:
    """Strokes to LaTeX; the model is loaded once."""

    def __init__(self) -> None:
        from mathnote_ocr import MathOCR

        self._model = MathOCR()
        self._lock = threading.Lock()

    def __call__(self, strokes: Sequence[Stroke]) -> Output:
        """Read the strokes of one formula; points are (x, y), y downwards."""
        with self._lock:
            said = self._model.detect(prepared(strokes))
        confidence = float(said.confidence)
        return Output(text=said.latex, logprob=math.log(confidence) if 0 < confidence <= 1 else None)


def prepared(strokes: Sequence[Stroke]) -> list[list[tuple[float, float]]]:
    """The strokes in the size that the model knows, without repeated points.

    >>> prepared([[(0, 0), (0, 0), (0, 3)], [(10, 0), (10, 3)]])
    [[(0.0, 0.0), (0.0, 30.0)], [(100.0, 0.0), (100.0, 30.0)]]
    """
    left = min(x for stroke in strokes for x, _ in stroke)
    top = min(y for stroke in strokes for _, y in stroke)
    sizes = [max(_extent(stroke, 0), _extent(stroke, 1)) for stroke in strokes]
    scale = SIZE / (median([size for size in sizes if size] or [1.0]))
    return [_distinct([((x - left) * scale, (y - top) * scale) for x, y in stroke]) for stroke in strokes]


def _extent(stroke: Stroke, axis: int) -> float:
    values = [point[axis] for point in stroke]
    return max(values) - min(values)


def _distinct(points: Stroke) -> list[tuple[float, float]]:
    return [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]
