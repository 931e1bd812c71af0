"""Write test sets for other evaluation harnesses: lmms-eval and VLMEvalKit.

    python eval/harness/prepare.py
    python eval/harness/prepare.py data=my_test,crohme_2014 limit=12 output=data/harness

Without data= all sets of sets.yaml that are built here are written. For each set there are NAME.jsonl (questions,
labels and paths of pictures), unimumer_NAME.yaml (the task of lmms-eval) and unimumer_NAME.tsv (the data set of
VLMEvalKit). README.md beside this file says how to run both.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import yaml

from unimumer_data.errors import ConfigError, RecordError, RegistryError
from unimumer_data.health.ledger import read_ledger
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import write_whole
from unimumer_eval.engines.base import INK_SUFFIX, encode_png, open_picture
from unimumer_eval.harness import UNIMUMER, versions
from unimumer_eval.inference.items import Item, RecordSet, load_sets

HERE = Path(__file__).resolve().parent
SETS = HERE / "sets.yaml"
LEDGER = HERE.parents[1] / "docs" / "leaderboard" / "contamination.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareConfig:
    """Keys of `prepare.py`."""

    data: tuple[str, ...] = option(
        (),
        "record files, names of dataset_info.json, or folders of pictures or InkML with labels; by default the sets "
        "of sets.yaml that are built here",
    )
    dataset_dir: Path = option(Path(), "folder of dataset_info.json; relative image paths start here too")
    limit: int | None = option(None, "only this many samples of each set, the first ones")
    output: Path = option(Path("data/harness"), "folder to write into")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("prepare.py", __doc__, argv, keys=keys_of(PrepareConfig))
    return run_command(lambda: _prepare(load_config(PrepareConfig, words)))


def _prepare(config: PrepareConfig) -> None:
    known: dict[str, str] = yaml.safe_load(SETS.read_text(encoding="utf-8"))
    found = _load(config, config.data) if config.data else _built(config, list(known))
    if not found:
        raise ConfigError(f"none of {', '.join(known)} is built here; build one, or name your own with data=")
    for one in found:
        rows = [_row(item, one.name, config.output) for item in one.items]
        name = UNIMUMER + one.name
        write_whole(
            config.output / f"{one.name}.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        )
        write_whole(config.output / f"{name}.yaml", _task(one.name, known.get(one.name, "a set of your own")))
        write_whole(config.output / f"{name}.tsv", _table(rows))
        print(f"{name}: {len(rows)} samples in {config.output}")


def _load(config: PrepareConfig, names: Sequence[str]) -> list[RecordSet]:
    return load_sets(names, dataset_dir=config.dataset_dir, limit=config.limit)


def _built(config: PrepareConfig, names: Sequence[str]) -> list[RecordSet]:
    found = []
    for name in names:
        try:
            found += _load(config, [name])
        except (ConfigError, RecordError, RegistryError) as error:
            print(f"{name}: left out, not built here: {error}", file=sys.stderr)
    return found


def _row(item: Item, name: str, output: Path) -> dict[str, str]:
    """A sample as both harnesses get it; ink is drawn, since they know pictures only."""
    if item.fault or item.gt is None or not item.image.is_file():
        raise RecordError(f"{name}: {item.id}: {item.fault or ('no label' if item.gt is None else 'no picture')}")
    image = item.image
    if image.suffix.lower() == INK_SUFFIX:
        image = output / "pictures" / name / f"{item.index}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(encode_png(open_picture(item.image)))
    return {
        "id": item.id,
        "image": str(image.resolve()),
        "question": item.prompt,
        "task": item.task,
        "answer": item.gt,
    }


def _task(name: str, about: str) -> str:
    """The YAML of lmms-eval."""
    content = {
        "include": str(HERE / "lmms_task" / "default.yaml"),
        "task": UNIMUMER + name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": f"{name}.jsonl"}},
        "metadata": {"version": 1, "about": about, **versions(), "seen_in_training_by": seen_by(name)},
    }
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return text


def seen_by(name: str) -> list[str]:
    """Systems whose training data are known or suspected to hold samples of a set."""
    return sorted({one.system for one in read_ledger(LEDGER) if one.set == name})


def _table(rows: Sequence[dict[str, str]]) -> str:
    """The TSV of VLMEvalKit. It has no labels: pandas would read some of them as numbers or as nothing."""
    text = StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(("index", "image_path", "question"))
    writer.writerows((number, row["image"], row["question"]) for number, row in enumerate(rows))
    return text.getvalue()


if __name__ == "__main__":
    sys.exit(main())
