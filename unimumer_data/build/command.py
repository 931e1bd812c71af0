"""Build data sets: pictures, records of every task, and their entries in dataset_info.json.

    unimumer build [config.yaml] [key=value ...] [--dry-run] [--preview]

Without arguments, the bundled sample. The records lie in OUTPUT/data/NAME/, beside manifest.json (what was done, with
hashes) and dropped.jsonl (every sample left out or mended, with its reason).
"""

from __future__ import annotations

import random
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import unimumer_data
from unimumer_data.errors import ConfigError, UniMumerError, suggestion
from unimumer_data.sources import SOURCES
from unimumer_data.support.commandline import INTERRUPTED, WORDS, format_value, parser, report_error
from unimumer_data.support.config import load_config, make_config
from unimumer_data.tasks import TASKS

from .builder import KEYS, Outcome, SetBuilder, SetConfig
from .testsets import TEST

SAMPLE = Path(unimumer_data.__file__).with_name("sample")
PREVIEWED = 60  # pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildConfig(SetConfig):
    """One set, or in YAML several: keys above ``sets`` hold for all of them.

    Args:
        sets: keys of each set.
        only: names of the sets to build.
    """

    sets: tuple[dict[str, Any], ...] = ()
    only: tuple[str, ...] = ()


_KEYS = {**KEYS, "sets": "in YAML: a list of sets, each with its own keys", "only": "names of the sets to build"}


def main(argv: Sequence[str] | None = None) -> int:
    """Build what the command line asks for; 0 good, 1 a data problem, 2 usage."""
    reader = parser("unimumer build", __doc__, keys=_help())
    reader.add_argument("words", nargs="*", metavar=WORDS, help="a YAML file first, then keys; see below")
    reader.add_argument("--dry-run", action="store_true", help="count, and print the first record of each task")
    reader.add_argument("--preview", action="store_true", help="write a contact sheet, data/NAME/preview.png")
    arguments = reader.parse_intermixed_args(argv)
    try:
        builders = [SetBuilder(config) for config in plan(arguments.words)]
    except UniMumerError as error:
        return report_error(error)
    status = 0
    for builder in builders:
        try:
            outcome = builder.dry_run() if arguments.dry_run else builder.build()
        except UniMumerError as error:
            status = max(status, report_error(error))
            continue
        except KeyboardInterrupt:
            print("\nstopped; run the same command again to continue", file=sys.stderr)
            return INTERRUPTED
        print(summary(outcome))
        if arguments.preview and not arguments.dry_run:
            print(f"  contact sheet: {_preview(outcome)}")
    return status


def plan(words: Sequence[str]) -> list[SetConfig]:
    """The sets that a command line asks for, test sets first: the guard of a training set must know them.

    Raises:
        ConfigError: a key or value, or nothing to build.
    """
    config = load_config(BuildConfig, words)
    if config.source is None and config.path is None and not config.sets:
        return _plan_sample(config)
    if not config.sets:
        return [_set_config(config, {}, "command line")]
    names = [str(one.get("name")) for one in config.sets]
    for name in config.only:
        if name not in names:
            raise ConfigError(f"only: no set {name!r}{suggestion(name, names)}. Known: {', '.join(names)}")
    sets = [
        _set_config(config, one, f"sets, {name}")
        for name, one in zip(names, config.sets, strict=True)
        if not config.only or name in config.only
    ]
    return sorted(sets, key=lambda one: one.split != TEST)


def _plan_sample(config: BuildConfig) -> list[SetConfig]:
    """The bundled sample: 48 expressions to train on, 12 to test."""
    if not SAMPLE.is_dir():
        raise ConfigError(f"{SAMPLE} is not there; run from a checkout, or write source=... path=...")
    name = config.name or "sample"
    parts = {f"{name}_test": "test", name: "train"}
    return [
        _set_config(config, {"source": "crohme-inkml", "path": SAMPLE / part, "name": one, "split": part}, "sample")
        for one, part in parts.items()
    ]


def _set_config(config: BuildConfig, keys: Mapping[str, Any], origin: str) -> SetConfig:
    common = {field.name: getattr(config, field.name) for field in fields(SetConfig)}
    return make_config(SetConfig, {**common, **keys}, origin=origin)


def summary(outcome: Outcome) -> str:
    """What a build did, for the screen."""
    tally = outcome.tally
    lines = [f"{outcome.name}: {outcome.status}, {tally.kept} of {tally.read} samples kept -> {outcome.folder}"]
    for action, counts in (("dropped", tally.dropped), ("repaired", tally.repaired)):
        if counts:
            reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(counts.items()))
            lines.append(f"  {action}: {reasons}   (each in {outcome.folder / 'dropped.jsonl'})")
    lines += [f"    {change.id}: {change.action}: {change.message}"[:200] for change in outcome.examples]
    lines += [f"  {name}: {record}" for name, record in outcome.first.items()]
    return "\n".join(lines)


def _preview(outcome: Outcome) -> Path:
    """A contact sheet of pictures of the set, drawn by lot."""
    from .preview import contact_sheet, draw_file

    pictures = sorted((outcome.folder / "images").iterdir())
    chosen = sorted(random.Random(0).sample(pictures, min(PREVIEWED, len(pictures))))
    path = outcome.folder / "preview.png"
    contact_sheet((picture.stem, draw_file(picture)) for picture in chosen).save(path)
    return path


def _help() -> str:
    parts = ["keys:"]
    for one in fields(BuildConfig):
        default = "" if one.default in (None, ()) or one.name == "options" else f" ({format_value(one.default)})"
        parts.append(_entry(one.name, _KEYS[one.name] + default))
    parts.append("\nsources (source=NAME):")
    for source in SOURCES.values():
        parts.append(_entry(source.name, source.layout))
        parts += [_entry("", f"options {key}: {text}") for key, text in source.options.items()]
    parts.append("\ntasks:")
    parts += [_entry(task.name, f"{task.instruction[:80]}...") for task in TASKS.values()]
    parts.append("\nexample:\n  unimumer build source=table path=my/folder name=mine split=train")
    return "\n".join(parts)


def _entry(name: str, text: str) -> str:
    return textwrap.fill(text, 110, initial_indent=f"  {name:<17}", subsequent_indent=" " * 19)


if __name__ == "__main__":
    sys.exit(main())
