"""From records to files with an engine of our own protocol that knows the answers: what is asked, and how often."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.errors import EngineError, PredictionError
from unimumer_data.records.record import Record
from unimumer_data.tasks import TASKS, Expression, prompts
from unimumer_eval.config import EvalConfig, Sampling
from unimumer_eval.engines.base import Answer, Output, Request
from unimumer_eval.inference import predict as inference
from unimumer_eval.inference.predict import PredictedSet
from unimumer_eval.inference.price import price_table
from unimumer_eval.run import main

LABELS = ["x", "y + 1", r"\frac { a } { b }", "z ^ { 2 }", "w"]


class Scribe:
    """Answers every request rightly; ``breaks_after`` answers it stops, as a killed run would."""

    def __init__(self, breaks_after: int | None = None) -> None:
        self.asked: list[tuple[str, int]] = []
        self._left = breaks_after

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        for request in requests:
            if self._left == 0:
                raise EngineError("stopped")
            self._left = None if self._left is None else self._left - 1
            self.asked.append((request.prompt, request.index))
            task = next(task for task in TASKS.values() if task.instruction == request.prompt)
            text = task.answer(Expression(LABELS[request.index]))
            outputs = (Output(text=text, tokens=4, logprob=-0.125),) * sampling.n
            yield Answer(index=request.index, outputs=outputs, prompt_tokens=10)

    def close(self) -> None:
        pass


@pytest.fixture
def records(tmp_path: Path) -> Path:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "s.png")
    items = [Record.of(f"s{i}.png", prompts.VANILLA, label).to_dict() for i, label in enumerate(LABELS)]
    path = tmp_path / "toy.json"
    path.write_text(json.dumps(items))
    return path


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Scribe:
    scribe = Scribe()
    monkeypatch.setattr(inference, "open_engine", lambda config: scribe)
    return scribe


def config(records: Path, **settings: object) -> EvalConfig:
    model = {"engine": "openai", "model": "m"}
    return EvalConfig(**{**model, "data": (str(records),), "output": records.parent / "results", **settings})


def predicted(config: EvalConfig) -> Iterator[PredictedSet]:
    assert config.output is not None
    return inference.predict_sets(config, config.output)


def test_prices_have_no_column_that_nothing_is_known_for(records: Path, engine: Scribe) -> None:
    first, _ = price_table(list(predicted(config(records))), []).splitlines()[2:]
    assert first.split() == ["set", "tokens", "in", "tokens", "out", "a", "sample", "confidence"]
    both = list(predicted(config(records, task="tree", output=records.parent / "tree")))
    first = price_table(both, []).splitlines()[2]
    assert "times plain" in first and "agree" in first and "gain" not in first


def read(config: EvalConfig, name: str) -> list[dict[str, str]]:
    return json.loads((config.output / name).read_text())


def test_a_stopped_run_asks_nothing_twice(records: Path, engine: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = config(records, output=records.parent / "undisturbed")
    list(predicted(whole))
    breaking = Scribe(breaks_after=2)
    monkeypatch.setattr(inference, "open_engine", lambda config: breaking)
    stopped = config(records)
    with pytest.raises(EngineError):
        list(predicted(stopped))
    assert not (stopped.output / "toy_pred.json").exists()

    engine.asked.clear()
    monkeypatch.setattr(inference, "open_engine", lambda config: engine)
    list(predicted(stopped))
    assert breaking.asked + engine.asked == [(prompts.VANILLA, index) for index in range(5)]
    for name in ("toy_pred.json", "toy_answers.jsonl"):
        assert (stopped.output / name).read_bytes() == (whole.output / name).read_bytes()


def test_a_finished_set_starts_no_engine(records: Path, engine: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = predicted(config(records))
    monkeypatch.setattr(inference, "open_engine", lambda config: pytest.fail("an engine was started"))
    (second,) = predicted(config(records))
    assert (second.pairs, second.price) == (first.pairs, first.price)


def test_a_larger_limit_asks_only_for_the_rest(records: Path, engine: Scribe) -> None:
    list(predicted(config(records, limit=2)))
    list(predicted(config(records, limit=4)))
    assert [index for _, index in engine.asked] == [0, 1, 2, 3]
    assert len(read(config(records), "toy_pred.json")) == 4


def test_other_records_under_the_same_name_are_not_mixed_in(
    records: Path, engine: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "open_engine", lambda config: Scribe(breaks_after=1))
    with pytest.raises(EngineError):
        list(predicted(config(records)))
    records.write_text(records.read_text().replace("y + 1", "y + 2"))
    with pytest.raises(PredictionError, match="data_sha256"):
        list(predicted(config(records)))


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, ["toy"]),
        ({"task": "vanilla"}, ["toy"]),
        ({"task": "tree"}, ["toy", "toy_tree"]),
        ({"task": "tree", "plain": False}, ["toy_tree"]),
        ({"vote": 3, "temperature": 1.0}, ["toy", "toy_vote3"]),
        ({"task": "can", "vote": 3, "temperature": 1.0}, ["toy", "toy_can_vote3"]),
        ({"task": "three"}, ["toy_three"]),
    ],
)
def test_every_way_of_asking_has_files_of_its_own(
    settings: dict[str, object], names: list[str], records: Path, engine: Scribe
) -> None:
    found = list(predicted(config(records, **settings)))
    assert [one.name for one in found] == names
    assert [one.plain for one in found] == [None, "toy"][: len(names)] if len(names) > 1 else [None]
    for one in found:
        assert [pair.pred for pair in one.pairs] == LABELS
        assert (one.settings["temperature"] > 0) == ("vote" in one.name)


def test_the_command_reports_scores_and_price(
    records: Path, engine: Scribe, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["engine=openai", "model=m", f"data={records}", f"output={records.parent / 'results'}"]
    assert main([*words, "task=can", "price_in=1", "price_out=2"]) == 0
    printed = capsys.readouterr().out
    assert "100.0000" in printed
    line = next(line for line in printed.splitlines() if line.startswith("toy_can") and "100.0 %" in line)
    assert line.split()[1:5] == ["50", "20", "14.0", "1.00"]
