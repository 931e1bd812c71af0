"""Recognisers of the server's tests: real engines, quick ones."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PIL import Image

from unimumer_eval.engines import Output

Stroke = Sequence[tuple[float, float]]


def width(picture: Image.Image) -> str:
    """How wide the picture is, as a formula that tells answers apart."""
    return f"x ^ {{ {' '.join(str(picture.width))} }}"


def strokes(strokes: Sequence[Stroke]) -> str:
    """How many strokes there are."""
    return f"n = {len(strokes)}"


def slow(picture: Image.Image) -> str:
    time.sleep(0.4)
    return "x"


def broken(picture: Image.Image) -> str:
    raise RuntimeError("no such <b>symbol</b>")


def hostile(picture: Image.Image) -> str:
    """What a model could say to a page."""
    return r"\text { <img src=x onerror=alert(1)> } </svg><script>alert(2)</script>"


def sure(picture: Image.Image) -> Output:
    """Sure of wide pictures."""
    return Output(text="x", tokens=2, logprob=-0.25 if picture.width > 50 else -3.0)
