"""What requests carry: JSON schemas, and the picture or ink in them."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.requests import Request

from unimumer_data.errors import ImageError, UniMumerError
from unimumer_eval.recognize.inputs import Source, strokes_to_ink

MAX_NAME = 200


class BadRequest(UniMumerError):
    """A request that cannot be answered as it is; the message says what to send instead."""

    reason = "request"


class RecognizeBody(BaseModel):
    """``POST /v1/recognize``: a picture or strokes, and what to answer beside the LaTeX."""

    model_config = ConfigDict(extra="forbid")

    picture: str | None = Field(None, description="base64 of a picture or InkML file, or a data: URL of it")
    strokes: list[list[Any]] | None = Field(None, description="lists of points [x, y] or {x, y}, y downwards")
    name: str = Field("", max_length=MAX_NAME)
    task: Literal["vanilla", "tree", "can"] | None = Field(None, description="default: that of the server")
    prefix: str = Field("", max_length=20_000, description="how the answer begins; the model goes on from there")
    include: list[Literal["picture", "drawing", "copies"]] = Field(
        [], description="the picture as the model got it, the formula to draw, MathML and Typst"
    )

    def source(self) -> Source:
        """The picture's bytes, or the ink."""
        return source_of(self.picture, self.strokes)


class KeepBody(BaseModel):
    """``POST /v1/keep``: a formula as its writer has it, with what the model had said."""

    model_config = ConfigDict(extra="forbid")

    latex: str = Field(min_length=1, max_length=20_000)
    said: str = Field("", max_length=100_000)
    picture: str | None = None
    strokes: list[list[Any]] | None = None
    writer: str = Field("", max_length=100)
    consent: Literal[True] = Field(description="the writer agrees that the sample is kept and trained on")

    def source(self) -> Source:
        """The picture's bytes, or the ink."""
        return source_of(self.picture, self.strokes)


class LatexBody(BaseModel):
    """``POST /v1/formula``: LaTeX to draw and to write in other forms."""

    model_config = ConfigDict(extra="forbid")

    latex: str = Field(max_length=20_000)


def source_of(picture: str | None, strokes: list[list[Any]] | None) -> Source:
    """The one source of a request.

    Raises:
        BadRequest: none, or both.
        InkError, ImageError: it is no ink or no base64.
    """
    if (picture is None) == (strokes is None):
        raise BadRequest("send either a picture or strokes")
    return strokes_to_ink(strokes) if strokes is not None else decode_picture(picture or "")


def decode_picture(text: str) -> bytes:
    """Bytes of base64 or of a ``data:`` URL. No other URL is fetched.

    Raises:
        ImageError: neither.
    """
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        if not head.endswith(";base64"):
            raise ImageError("a data: URL must be in base64: data:image/png;base64,...")
    elif "://" in text[:20]:
        raise ImageError("addresses are not fetched; send the picture itself, in base64 or as a data: URL")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ImageError("the picture is not base64; encode it, or send it as a form's file") from None


async def read_form(request: Request) -> tuple[bytes, dict[str, str]]:
    """The file and the text fields of a multipart form.

    Raises:
        BadRequest: no form, or no file in it.
    """
    try:
        async with request.form(max_files=1, max_fields=20) as form:
            upload = next((value for value in form.values() if isinstance(value, UploadFile)), None)
            if upload is None:
                raise BadRequest("the form has no file in it")
            data = await upload.read()
            return data, {key: value for key, value in form.items() if isinstance(value, str)}
    except FormParserError as error:
        raise BadRequest(f"the form cannot be read: {error}") from None


def read_object(text: str | bytes, what: str) -> dict[str, Any]:
    """The JSON object of a request.

    Args:
        what: it is, for the error.

    Raises:
        BadRequest: no JSON, no object, or text with half a character in it, which no answer could repeat.
    """
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{what} is not JSON: {error}"[:300]) from None
    if not isinstance(content, dict):
        raise BadRequest(f"{what} must be a JSON object")
    return content
