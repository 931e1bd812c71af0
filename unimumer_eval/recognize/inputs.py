"""What a recognizer accepts: a picture or ink, as a file, as bytes, or in memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from PIL import Image

from unimumer_data.errors import ImageError, InkError, UniMumerError
from unimumer_data.images import fit_pixels, load_image
from unimumer_data.ink import Ink, Style, read_inkml, render
from unimumer_data.ink.points import MAX_COORDINATE
from unimumer_data.ink.reader import parse_inkml

Source: TypeAlias = Any
"""A path, bytes, a PIL picture, an array, an `Ink`, or a list of strokes; see `read_source`."""

INK_SUFFIX = ".inkml"
MAX_POINTS = 200_000  # of one expression; CROHME's longest has about 5,000


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input, read.

    Args:
        name: for messages and output files.
        picture: RGB, as the model gets it; None where it cannot be opened.
        whole: the picture before it was scaled, where scaling it twice would not be the same as once.
        ink: the strokes, where the input was ink.
        failure: why there is no picture.
    """

    name: str
    picture: Image.Image | None = None
    whole: Image.Image | None = None
    ink: Ink | None = None
    failure: str | None = None


def read_input(source: Source, name: str, *, max_pixels: int, min_pixels: int) -> Input:
    """Read a source; what cannot be read comes back with its reason and never raises.

    Args:
        source: see `read_source`.
        name: of the input.
        max_pixels: bound of height times width, as in training.
        min_pixels: likewise.
    """
    try:
        picture, ink = read_source(source, name, max_pixels=max_pixels)
        fitted = fit_pixels(picture, max_pixels, min_pixels)
    except UniMumerError as error:
        return Input(name=name, failure=f"{error.reason}: {error}")
    except OSError as error:
        return Input(name=name, failure=f"image: {name}: cannot be read ({error.strerror})")
    # a sliver is stretched back over the bound; the engine, which scales again, must start from the whole picture
    stretched = fitted.width * fitted.height > max_pixels
    return Input(name=name, picture=fitted, whole=picture if stretched else None, ink=ink)


def read_source(source: Source, name: str = "", *, max_pixels: int) -> tuple[Image.Image, Ink | None]:
    """The picture of a source as RGB, upright, and its ink where it is ink.

    Args:
        source: a path or the bytes of a picture or of an InkML file; a PIL picture of any mode; an array of
            (height, width) or (height, width, channels), whole numbers of 0-255 or fractions of 0-1; an `Ink`; a list
            of strokes, each a list of points (x, y) with y downwards.
        name: of the source in messages.
        max_pixels: bound of a drawing of ink.

    Raises:
        ImageError, InkError: with the name, what is wrong and the cure.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        source = read_inkml(path) if path.suffix.lower() == INK_SUFFIX else path
    elif isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
        source = parse_inkml(data, name=name or "ink in memory") if looks_like_inkml(data) else data
    elif not isinstance(source, Image.Image | Ink):
        source = strokes_to_ink(source, name) if isinstance(source, list | tuple) else _picture_of_array(source, name)
    if isinstance(source, Ink):
        return render(source, Style(max_pixels=max_pixels)).convert("RGB"), source
    return load_image(source, name=name), None


def looks_like_inkml(data: bytes) -> bool:
    """Whether bytes begin as an XML file does; no picture format does."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def is_one_source(value: Any) -> bool:
    """Whether ``value`` is a single source, not a collection of sources."""
    if isinstance(value, str | bytes | bytearray | memoryview | Path | Image.Image | Ink):
        return True
    if hasattr(value, "__array_interface__") or hasattr(value, "__array__"):
        return True
    return isinstance(value, list | tuple) and bool(value) and _is_stroke(value[0])


def strokes_to_ink(strokes: Iterable[Any], name: str = "") -> Ink:
    """Ink from lists of points.

    >>> strokes_to_ink([[(0, 0), (3, 4)], [{"x": 1, "y": 2}]]).traces
    {'0': [0.0, 0.0, 3.0, 4.0], '1': [1.0, 2.0]}

    Args:
        strokes: of points: (x, y) with anything behind, or mappings with x and y; device units, y downwards.
        name: for messages.

    Raises:
        InkError: no point, too many, or a coordinate that is no number.
    """
    name = name or "strokes"
    traces: dict[str, list[float]] = {}
    count = 0
    for number, stroke in enumerate(strokes):
        points = [_point(point, name, number) for point in _sequence(stroke, name, number)]
        count += len(points)
        if count > MAX_POINTS:
            raise InkError(f"{name}: more than {MAX_POINTS} points; not the ink of one expression")
        if points:
            traces[str(number)] = [value for point in points for value in point]
    if not traces:
        raise InkError(f"{name}: no stroke in it; draw something first")
    return Ink(name=name, traces=traces, annotations={})


def _sequence(stroke: Any, name: str, number: int) -> Sequence[Any]:
    if not isinstance(stroke, list | tuple):
        raise InkError(f"{name}: stroke {number} must be a list of points, got {stroke!r:.40}")
    return stroke


def _point(point: Any, name: str, number: int) -> tuple[float, float]:
    try:
        x, y = (point["x"], point["y"]) if isinstance(point, Mapping) else point[:2]
        place = float(x), float(y)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        raise InkError(f"{name}: stroke {number}: a point is (x, y), got {point!r:.40}") from None
    if not all(math.isfinite(value) and abs(value) <= MAX_COORDINATE for value in place):
        raise InkError(f"{name}: stroke {number}: coordinate out of range in {point!r:.40}")
    return place


def _is_stroke(value: Any) -> bool:
    return isinstance(value, list | tuple) and (not value or isinstance(value[0], list | tuple | Mapping))


def _picture_of_array(array: Any, name: str) -> Image.Image:
    if not hasattr(array, "__array_interface__") and not hasattr(array, "__array__"):
        raise ImageError(f"{name or 'input'}: a {type(array).__name__} is neither a picture nor strokes")
    import numpy

    values = numpy.asarray(array)
    if values.dtype.kind == "f":
        values = values * 255 if values.size and values.max() <= 1 else values
        values = values.round().clip(0, 255).astype("uint8")
    elif values.dtype.kind == "b":
        values = values.astype("uint8") * 255
    elif values.dtype.itemsize > 2 and values.size and values.max() <= 255 and values.min() >= 0:
        values = values.astype("uint8")
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    try:
        return Image.fromarray(values)
    except (TypeError, ValueError) as error:
        shape = f"{values.dtype} array of shape {values.shape}"
        raise ImageError(f"{name or 'array'}: {shape} is no picture ({error}); give (height, width, 3)") from error
