"""One object that reads formulas: opened once, asked for one input or for a stream of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Literal, TypeVar

from PIL import Image

from unimumer_data.errors import ConfigError, EngineError, suggestion
from unimumer_data.images import IMAGE_MAX_PIXELS, IMAGE_MIN_PIXELS
from unimumer_data.support.ahead import ahead
from unimumer_data.support.config import make_config, option
from unimumer_data.support.tables import show
from unimumer_data.tasks import TASKS
from unimumer_eval.config import AskConfig, Sampling
from unimumer_eval.engines import open_engine
from unimumer_eval.engines.base import Answer, Output, Predictor, Request, Step
from unimumer_eval.engines.checkpoints import resolve, trained_bounds
from unimumer_eval.inference.settings import settings_of_model
from unimumer_eval.trust.calibrator import read_calibrator

from .agreeing import three
from .inputs import Input, Source, is_one_source, read_input
from .refining import refine
from .result import Recognition, make_result

DEFAULT_MODEL = "phxember/Uni-MuMER-Qwen2.5-VL-3B"
Config = TypeVar("Config", bound="RecognizerConfig")
ASKED = ("vanilla", "tree", "can")
"""Tasks that start from a picture alone."""


@dataclass(frozen=True, kw_only=True)
class RecognizerConfig(AskConfig):
    """Who is asked to recognise, and how: the keys of evaluation with other defaults."""

    task: Literal["vanilla", "tree", "can", "three", "refine"] = option(
        "vanilla", "what to ask: plain recognition, with a tree, with counts, all three, or with correction (refine)"
    )
    model: str | None = option(
        DEFAULT_MODEL, "folder or hub name of the model; with engine=openai the name of the served model"
    )
    engine: str = option(
        "vllm", "what runs the model; without it the endpoint of base_url, else vllm, else transformers"
    )
    image_max_pixels: int = option(
        IMAGE_MAX_PIXELS, "LLaMA-Factory's upper limit of training; without it that of the model's unimumer.json"
    )
    image_min_pixels: int = option(IMAGE_MIN_PIXELS, "LLaMA-Factory's lower limit of training; likewise")


def recognizer_config(cls: type[Config], keys: Mapping[str, Any], *, origin: str) -> Config:
    """The settings that the keys ask for, with the engine that fits what is there, and pixel bounds as in training.

    Bounds that the model's folder records are used where the keys have none, and named on standard error.

    Raises:
        ConfigError: a key or value.
    """
    folder, bounds = trained_bounds(keys.get("adapter"), keys.get("model"))
    taken = {key: value for key, value in bounds.items() if key not in keys}
    config = make_config(cls, {"engine": default_engine(keys), **taken, **keys}, origin=origin)
    if taken:
        words = " ".join(f"{key}={value}" for key, value in taken.items())
        show(f"pictures are scaled as {folder} was trained: {words}", file=sys.stderr, flush=True)
    return config


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A source with what is special about it.

    Args:
        source: see `inputs.read_source`.
        name: in results and messages; default: the path, or the number of the input.
        task: vanilla, tree or can, where it is not that of the recognizer.
        prompt: the human turn in one's own words, in place of the task's.
        prefix: how the answer begins; the model goes on from there.
    """

    source: Source
    name: str = ""
    task: str | None = None
    prompt: str | None = None
    prefix: str = ""


class Recognizer:
    """Reads handwritten formulas.

        with Recognizer("outputs/unimumer") as recognize:
            print(recognize("photo.jpg").latex)
            for result in recognize(Path("photos").glob("*.jpg")):
                print(result.name, result.latex)

    The model is loaded at the first question. Not for several threads at once. ``sampling`` is the decoding that its
    settings ask for.

    Args:
        model: folder or hub name of the model; with an endpoint the name of the served model.
        alternatives: note this many of the likeliest tokens at each place, in `Recognition.symbols`.
        keys: those of ``unimumer eval`` about who answers and how: engine, task, vote, temperature, adapter,
            image_max_pixels ... Without ``engine`` it is an endpoint if there is a base_url, else vLLM if that is
            installed, else transformers. Without pixel bounds they are those of the model's training, where its
            folder records them.

    Raises:
        ConfigError: a key or value.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None, *, alternatives: int = 0, **keys: Any) -> None:
        given = keys if model is None else {**keys, "model": str(model)}
        self._set_up(recognizer_config(RecognizerConfig, given, origin="Recognizer"), alternatives)

    @classmethod
    def of(cls, config: RecognizerConfig, *, alternatives: int = 0) -> Recognizer:
        """A recognizer with settings that are read already."""
        recognizer = cls.__new__(cls)
        recognizer._set_up(config, alternatives)
        return recognizer

    def _set_up(self, config: RecognizerConfig, alternatives: int) -> None:
        self.config = config
        sampling = config.sampling
        self.sampling = replace(sampling, steps=sampling.logprobs, alternatives=alternatives)
        self._engine: Predictor | None = None
        self._calibrator = read_calibrator(config.calibration) if config.calibration else None
        if self._calibrator is not None:
            self._calibrator.check(_way_of_asking(config))

    @property
    def task(self) -> str:
        """What is asked of each input: vanilla, tree, can, three or refine."""
        return self.config.task

    def __call__(self, source: Any, **special: Any) -> Any:
        """The result of one source, or an iterator over the results of many, in their order.

        Args:
            source: one source, see `inputs.read_source`, or an iterable of sources or `Query` objects.
            special: of one source, the fields of `Query`.

        Raises:
            EngineError: the engine cannot start or broke down. An input that cannot be read is a result with a
                ``failure``.
        """
        if isinstance(source, Query) or is_one_source(source):
            query = source if isinstance(source, Query) else Query(source=source, **special)
            return next(self.stream([query]))
        if not isinstance(source, Iterable) or special:
            raise ConfigError(f"a {type(source).__name__} is neither a picture, nor ink, nor a collection of those")
        return self.stream(source)

    def stream(
        self, sources: Iterable[Any], *, task: str = "", sampling: Sampling | None = None
    ) -> Iterator[Recognition]:
        """Results in the order of the sources, each as soon as it and all before it are there.

        Sources are drawn as the engine needs them; besides its own window only answers that came out of order are
        held.

        Args:
            sources: sources or `Query` objects.
            task: where it is not that of the recognizer.
            sampling: likewise; `sampling` is the recognizer's own.
        """
        queries = (one if isinstance(one, Query) else Query(source=one) for one in sources)
        if (task or self.task) in _SEVERAL:
            yield from _SEVERAL[task or self.task](self, queries)
            return
        usual = sampling is None or sampling == self.sampling
        waiting: dict[int, tuple[Query, Input]] = {}
        ready: dict[int, Recognition] = {}
        following = 0
        for answer in self.ask(self._requests(queries, waiting, ready), sampling):
            query, read = waiting.pop(answer.index)
            result = self._result(query, read, answer)
            ready[answer.index] = self.judged(result) if usual and self._is_usual(query) else result
            while following in ready:
                yield ready.pop(following)
                following += 1
        while following in ready:
            yield ready.pop(following)
            following += 1
        if waiting or ready:
            raise EngineError(f"the engine left {len(waiting)} inputs without an answer; run the same again")

    def ask(self, requests: Iterable[Request], sampling: Sampling | None = None) -> Iterator[Answer]:
        """The engine's own answers, in any order; starts it when it is asked for the first time."""
        self.start()
        assert self._engine is not None
        return self._engine.predict(requests, sampling or self.sampling)

    def start(self) -> None:
        """Load the model now."""
        if self._engine is None:
            if self._calibrator is not None:
                now = {**settings_of_model(resolve(self.config)), **_way_of_asking(self.config)}
                for warning in self._calibrator.check(now):
                    show(warning, file=sys.stderr)
            self._engine = open_engine(self.config)

    def read(self, query: Query, number: int = 0) -> Input:
        """Read the source of a query as the model will get it."""
        name = query.name or (str(query.source) if isinstance(query.source, str | os.PathLike) else f"input {number}")
        config = self.config
        return read_input(query.source, name, max_pixels=config.image_max_pixels, min_pixels=config.image_min_pixels)

    def close(self) -> None:
        """Give back the engine's memory and processes."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def __enter__(self) -> Recognizer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def judged(self, result: Recognition) -> Recognition:
        """A result with its calibrated probability and whether to accept it; as it is without calibration=."""
        calibrator = self._calibrator
        if calibrator is None:
            return result
        if result.failure is not None:
            return replace(result, accept=False)
        probability = calibrator.probability(result.evidence, result.latex)
        return replace(result, confidence=probability, accept=bool(result.latex) and calibrator.accepts(probability))

    def _is_usual(self, query: Query) -> bool:
        """Whether the question is the recognizer's own, for which the calibration was made."""
        return query.prompt is None and not query.prefix and self._task_of(query) == self.task

    def _requests(
        self, queries: Iterable[Query], waiting: dict[int, tuple[Query, Input]], ready: dict[int, Recognition]
    ) -> Iterator[Request]:
        numbered = ((query, number) for number, query in enumerate(queries))
        for (query, number), read in ahead(lambda one: self.read(*one), numbered, self.config.window):
            if read.picture is None:
                ready[number] = self.judged(Recognition(name=read.name, failure=read.failure))
                continue
            waiting[number] = (query, read)
            yield self.request(number, read, query)

    def request(self, number: int, read: Input, query: Query) -> Request:
        """What the engine is asked about an input."""
        assert read.picture is not None
        prompt = query.prompt if query.prompt is not None else TASKS[self._task_of(query)].instruction
        image: Image.Image = read.whole or read.picture
        return Request(index=number, image=image, prompt=prompt, prefix=query.prefix, ink=read.ink)

    def _task_of(self, query: Query) -> str:
        task = query.task or self.task
        if task not in ASKED:
            raise ConfigError(f"task must be one of {', '.join(ASKED)}, got {task!r}{suggestion(task, ASKED)}")
        return task

    def _result(self, query: Query, read: Input, answer: Answer) -> Recognition:
        if answer.failure is not None or not answer.outputs:
            failure = answer.failure or "engine: no answer"
            return Recognition(name=read.name, failure=failure, picture=read.picture, ink=read.ink)
        outputs = [_continued(query.prefix, output) for output in answer.outputs]
        return make_result(
            read.name,
            outputs,
            "vanilla" if query.prompt is not None else self._task_of(query),
            voted=self.config.vote > 1 and len(outputs) > 1,
            picture=read.picture,
            ink=read.ink,
        )


_SEVERAL = {"refine": refine, "three": three}
"""Ways that ask more than one question."""


def _way_of_asking(config: RecognizerConfig) -> dict[str, Any]:
    sampling = config.sampling
    return {
        "task": config.task,
        "vote": config.vote,
        "rounds": config.rounds if config.task == "refine" else 0,
        "temperature": sampling.temperature,
        "n": sampling.n,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "system": config.system,
        "image_max_pixels": config.image_max_pixels,
        "image_min_pixels": config.image_min_pixels,
    }


def default_engine(keys: Mapping[str, Any]) -> str:
    """The engine that fits what is there: an endpoint, vLLM, transformers."""
    if keys.get("base_url") or os.environ.get("OPENAI_BASE_URL"):
        return "openai"
    return "vllm" if find_spec("vllm") else "transformers"


def _continued(prefix: str, output: Output) -> Output:
    """The output with the beginning that it was given; that is certain."""
    if not prefix:
        return output
    steps = (Step(prefix, 0.0), *output.steps) if output.steps else ()
    return replace(output, text=prefix + output.text, steps=steps)
