"""The text of an InkML trace: points divided by commas, one value per channel, in several encodings.

Source: W3C Ink Markup Language (2011), 3.2.1 `<trace>` and 3.1 `<traceFormat>`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass

from unimumer_data.errors import InkError

MAX_COORDINATE = 1e9  # device units; more is damage, and would make arithmetic on the extent meaningless

_json = json.JSONDecoder().decode  # nearly every trace is plain numbers: this reads them twice as fast as float() does
_VALUE = re.compile(
    r"""\s*+(?P<order>[!'"]?)\s*+(?P<value>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\#[0-9A-Fa-f]+|[*?TF])"""
)


@dataclass(frozen=True, slots=True)
class Channels:
    """Where x and y stand among the values of a point. ``count`` None: the file does not say how many there are."""

    x: int = 0
    y: int = 1
    count: int | None = None
    y_sign: float = 1.0  # -1 where the file counts y upwards


def decode_points(text: str, channels: Channels) -> list[float]:
    """Coordinates of a trace.

    >>> decode_points("34 54 0, 35 56 8", Channels(count=3))
    [34, 54, 35, 56]
    >>> decode_points("100 20, '3'-2, 1 1", Channels())  # the quote opens differences to the point before
    [100.0, 20.0, 103.0, 18.0, 104.0, 19.0]

    Args:
        text: of one `<trace>`.
        channels: of the `<traceFormat>` in force; channels that are not x or y are passed over.

    Returns:
        x and y in turn, 2 N values for N >= 0 points, in device units, y downwards.

    Raises:
        InkError: a value that is not a number, not finite or out of range, a point with too few or too many values;
            without the place of the trace, which the caller knows.
    """
    try:
        values = _json(f"[{text.strip().replace(', ', ',').replace(' ', ',')}]")
        chosen = _choose(values, text.count(",") + 1, channels)
        plain = math.hypot(*chosen) <= MAX_COORDINATE  # one quick test of all of them; not a number fails it too
    except (ValueError, TypeError, OverflowError, RecursionError):
        plain = False
    if not plain:
        chosen = _decode_slowly(text, channels)
    if channels.y_sign < 0:
        chosen[1::2] = [-y for y in chosen[1::2]]
    return chosen


def _choose(values: list[float], points: int, channels: Channels) -> list[float]:
    """Only x and y, of ``points`` points that have equally many values."""
    count = channels.count or len(values) // points
    if len(values) != points * count or count <= max(channels.x, channels.y):
        raise ValueError
    if count == 2 and channels.x == 0:
        return values
    chosen = [0.0] * (2 * points)
    chosen[0::2], chosen[1::2] = values[channels.x :: count], values[channels.y :: count]
    return chosen


def _decode_slowly(text: str, channels: Channels) -> list[float]:
    """Every encoding of the standard: explicit, first (') and second (") differences, repeats (*), hexadecimal."""
    flat: list[float] = []
    orders: dict[int, str] = {}  # channel -> the encoding in force, which lasts until the next mark
    last: dict[int, float] = {}
    speed: dict[int, float] = {}
    wanted = max(channels.x, channels.y)
    points = text.strip().removesuffix(",").split(",") if text.strip() else []
    for index, point in enumerate(points):
        regular, _, _ = point.partition(":")  # what follows the colon are intermittent channels
        place = channel = 0
        regular = regular.rstrip()
        while place < len(regular):
            match = _VALUE.match(regular, place)
            if match is None:
                raise InkError(f"point {index}: {regular[place:].strip()[:20]!r} is not a number; correct the trace")
            order = orders[channel] = match["order"] or orders.get(channel, "!")
            value = match["value"]
            if channel in (channels.x, channels.y):
                _advance(value, order, channel, last, speed, index)
            place, channel = match.end(), channel + 1
        if channel <= wanted or channel > (channels.count or channel):
            needed = channels.count or f"at least {wanted + 1}"
            raise InkError(f"point {index}: {channel} values where the trace format has {needed}; correct the trace")
        flat += (last[channels.x], last[channels.y])
    return flat


def _advance(
    value: str, order: str, channel: int, last: dict[int, float], speed: dict[int, float], index: int
) -> None:
    """Set ``last[channel]`` to the coordinate that ``value`` stands for."""
    if value == "*":
        number = {"!": last.get(channel), "'": speed.get(channel), '"': 0.0}[order]
    elif value in "?TF":
        number = None
    else:
        number = _hexadecimal(value[1:]) if value.startswith("#") else float(value)
    if number is None or (order != "!" and channel not in last):
        raise InkError(f"point {index}: {order.strip('!')}{value} gives no coordinate here; correct the trace")
    if order == "!":
        speed[channel] = number - last.get(channel, number)
        last[channel] = number
    else:
        speed[channel] = number + (speed.get(channel, 0.0) if order == '"' else 0.0)
        last[channel] += speed[channel]
    if not abs(last[channel]) <= MAX_COORDINATE:
        raise InkError(f"point {index}: coordinate {last[channel]:g} is out of range; correct or leave out the trace")


def _hexadecimal(digits: str) -> float:
    try:
        return float(int(digits, 16))
    except OverflowError:
        return math.inf
