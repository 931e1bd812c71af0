"""The two routes of the Mathpix API that note-taking apps use: ``/v3/text`` and ``/v3/strokes``.

Source: https://docs.mathpix.com, v3/text and v3/strokes.
"""

from __future__ import annotations

import uuid
from typing import Any

from unimumer_data.errors import InkError
from unimumer_data.ink import Ink
from unimumer_eval.recognize.inputs import strokes_to_ink
from unimumer_eval.recognize.result import Recognition

from .answers import copies
from .bodies import read_object


def read_strokes(body: dict[str, Any]) -> Ink:
    """Ink of ``{"strokes": {"strokes": {"x": [[...]], "y": [[...]]}}}``.

    Raises:
        InkError: another form, or lists of different lengths.
    """
    inner: Any = body.get("strokes")
    inner = inner.get("strokes", inner) if isinstance(inner, dict) else inner
    xs, ys = (inner.get("x"), inner.get("y")) if isinstance(inner, dict) else (None, None)
    if not isinstance(xs, list) or not isinstance(ys, list):
        raise InkError("strokes must be {strokes: {x: [[...]], y: [[...]]}}")
    try:
        pairs = [list(zip(x, y, strict=True)) for x, y in zip(xs, ys, strict=True)]
    except (TypeError, ValueError):
        raise InkError("the lists of x and y must be of the same lengths") from None
    return strokes_to_ink(pairs)


def read_options(text: str) -> dict[str, Any]:
    """The ``options_json`` of a form.

    Raises:
        BadRequest: no JSON object.
    """
    return read_object(text or "{}", "options_json")


def answer(result: Recognition, options: dict[str, Any]) -> dict[str, Any]:
    """A result as Mathpix words it; ``data`` holds the other forms that were asked for."""
    compact = result.latex
    confidence = 0.0 if result.confidence is None else result.confidence
    left, right = _delimiters(options)
    content: dict[str, Any] = {
        "request_id": uuid.uuid4().hex,
        "text": f"{left}{compact}{right}",
        "latex_styled": compact,
        "confidence": confidence,
        "confidence_rate": confidence,
        "is_printed": False,
        "is_handwritten": True,
        "auto_rotate_confidence": 0.0,
        "auto_rotate_degrees": 0,
    }
    if result.picture is not None:
        content |= {"image_width": result.picture.width, "image_height": result.picture.height}
    wanted = options.get("data_options")
    if isinstance(wanted, dict):
        forms = {"latex": compact, "mathml": copies(compact).get("mathml", "")}
        asked = [name for name in forms if wanted.get(f"include_{name}")]
        content["data"] = [{"type": name, "value": forms[name]} for name in asked]
    return content


def _delimiters(options: dict[str, Any]) -> tuple[str, str]:
    given = options.get("math_inline_delimiters")
    if isinstance(given, list) and len(given) == 2 and all(isinstance(one, str) for one in given):
        return given[0], given[1]
    return "\\( ", " \\)"
