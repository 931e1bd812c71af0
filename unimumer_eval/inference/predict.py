"""From record sets to predictions: drives the methods, keeps the journals, reports the price."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from unimumer_data.errors import ConfigError
from unimumer_data.support.files import fold
from unimumer_data.support.progress import Progress
from unimumer_data.support.tables import show
from unimumer_data.tasks import TASKS
from unimumer_data.tasks.answers import PLAIN
from unimumer_eval.config import EvalConfig, Sampling
from unimumer_eval.engines import open_engine
from unimumer_eval.engines.base import Answer, Predictor
from unimumer_eval.engines.checkpoints import resolve
from unimumer_eval.pair_files import NamedPairs, write_published
from unimumer_eval.scores import Pair
from unimumer_eval.trust.calibrator import Calibrator, asking, read_calibrator

from . import methods
from .folder import check_report
from .items import Item, RecordSet, load_sets
from .journal import Journal
from .methods import Method, Stage
from .settings import picture_digests, settings_of_model


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


@dataclass(frozen=True, kw_only=True)
class PredictedSet(NamedPairs):
    """The predictions of one set by one method, one for each sample, in the order of the records.

    Args:
        price: of these predictions alone, without those they start from.
        settings: all that may change an answer.
        plain: name of the plain recognition to compare with, None if there is none.
        image_root: where relative image paths start.
    """

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


def predict_sets(config: EvalConfig, output: Path) -> Iterator[PredictedSet]:
    """Predict every set of ``data=``; with vote, tree, can and refine after plain recognition of the same set.

    Args:
        config: what is asked of whom.
        output: folder of the results.

    Raises:
        ConfigError, RecordError, RegistryError: what was asked for is not there; two results of one name.
        PredictionError: a run with other settings is in the way.
        OutputError: the report of other sets is in the way.
        EngineError: the engine cannot start or broke down.
    """
    config = resolve(config)
    sets = load_sets(
        config.data,
        dataset_dir=config.dataset_dir,
        media_dir=config.media_dir,
        absolute_paths=config.absolute_paths,
        limit=config.limit,
    )
    names = [plan.name for one in sets for plan in _plans(one.name, config)]
    _check_names(names)
    if not config.overwrite:
        check_report(output, names)
    model = settings_of_model(config)
    calibrator = read_calibrator(config.calibration) if config.calibration else None
    if calibrator is not None:
        _check_asked(calibrator, sets[0], config)
    with _LazyEngine(config) as engine:
        for one in sets:
            yield from _predict(
                _Run(config=config, output=output, one=one, model=model, engine=engine, calibrator=calibrator)
            )


def _check_asked(calibrator: Calibrator, one: RecordSet, config: EvalConfig) -> None:
    """Whether one of the ways to ask is that of the validation set; before anything is asked."""
    ways = [_settings_of(plan) for plan in _plans(one.name, config)]
    if not any(asking(way) == asking(calibrator.settings) for way in ways):
        calibrator.check(ways[-1])


def _settings_of(plan: _Plan) -> dict[str, Any]:
    sampling = plan.sampling
    return {
        "task": plan.task,
        "vote": plan.vote,
        "rounds": plan.rounds,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "n": sampling.n,
        "seed": sampling.seed,
        "max_tokens": sampling.max_tokens,
    }


def _check_names(names: Sequence[str]) -> None:
    """No two may have one name, nor names that some file systems take for one."""
    twice = [name for name, count in Counter(map(fold, names)).items() if count > 1]
    if twice:
        raise ConfigError(
            f"data= and task= give two results called {twice[0]!r}, and one would overwrite the other; ask for them "
            "in two runs, or leave the plain one out with plain=false"
        )


def _predict(run: _Run) -> Iterator[PredictedSet]:
    plain, asked = _plain_plan(run.one.name, run.config), _plan(run.one.name, run.config)
    recognised = None
    if plain is not None:
        recognised = run.predict(methods.ask(run.one.items, plain.task), plain)
        yield recognised
    if plain is None or asked.name != plain.name:
        predicted = run.predict(_method(asked, run.one, recognised), asked)
        yield replace(predicted, plain=recognised.name if recognised else None)


def _plans(name: str, config: EvalConfig) -> list[_Plan]:
    """What is asked about a set, each with files of its own."""
    plans = [plan for plan in (_plain_plan(name, config), _plan(name, config)) if plan is not None]
    return list({plan.name: plan for plan in plans}.values())


def _plan(name: str, config: EvalConfig) -> _Plan:
    suffix = (
        "" if config.task == "record" else TASKS[config.task].suffix if config.task in TASKS else f"_{config.task}"
    )
    title = name if name.endswith(suffix) else name + suffix
    return _Plan(
        name=f"{title}_vote{config.vote}" if config.vote else title,
        task=config.task,
        sampling=config.sampling,
        vote=config.vote,
        rounds=config.rounds if config.task == "refine" else 0,
    )


def _plain_plan(name: str, config: EvalConfig) -> _Plan | None:
    """Plain recognition to compare what is asked with, or to start it from; greedy beside a vote."""
    asked = _plan(name, config)
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
    if plan.task == "three":
        return methods.three(one.items)
    return methods.vote(one.items, plan.task) if plan.vote else methods.ask(one.items, plan.task)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """All methods for one set."""

    config: EvalConfig
    output: Path
    one: RecordSet
    model: dict[str, Any]
    engine: _LazyEngine
    calibrator: Calibrator | None = None

    def predict(self, method: Method, plan: _Plan) -> PredictedSet:
        """Drive a method from stage to stage, and write what comes of it."""
        settings = self._settings(plan)
        journal = Journal(
            self.output,
            plan.name,
            settings,
            resume=self.config.resume,
            retry_failures=self.config.retry_failures,
            overwrite=self.config.overwrite,
        )
        begun = time.monotonic()
        used: list[Answer] = []
        try:
            stage = next(method)
            while True:
                known = self._answer(stage, plan, journal)
                used += [known[request.index] for request in stage.requests if request.index in known]
                stage = method.send(known)
        except StopIteration as end:
            pairs: list[Pair] = end.value
        finally:
            journal.close()
        pairs = [_with_plausible(pair, item) for pair, item in zip(pairs, self.one.items, strict=True)]
        calibration = self._calibration(settings)
        if calibration is not None:
            pairs = calibration.judge(pairs)
        price = _price(used, self.config)
        sampling = {name: settings[name] for name in ("n", "temperature", "top_p", "seed")}
        unlabelled = frozenset(place for place, item in enumerate(self.one.items) if item.gt is None)
        write_published(self.output / f"{plan.name}_pred.json", pairs, sampling, unlabelled=unlabelled)
        journal.finish(
            {
                "samples": len(pairs),
                "failed": dict(Counter(pair.failure for pair in pairs if pair.failure)),
                "unwrapped": sum("unwrapped" in pair.extra for pair in pairs),
                "prompt_tokens": price.prompt_tokens,
                "answer_tokens": price.answer_tokens,
                "cost": price.money,
                "answered_before": journal.resumed,
                "adapted": self.engine.notes(),
                "seconds": round(time.monotonic() - begun, 3),
            }
        )
        return PredictedSet(
            name=plan.name,
            pairs=pairs,
            price=price,
            settings={**settings, **({"calibration": str(self.config.calibration)} if calibration else {})},
            image_root=self.one.image_root,
            unlabelled=unlabelled,
        )

    def _answer(self, stage: Stage, plan: _Plan, journal: Journal) -> Mapping[int, Answer]:
        """The answers of a stage; only what is not known already is asked."""
        pictures = picture_digests(stage.requests)
        journal.forget_others(stage.name, pictures)
        known = journal.answers(stage.name)
        missing = [request for request in stage.requests if request.index not in known]
        title = plan.name if stage.name == "recognise" else f"{plan.name}, {stage.name}"
        source = self.engine.predict(missing, plan.sampling) if missing else iter(())
        progress = Progress(title, len(stage.requests), len(stage.requests) - len(missing))
        try:
            for answer in source:
                journal.add(stage.name, answer, pictures[answer.index])
                progress.step()
        finally:
            progress.close()
        return known

    def _calibration(self, settings: dict[str, Any]) -> Calibrator | None:
        """What judges these answers, where it was made for this way to ask; warns of what breaks its promise."""
        if self.calibrator is None or asking(settings) != asking(self.calibrator.settings):
            return None
        for warning in self.calibrator.check(settings):
            show(warning, file=sys.stderr)
        return self.calibrator

    def _settings(self, plan: _Plan) -> dict[str, Any]:
        config = self.config
        prompt = TASKS[plan.task].instruction if plan.task in TASKS else f"<{plan.task}>"
        return {
            **self.model,
            "data": self.one.path.as_posix(),
            "data_sha256": self.one.sha256,
            "prompt": prompt,
            "system": config.system,
            "template_args": config.template_args,
            **_settings_of(plan),
            "max_model_len": config.max_model_len,
            "image_max_pixels": config.image_max_pixels,
            "image_min_pixels": config.image_min_pixels,
        }


def _with_plausible(pair: Pair, item: Item) -> Pair:
    return pair if item.plausible is None else replace(pair, extra={**pair.extra, "plausible": item.plausible})


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
            model = f" with {self._config.model}" if self._config.model else ""
            show(f"starting {self._config.engine}{model} ...", file=sys.stderr, flush=True)
            self._engine = open_engine(self._config)
            show(f"{self._config.engine} is ready, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        return self._engine.predict(requests, sampling)

    def notes(self) -> list[str]:
        """What the engine had to change about the questions."""
        return sorted(getattr(self._engine, "notes", ()))
