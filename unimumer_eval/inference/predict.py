"""From record sets to predictions: drives the methods, keeps the journals, reports the price."""

from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from unimumer_data import __version__
from unimumer_data.support.progress import Progress
from unimumer_data.tasks import TASKS
from unimumer_data.tasks.answers import PLAIN
from unimumer_eval.config import EvalConfig, Sampling
from unimumer_eval.engines import engine_versions, open_engine
from unimumer_eval.engines.base import Answer, Predictor
from unimumer_eval.pair_files import write_published
from unimumer_eval.scores import Pair

from . import methods
from .items import RecordSet, load_sets
from .journal import Journal
from .methods import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a set of predictions cost. Tokens are pieces, summed over all stages and samples."""

    prompt_tokens: int = 0
    answer_tokens: int = 0
    money: float | None = None

    def __add__(self, other: Price) -> Price:
        both = self.money is not None and other.money is not None
        return Price(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            answer_tokens=self.answer_tokens + other.answer_tokens,
            money=(self.money or 0.0) + (other.money or 0.0) if both else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedSet:
    """The predictions of one set by one method.

    Args:
        name: of its files.
        pairs: one for each sample, in the order of the records.
        price: of these predictions alone, without those they start from.
        settings: all that may change an answer.
        plain: name of the plain recognition to compare with, None if there is none.
        image_root: where relative image paths start.
    """

    name: str
    pairs: list[Pair]
    price: Price
    settings: dict[str, Any]
    image_root: Path
    plain: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """One method for one set: its name, task, decoding."""

    name: str
    task: str
    sampling: Sampling
    vote: int = 0
    rounds: int = 0


def predict_sets(config: EvalConfig) -> Iterator[PredictedSet]:
    """Predict every set of ``data=``; with vote, tree, can and refine after plain recognition of the same set.

    Raises:
        ConfigError, RecordError, RegistryError: what was asked for is not there.
        PredictionError: an unfinished run with other settings is in the way.
        EngineError: the engine cannot start or broke down.
    """
    sets = load_sets(config.data, dataset_dir=config.dataset_dir, media_dir=config.media_dir, limit=config.limit)
    model = {"model": config.model, "model_sha256": _hash_of_folder(Path(config.model or ""))}
    with _LazyEngine(config) as engine:
        for one in sets:
            yield from _predict(one, config, model, engine)


def _predict(one: RecordSet, config: EvalConfig, model: dict[str, Any], engine: _LazyEngine) -> Iterator[PredictedSet]:
    asked = _plan(one.name, config)
    plain = _plain_plan(one.name, asked, config)
    recognised = None
    if plain is not None:
        recognised = _run(methods.ask(one.items, plain.task), plain, one, config, model, engine)
        yield recognised
    if plain is None or asked.name != plain.name:
        method = _method(asked, one, recognised)
        predicted = _run(method, asked, one, config, model, engine)
        yield replace(predicted, plain=recognised.name if recognised else None)


def _plan(name: str, config: EvalConfig) -> _Plan:
    suffix = "" if config.task == "record" else TASKS[config.task].suffix if config.task in TASKS else "_refine"
    title = name if name.endswith(suffix) else name + suffix
    return _Plan(
        name=f"{title}_vote{config.vote}" if config.vote else title,
        task=config.task,
        sampling=config.sampling,
        vote=config.vote,
        rounds=config.rounds if config.task == "refine" else 0,
    )


def _plain_plan(name: str, asked: _Plan, config: EvalConfig) -> _Plan | None:
    """Plain recognition to compare ``asked`` with, or to start it from; greedy beside a vote."""
    needed = asked.task == "refine"
    other_task = asked.task in TASKS and asked.task != PLAIN
    if not needed and not (config.plain and (asked.vote or other_task)):
        return None
    temperature = 0.0 if asked.vote else config.temperature
    task = "record" if asked.task == "record" else PLAIN
    title = name if task == "record" or name != asked.name else f"{name}_plain"
    return _Plan(name=title, task=task, sampling=replace(asked.sampling, n=1, temperature=temperature))


def _method(plan: _Plan, one: RecordSet, recognised: PredictedSet | None) -> Method:
    if plan.rounds:
        assert recognised is not None
        return methods.refine(one.items, recognised.pairs, plan.rounds)
    return methods.vote(one.items, plan.task) if plan.vote else methods.ask(one.items, plan.task)


def _run(
    method: Method, plan: _Plan, one: RecordSet, config: EvalConfig, model: dict[str, Any], engine: _LazyEngine
) -> PredictedSet:
    settings = _settings(plan, one, config, model)
    journal = Journal(config.output, plan.name, settings, resume=config.resume, retry_failures=config.retry_failures)
    begun = time.monotonic()
    used: list[Answer] = []
    try:
        stage = next(method)
        while True:
            known = journal.answers(stage.name)
            missing = [request for request in stage.requests if request.index not in known]
            title = plan.name if stage.name == "recognise" else f"{plan.name}, {stage.name}"
            source = engine.predict(missing, plan.sampling) if missing else iter(())
            progress = Progress(title, len(stage.requests), len(stage.requests) - len(missing))
            try:
                for answer in source:
                    journal.add(stage.name, answer)
                    progress.step()
            finally:
                progress.close()
            used += [known[request.index] for request in stage.requests if request.index in known]
            stage = method.send(known)
    except StopIteration as end:
        pairs: list[Pair] = end.value
    finally:
        journal.close()
    price = _price(used, config)
    sampling = {name: settings[name] for name in ("n", "temperature", "top_p", "seed")}
    write_published(config.output / f"{plan.name}_pred.json", pairs, sampling)
    journal.finish(
        {
            "samples": len(pairs),
            "failed": dict(Counter(pair.failure for pair in pairs if pair.failure)),
            "prompt_tokens": price.prompt_tokens,
            "answer_tokens": price.answer_tokens,
            "cost": price.money,
            "answered_before": journal.resumed,
            "seconds": round(time.monotonic() - begun, 3),
        }
    )
    return PredictedSet(name=plan.name, pairs=pairs, price=price, settings=settings, image_root=one.image_root)


def _settings(plan: _Plan, one: RecordSet, config: EvalConfig, model: dict[str, Any]) -> dict[str, Any]:
    sampling = plan.sampling
    prompt = TASKS[plan.task].instruction if plan.task in TASKS else f"<{plan.task}>"
    return {
        **model,
        "adapter": str(config.adapter) if config.adapter else None,
        "adapter_sha256": _hash_of_folder(config.adapter) if config.adapter else None,
        "engine": config.engine,
        "versions": {"unimumer": __version__, **engine_versions(config)},
        "dtype": config.dtype,
        "data": one.path.as_posix(),
        "data_sha256": one.sha256,
        "task": plan.task,
        "prompt": prompt,
        "system": config.system,
        "template_args": config.template_args,
        "vote": plan.vote,
        "rounds": plan.rounds,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "n": sampling.n,
        "seed": sampling.seed,
        "max_tokens": sampling.max_tokens,
        "max_model_len": config.max_model_len,
        "image_max_pixels": config.image_max_pixels,
        "image_min_pixels": config.image_min_pixels,
    }


def _hash_of_folder(folder: Path) -> str | None:
    """SHA-256 over weights and JSON files of a model folder; None for a model by name."""
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".safetensors", ".bin", ".json", ".jinja"):
            continue
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _price(answers: list[Answer], config: EvalConfig) -> Price:
    prompt = sum(answer.prompt_tokens for answer in answers)
    answered = sum(output.tokens for answer in answers for output in answer.outputs)
    money = None
    if config.price_in is not None or config.price_out is not None:
        money = (prompt * (config.price_in or 0.0) + answered * (config.price_out or 0.0)) / 1e6
    return Price(prompt_tokens=prompt, answer_tokens=answered, money=money)


class _LazyEngine:
    """The engine, started when the first question comes: a run that is complete already needs none."""

    def __init__(self, config: EvalConfig) -> None:
        self._config = config
        self._engine: Predictor | None = None

    def __enter__(self) -> _LazyEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._engine is not None:
            self._engine.close()

    def predict(self, requests: list[Any], sampling: Sampling) -> Iterator[Answer]:
        if self._engine is None:
            begun = time.monotonic()
            print(f"starting {self._config.engine} with {self._config.model} ...", file=sys.stderr, flush=True)
            self._engine = open_engine(self._config)
            print(f"{self._config.engine} is ready, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        return self._engine.predict(requests, sampling)
