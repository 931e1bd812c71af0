"""Make an error corpus of wrong predictions of a training set, and the records of both error tasks from it.

    unimumer errors data=crohme_train predictions=results/fold0,results/fold1
    unimumer errors data=crohme_train synthetic=look-alikes

The sample id joins predictions with the set. Right and repeated candidates are dropped, hopeless ones refused. Of the
rest, as many are taken as the set has samples, spread over the pictures. Writes, beside the set, NAME_errors.json (the
corpus), NAME_error_find.json and NAME_error_fix.json (records, entered in dataset_info.json),
NAME_errors_refused.jsonl and NAME_errors_manifest.json. Without data=, samples and labels are those of the files.

Source: arXiv 2505.23566, Sec. 3.3 and 4.1.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from math import ceil
from pathlib import Path
from typing import Any, Literal

import yaml

from unimumer_data.build.error_sets import error_records, folder_of
from unimumer_data.build.manifest import FILE_NAME as MANIFEST
from unimumer_data.errors import ConfigError, PredictionError, RecordError, suggestion
from unimumer_data.latex import canonical
from unimumer_data.records.predictions import Prediction, find_prediction_files, read_prediction_file
from unimumer_data.records.registry import FILE_NAME as REGISTRY
from unimumer_data.records.registry import PreferenceForm, preference_entry, read_registry, update
from unimumer_data.records.sets import name_of, read_set, write_lines, write_sets
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option, to_yaml
from unimumer_data.support.files import read_text, write_whole
from unimumer_data.support.plain_json import parse_json
from unimumer_data.support.tables import show
from unimumer_data.tasks import TASKS
from unimumer_data.tasks.corrections import compare

from .candidates import OUTCOMES, Candidate, Item, Limits, Sieve, Tally, table
from .clashes import refuse_clashes
from .confusions import load, look_alikes
from .corruptor import Corruptor
from .preferences import Collector, make_records

LOOK_ALIKES = "look-alikes"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCorpusConfig:
    """Keys of `unimumer errors [config.yaml] [key=value ...]`."""

    data: str | None = option(
        None, "a built data set; without it samples, labels and picture paths come from the prediction files"
    )
    predictions: tuple[Path, ...] = option(
        (), "prediction files of any kind that unimumer eval reads, or folders of *_pred.json"
    )
    format: Literal["errors", "dpo", "kto", "rft"] = option(
        "errors",
        "what to make: the two error tasks, or records for preference training (dpo, kto) or rejection sampling (rft)",
    )
    pairs: int = option(2, "dpo and kto: wrong answers of one picture, at most")
    synthetic: str | None = option(
        None,
        "instead of predictions: look-alikes, or a file to learn confusions from (confusions.json or predictions); "
        "they are applied to the labels of the set",
    )
    rate: float = option(0.1, "share of the symbols that a synthetic error changes, on average; at least one")
    share: float = option(1.0, "size of the corpus as a share of the samples of the set")
    max_edit_share: float = option(0.5, "refuse a candidate if more than this share of it, or of the label, is wrong")
    conventions: str | None = option(
        None, "corpus whose label conventions candidates are written in; without it those that the set was built with"
    )
    seed: int = option(0, "random seed of the choice where there are too many, and of synthetic errors")
    name: str | None = option(None, "name of the corpus; without it that of the set")
    output: Path = option(Path(), "folder of data/ and dataset_info.json")

    def __post_init__(self) -> None:
        problems = [message for wrong, message in self._checks() if wrong]
        if problems:
            raise ConfigError("; ".join(problems))

    def _checks(self) -> list[tuple[bool, str]]:
        return [
            (not self.predictions and not self.synthetic, "give predictions=<files> or synthetic=look-alikes"),
            (bool(self.predictions and self.synthetic), "predictions and synthetic do not go together"),
            (bool(self.synthetic) and not self.data, "synthetic= needs data=<a built data set>"),
            (not self.data and not self.name, "give data=<a built data set>, or without one the corpus a name=..."),
            (self.format != "errors" and not self.data, f"format={self.format} needs data=<a built data set>"),
            (self.format != "errors" and bool(self.synthetic), f"format={self.format} needs predictions="),
            (
                self.synthetic not in (None, "", LOOK_ALIKES) and not Path(str(self.synthetic)).exists(),
                f"synthetic={self.synthetic}: no such file{suggestion(str(self.synthetic), [LOOK_ALIKES])}",
            ),
            (self.pairs < 1, "pairs must be at least 1"),
            (not 0 < self.rate <= 1, "rate must be above 0 and at most 1"),
            (self.share <= 0, "share must be above 0"),
            (not 0 < self.max_edit_share <= 1, "max_edit_share must be above 0 and at most 1"),
        ]

    @property
    def title(self) -> str:
        return self.name or self.data or ""


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer errors", __doc__, argv, keys=keys_of(ErrorCorpusConfig))
    return run_command(lambda: show(build_corpus(load_config(ErrorCorpusConfig, words))))


def build_corpus(config: ErrorCorpusConfig) -> str:
    """Write the corpus and its records; the table for the screen.

    Raises:
        ConfigError, PredictionError, RecordError, RegistryError: what was asked for is not there.
        OutputError: cannot be written.
    """
    _check_names(config)
    items = _items_of_set(config) if config.data else None
    conventions = _conventions_of(config) if config.conventions is None and config.data else config.conventions
    sieve = Sieve(Limits(max_edit_share=config.max_edit_share), conventions, config.seed)
    if config.format != "errors":
        collector = Collector(sieve)
        _add_predictions(collector, items, config)
        return _write_preferences(config, config.format, collector)
    if config.synthetic:
        assert items is not None
        _add_synthetic(sieve, items.values(), config)
        samples = len(items)
    else:
        samples = _add_predictions(sieve, items, config)
    size = round(config.share * samples)
    corpus, tallies = sieve.choose(size)
    files = _write(config, sieve.refused, tallies, corpus)
    lines = [
        table(tallies),
        f"{len(corpus)} errors for {samples} samples, {size} wanted (share={config.share:g})",
    ]
    if len(corpus) < size and not config.synthetic:
        lines.append("fewer than wanted: sample more predictions a picture, or at a higher temperature")
    return "\n".join([*lines, "files: " + ", ".join(map(str, files))])


def _check_names(config: ErrorCorpusConfig) -> None:
    """Refuse names that belong to something else, before anything is read."""
    title = config.title
    if config.format == "errors":
        names = [name_of(title, task.suffix) for task in TASKS.values() if task.fields]
        stem = f"{title}_errors"
    else:
        names, stem = [f"{title}_{config.format}"], f"{title}_{config.format}"
    folder = folder_of(title)
    manifest = config.output / folder / f"{stem}_manifest.json"
    refuse_clashes(config.output, names, folder, manifest, config.data)


def _items_of_set(config: ErrorCorpusConfig) -> dict[str, Item]:
    assert config.data is not None
    records = read_set(config.output, config.data)
    columns = zip(records.ids(), records.labels(), records.images(), strict=True)
    return {id: Item(id=id, label=label, image=image) for id, label, image in columns}


def _conventions_of(config: ErrorCorpusConfig) -> str:
    """The conventions that the set was built with, by its manifest; the general ones if there is none."""
    assert config.data is not None
    manifest = read_set(config.output, config.data).path.with_name(MANIFEST)
    try:
        return parse_json(read_text(manifest))["config"]["conventions"] or ""
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{manifest}: cannot be read ({error}); name the conventions=... of the set") from error


def _add_synthetic(sieve: Sieve, items: Iterable[Item], config: ErrorCorpusConfig) -> None:
    assert config.synthetic is not None
    confusions = look_alikes() if config.synthetic == LOOK_ALIKES else load(Path(config.synthetic))
    corruptor = Corruptor(confusions, config.rate)
    for item in items:
        chance = random.Random(f"{config.seed} {item.id}")
        for _ in range(ceil(config.share)):
            tokens = corruptor.corrupt(item.label.split(), chance)
            sieve.add(item, " ".join(tokens or item.label.split()), config.synthetic)


def _add_predictions(sieve: Sieve | Collector, items: Mapping[str, Item] | None, config: ErrorCorpusConfig) -> int:
    """Sort all candidates of all files; how many samples there are."""
    files = find_prediction_files(config.predictions)
    seen: set[str] = set()
    for title, path in files.items():
        predictions = read_prediction_file(path)
        if items is not None and any(one.by_place for one in predictions):
            predictions = _with_ids(predictions, path, config)
        for one in predictions:
            item = _item_of(one, path, title if len(files) > 1 else "") if items is None else items.get(one.id)
            fault = _fault(one, item)
            for text in one.texts or ("",):
                sieve.add(item, text, title, id=one.id, fault=fault)
            seen.add(item.id if item else "")
    return len(seen) if items is None else len(items)


def _item_of(prediction: Prediction, path: Path, prefix: str) -> Item:
    """The sample, as the prediction file describes it."""
    if prediction.label is None:
        raise PredictionError(f"{path}: has no labels in it; name the set with data=")
    id = f"{prefix}/{prediction.id}" if prefix else prediction.id
    return Item(id=id, label=" ".join(prediction.label.split()), image=prediction.image_path)


def _fault(prediction: Prediction, item: Item | None) -> str:
    if prediction.failure:
        return "failed"
    if item is None:
        return "unknown_id"
    label = prediction.label
    if label is None or label.split() == item.label.split():
        return ""
    both = {canonical(text, "strict", repairs=[]) for text in (label, item.label)}
    return "other_label" if len(both) > 1 else ""


def _with_ids(predictions: Sequence[Prediction], path: Path, config: ErrorCorpusConfig) -> list[Prediction]:
    """Lines without ids, as LLaMA-Factory writes them, matched by place with the data set that has their labels.

    Raises:
        PredictionError: no data set has them.
    """
    assert config.data is not None
    entries = read_registry(config.output / REGISTRY)
    names = [name for name in entries if name == config.data or name.startswith(f"{config.data}_")]
    labels = [prediction.label for prediction in predictions]
    for name in names:
        if "file_name" in entries[name] and (config.output / entries[name]["file_name"]).is_file():
            records = read_set(config.output, name)
            if records.expressions() == labels:
                return [replace(one, id=id) for one, id in zip(predictions, records.ids(), strict=True)]
    raise PredictionError(
        f"{path}: its lines have no ids, and none of {', '.join(names)} has its {len(labels)} labels in this order; "
        "predict with eval/run.py, or build the set again that was predicted"
    )


def _write(
    config: ErrorCorpusConfig,
    refused: Sequence[Mapping[str, str]],
    tallies: Mapping[str, Tally],
    corpus: Sequence[Candidate],
) -> list[Path]:
    """All files of the corpus; records only where every picture is known."""
    root, name = config.output, config.title
    base = root / folder_of(name)
    write_lines(base / f"{name}_errors.json", map(_row, corpus))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in refused)
    write_whole(base / f"{name}_errors_refused.jsonl", lines)
    files = [base / f"{name}_errors.json", base / f"{name}_errors_refused.jsonl"]
    if corpus and all(candidate.item.image for candidate in corpus):
        rows = [(one.item.image, one.item.label, one.text) for one in corpus]
        sets = {name_of(name, task.suffix): error_records(rows, task) for task in TASKS.values() if task.fields}
        write_sets(root, folder_of(name), sets)
        files += [base / f"{one}.json" for one in sets]
    manifest = {
        "config": {key: value for key, value in yaml.safe_load(to_yaml(config)).items() if key != "output"},
        "candidates": {title: _counts(tally) for title, tally in tallies.items()},
        "errors": len(corpus),
        "files": {path.name: sha256(path.read_bytes()).hexdigest() for path in files},
    }
    write_whole(base / f"{name}_errors_manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    return [*files, base / f"{name}_errors_manifest.json"]


def _write_preferences(config: ErrorCorpusConfig, form: PreferenceForm, collector: Collector) -> str:
    """Write the records of a format, enter them in the registry; what was made and left out, for the screen."""
    records, left_out = make_records(collector.answers.values(), form, pairs=config.pairs, seed=config.seed)
    reasons = sum(collector.left_out.values(), Counter[str]()) + left_out
    if not records:
        raise PredictionError(f"{config.title}: no record for format={form} ({_reasons(reasons)})")
    name = f"{config.title}_{form}"
    file = f"{folder_of(config.title)}/{name}.json"
    write_lines(config.output / file, records)
    update(config.output / REGISTRY, {name: preference_entry(file, form)})
    manifest = {
        "config": {key: value for key, value in yaml.safe_load(to_yaml(config)).items() if key != "output"},
        "answers": dict(collector.read),
        "left_out": {title: dict(counts) for title, counts in collector.left_out.items()},
        "not_chosen": dict(left_out),
        "records": len(records),
        "sha256": sha256((config.output / file).read_bytes()).hexdigest(),
    }
    path = config.output / folder_of(config.title) / f"{name}_manifest.json"
    write_whole(path, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    lines = [f"{name}: {len(records)} records from {collector.read.total()} answers", f"left out: {_reasons(reasons)}"]
    return "\n".join([*lines, f"files: {config.output / file}, {path}"])


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in sorted(counts.items()) if count) or "nothing"


def _counts(tally: Tally) -> dict[str, Any]:
    outcomes = {name: tally.outcomes[name] for name in OUTCOMES if tally.outcomes[name]}
    return {"outcomes": outcomes, "edits": tally.edits, "marks": tally.marks}


def _row(candidate: Candidate) -> dict[str, Any]:
    """A line of the corpus: the published prediction format, and what is wrong."""
    return {
        "gt": candidate.item.label,
        "pred": candidate.text,
        "image_path": candidate.item.image,
        "img_id": candidate.item.id,
        **asdict(compare(candidate.text, candidate.item.label)),
        "times": candidate.times,
        "from": candidate.origin,
    }


if __name__ == "__main__":
    sys.exit(main())
