"""What every engine has in common: a request goes in, an answer comes out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from unimumer_data.errors import EngineError, ImageError
from unimumer_data.images import fit_pixels, load_image

if TYPE_CHECKING:
    from unimumer_eval.config import EvalConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question about one picture.

    Args:
        index: of the sample within its set.
        image: the picture file.
        prompt: the human turn without ``<image>``; the picture goes before it.
    """

    index: int
    image: Path
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One sampled text.

    Args:
        text: as the model wrote it.
        tokens: of the text, pieces; 0 where the engine does not tell.
        logprob: natural logarithm of the text's probability, None where the engine does not tell.
        finish: ``stop``, or ``length`` where the text was cut at the limit.
    """

    text: str
    tokens: int = 0
    logprob: float | None = None
    finish: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for a request: n outputs, or none and the reason why."""

    index: int
    outputs: tuple[Output, ...] = ()
    prompt_tokens: int = 0
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Decoding; temperature 0 is greedy."""

    temperature: float = 0.0
    top_p: float = 1.0
    n: int = 1
    seed: int = 0
    max_tokens: int = 2048
    logprobs: bool = True


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

    A picture that cannot be had comes as the error that it raised, for the consumer to record.
    """

    def read(path: Path) -> Image.Image | ImageError:
        try:
            return fit_pixels(load_image(path), max_pixels, min_pixels)
        except ImageError as error:
            return error

    waiting: deque[tuple[Request, Future[Image.Image | ImageError]]] = deque()
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="pictures") as pool:
        try:
            for request in requests:
                waiting.append((request, pool.submit(read, request.image)))
                if len(waiting) > window:
                    head, future = waiting.popleft()
                    yield head, future.result()
            while waiting:
                head, future = waiting.popleft()
                yield head, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def brief(error: Exception) -> str:
    """The message of a library's error on one line of bearable length."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def prompter(processor: Any, config: EvalConfig) -> Callable[[str], str]:
    """`chat_prompt` of a model and a configuration; remembers, since most samples are asked the same."""
    write = partial(chat_prompt, processor, system=config.system, template_args=config.template_args)
    return lru_cache(maxsize=16)(write)


def chat_prompt(processor: Any, prompt: str, *, system: str | None, template_args: dict[str, Any]) -> str:
    """The text of a conversation with one picture, written by the model's own chat template.

    Args:
        processor: a transformers processor.
        prompt: the human turn; the picture comes directly before it, as LLaMA-Factory trains it.
        system: None leaves the system turn to the template.

    Raises:
        EngineError: the model has no chat template.
    """
    if not (getattr(processor, "chat_template", None) or processor.tokenizer.chat_template):
        raise EngineError("the model has no chat template; add the chat_template.jinja of the model it was tuned from")
    user = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": prompt}]}
    turns: Sequence[dict[str, Any]] = [user] if system is None else [_system(system), user]
    text: str = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **template_args)
    return text


def _system(text: str) -> dict[str, Any]:
    return {"role": "system", "content": [{"type": "text", "text": text}]}
