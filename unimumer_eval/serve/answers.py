"""Results as the page and other programs get them."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

from PIL import Image

from unimumer_data.errors import ConfigError, LatexSyntaxError
from unimumer_eval.recognize.forms import FORMS
from unimumer_eval.recognize.result import Recognition
from unimumer_eval.report.drawings import Drawings


def recognition(result: Recognition, include: list[str]) -> dict[str, Any]:
    """A result as JSON has it, with what was asked for beside it."""
    content = result.to_dict()
    if "picture" in include and result.picture is not None:
        content["picture"] = {
            "width": result.picture.width,
            "height": result.picture.height,
            "data": data_url(result.picture),
        }
    if "drawing" in include:
        content["drawing"] = drawing(result.latex)
    if "copies" in include:
        content["copies"] = copies(result.latex)
    return content


def drawing(latex: str) -> dict[str, Any] | None:
    """A formula to draw, see `report.drawings`; the token of each mark is a place in ``latex.split()``."""
    tokens = latex.split()
    drawings = Drawings()
    return drawings.data() if tokens and drawings.add(tokens) is not None else None


def copies(latex: str) -> dict[str, str]:
    """Form -> the expression in it; forms that it cannot be written in are left out."""
    written: dict[str, str] = {}
    for form, write in FORMS.items():
        try:
            written[form] = write(latex)
        except (LatexSyntaxError, ConfigError):
            continue
    return written


def data_url(picture: Image.Image) -> str:
    """A picture for a page, without a loss."""
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
