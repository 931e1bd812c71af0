"""Any recogniser as an engine: ``engine=python:package.module:function``.

The function gets what the name of its first parameter says: ``strokes`` (of an InkML file: a list of strokes, each a
list of points (x, y) in device units, y downwards), ``pictures`` or ``images`` (a list of Pillow pictures, for a list
of answers), or else one Pillow picture, RGB, upright, not scaled. It returns LaTeX, or an `Output`. A class is made
once and then called, so that it can load its weights in ``__init__``.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from unimumer_data.errors import EngineError, ImageError, UniMumerError
from unimumer_data.ink import Ink, read_inkml
from unimumer_eval.config import AskConfig, Sampling

from .base import INK_SUFFIX, Answer, Output, Request, brief, open_picture

_BATCH = 8  # pictures that a function of several pictures gets at once
Strokes = list[list[tuple[float, float]]]


class PythonEngine:
    """Calls the function picture by picture, or batch by batch; an exception of it is one failed answer."""

    def __init__(self, config: AskConfig) -> None:
        self._function = load_function(config.engine)
        self._reads = _first_parameter(self._function)
        self._batch = (config.batch_size or _BATCH) if self._reads in ("pictures", "images") else 1

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        source = iter(requests)
        while batch := list(islice(source, self._batch)):
            good: list[tuple[Request, Any]] = []
            for request in batch:
                try:
                    good.append((request, self._input(request)))
                except UniMumerError as error:
                    yield Answer(index=request.index, failure=f"image: {error}")
            if good:
                yield from self._answer(good)

    def close(self) -> None:
        """Nothing is held."""

    def _input(self, request: Request) -> Any:
        image = request.image
        if self._reads != "strokes":
            return open_picture(image)
        if request.ink is not None:
            return strokes_of(request.ink)
        if not isinstance(image, Path) or image.suffix.lower() != INK_SUFFIX:
            name = image if isinstance(image, Path) else "a picture"
            raise ImageError(f"{name}: the recogniser reads strokes; name a folder of InkML files with data=")
        return strokes_of(read_inkml(image))

    def _answer(self, batch: Sequence[tuple[Request, Any]]) -> Iterator[Answer]:
        inputs = [given for _, given in batch]
        try:
            if self._batch > 1:
                said = list(self._function(inputs))
                if len(said) != len(batch):
                    raise ValueError(f"{len(batch)} pictures, but {len(said)} answers")
            else:
                said = [self._function(inputs[0])]
            outputs = [_output(one) for one in said]
        except Exception as error:  # whatever a stranger's function raises is the failure of its sample
            if len(batch) > 1:
                yield from (answer for one in batch for answer in self._answer([one]))
            else:
                yield Answer(index=batch[0][0].index, failure=f"refused: {type(error).__name__}: {brief(error)}")
            return
        for (request, _), output in zip(batch, outputs, strict=True):
            yield Answer(index=request.index, outputs=(output,))


def load_function(engine: str) -> Callable[[Any], Any]:
    """The function that ``python:package.module:function`` names; a class is made.

    Modules of the working folder are found too.

    Raises:
        EngineError: there is no such module or name in it, or it cannot be called.
    """
    module, name = module_of(engine)
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        found = getattr(import_module(module), name)
        found = found() if inspect.isclass(found) else found
    except ImportError as error:
        raise EngineError(f"engine={engine}: {module} cannot be imported: {brief(error)}") from error
    except AttributeError as error:
        raise EngineError(f"engine={engine}: {brief(error)}") from error
    if not callable(found):
        raise EngineError(f"engine={engine}: {name} is a {type(found).__name__}, not a function")
    function: Callable[[Any], Any] = found
    return function


def module_of(engine: str) -> tuple[str, str]:
    """Module and name of ``python:package.module:function``."""
    _, _, path = engine.partition(":")
    module, _, name = path.partition(":")
    return module, name


def strokes_of(ink: Ink) -> Strokes:
    """The strokes of an ink, in the order of writing."""
    return [list(zip(trace[::2], trace[1::2], strict=True)) for trace in ink.traces.values()]


def _first_parameter(function: Callable[..., Any]) -> str:
    try:
        return next(iter(inspect.signature(function).parameters), "")
    except (TypeError, ValueError):  # some functions written in C give no signature
        return ""


def _output(said: Any) -> Output:
    if isinstance(said, Output):
        return said
    if not isinstance(said, str):
        raise TypeError(f"LaTeX is needed as text, got a {type(said).__name__}")
    return Output(text=said)
