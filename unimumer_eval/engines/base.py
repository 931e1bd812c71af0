"""What every engine has in common: a request goes in, an answer comes out."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, Protocol

from PIL import Image

from unimumer_data.errors import ImageError, InkError
from unimumer_data.images import fit_pixels, load_image
from unimumer_data.ink import Ink, read_inkml, render
from unimumer_data.support.ahead import ahead
from unimumer_eval.config import Sampling

INK_SUFFIX = ".inkml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question about one picture.

    Args:
        index: of the sample within its set.
        image: the picture file, or the picture itself as RGB.
        prompt: the human turn without ``<image>``; the picture goes before it.
        prefix: how the answer begins; the model goes on from there, and its text is what comes after.
        ink: the strokes that the picture was drawn from, for engines that read strokes.
    """

    index: int
    image: Path | Image.Image
    prompt: str
    prefix: str = ""
    ink: Ink | None = None


class Step(NamedTuple):
    """One token of a text.

    Args:
        text: what it adds to the text; the texts of all steps joined are the text. Empty for a token without text of
            its own: the end, or a piece of a character whose last piece is still to come.
        logprob: natural logarithm of its probability, after all tokens before it.
        likely: the likeliest tokens at this place and their log-probabilities, the likeliest first; the chosen one
            is mostly among them. Empty unless `Sampling.alternatives` asks for them.
    """

    text: str
    logprob: float
    likely: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One sampled text.

    Args:
        text: as the model wrote it.
        tokens: of the text, pieces; 0 where the engine does not say.
        logprob: natural logarithm of the text's probability, None where the engine does not say.
        logprobs: of its tokens one by one, the end included; empty where the engine does not say. An array of single
            floats takes four bytes a token, and a run holds millions of tokens.
        finish: ``stop``, or ``length`` where the text was cut at the limit.
        steps: the tokens one by one, where `Sampling.steps` asks for them and the engine says.
    """

    text: str
    tokens: int = 0
    logprob: float | None = None
    logprobs: Sequence[float] = ()
    finish: str = "stop"
    steps: tuple[Step, ...] = ()


def compact(logprobs: Iterable[float]) -> Sequence[float]:
    """Log-probabilities as `Output.logprobs` keeps them."""
    return array("f", logprobs) or ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for a request: n outputs, or none and the reason why."""

    index: int
    outputs: tuple[Output, ...] = ()
    prompt_tokens: int = 0
    failure: str | None = None


class Predictor(Protocol):
    """An engine with a model in it."""

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        """Answer every request exactly once, in any order; a request that cannot be answered is a failed answer.

        Draws requests as it needs them and holds few at once, so that memory does not grow with their number.

        Raises:
            EngineError: the engine itself is broken; nothing more can be answered.
        """
        ...

    def close(self) -> None:
        """Give back processes and memory."""
        ...


def pictures(
    requests: Iterable[Request], *, max_pixels: int, min_pixels: int, window: int
) -> Iterator[tuple[Request, Image.Image | ImageError]]:
    """Decode and scale the pictures of requests, in order, at most ``window`` ahead of the consumer.

    A picture that cannot be opened comes as the error that it raised, for the consumer to record.
    """

    def read(request: Request) -> Image.Image | ImageError:
        try:
            return picture_of(request.image, max_pixels, min_pixels)
        except ImageError as error:
            return error

    return ahead(read, requests, window)


def picture_of(image: Path | Image.Image, max_pixels: int, min_pixels: int) -> Image.Image:
    """The picture of a request as the model gets it.

    Raises:
        ImageError: it cannot be opened.
    """
    return fit_pixels(open_picture(image), max_pixels, min_pixels)


def open_picture(image: Path | Image.Image) -> Image.Image:
    """The picture of a request as it is; ink is drawn.

    Raises:
        ImageError: it cannot be opened.
    """
    if isinstance(image, Image.Image):
        return image
    if image.suffix.lower() != INK_SUFFIX:
        return load_image(image)
    try:
        return render(read_inkml(image)).convert("RGB")
    except InkError as error:
        raise ImageError(str(error)) from error


def encode_png(image: Image.Image) -> bytes:
    """Without loss, hence the pixels that the offline engines see."""
    encoded = BytesIO()
    image.save(encoded, "PNG")
    return encoded.getvalue()


def brief(error: Exception) -> str:
    """The message of a library's error on one line of bearable length."""
    return " ".join(str(error).split())[:300] or type(error).__name__
