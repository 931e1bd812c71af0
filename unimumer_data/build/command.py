"""Build data sets: pictures, records of every task, and their entries in dataset_info.json.

    unimumer build [config.yaml] [key=value ...] [--dry-run | --plan] [--preview]

Without arguments, the bundled sample. The records are written to OUTPUT/data/NAME/, beside manifest.json (hashes of
what was done) and dropped.jsonl (every sample dropped or repaired, with its reason).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import unimumer_data
from unimumer_data.errors import ConfigError, UniMumerError, suggestion
from unimumer_data.sources import SOURCES
from unimumer_data.support.commandline import (
    INTERRUPTED,
    WORDS,
    entry,
    keys_of,
    parser,
    report_error,
    run_command,
    show_any_text,
)
from unimumer_data.support.config import load_config, make_config, option
from unimumer_data.support.tables import printable_lines, show
from unimumer_data.tasks import TASKS

from .builder import DRY_RUN, Outcome, SetBuilder
from .config import SetConfig
from .price import price
from .testsets import TEST

SAMPLE = Path(unimumer_data.__file__).with_name("sample")
SAMPLE_LICENCE = "Apache-2.0, as this project: the bundled sample is its own"
PREVIEWED = 60  # pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildConfig(SetConfig):
    """One set, or in YAML several: keys above ``sets`` hold for all of them."""

    sets: tuple[dict[str, Any], ...] = option((), "in YAML: a list of sets, each with its own keys")
    only: tuple[str, ...] = option((), "names of the sets to build")


def main(argv: Sequence[str] | None = None) -> int:
    """Build what the command line asks for; 0 good, 1 a data problem, 2 usage."""
    reader = parser("unimumer build", __doc__, keys=_help())
    reader.add_argument("words", nargs="*", metavar=WORDS, help="a YAML file first, then keys; see below")
    reader.add_argument("--dry-run", action="store_true", help="count, and print the first record of each task")
    reader.add_argument("--plan", action="store_true", help="say what it will cost, and where missing corpora are")
    reader.add_argument("--preview", action="store_true", help="write a contact sheet, data/NAME/preview.png")
    arguments = reader.parse_intermixed_args(argv)
    show_any_text()
    try:
        builders = [SetBuilder(config) for config in plan(arguments.words)]
    except UniMumerError as error:
        return report_error(error)
    if arguments.plan:
        return run_command(lambda: show(price(builders)))
    status, lost = 0, False
    for builder in builders:
        try:
            outcome = builder.dry_run() if arguments.dry_run else builder.build()
        except UniMumerError as error:
            status = max(status, report_error(error))
            lost |= bool(builder.package) and not builder.path.exists()
            continue
        except KeyboardInterrupt:
            show("\nstopped; run the same command again to continue", file=sys.stderr)
            return INTERRUPTED
        show(printable_lines(summary(outcome)))
        if arguments.preview and not arguments.dry_run:
            status = max(status, run_command(partial(_preview, outcome)))
    if lost and len(builders) > 1:
        show("the same command with --plan says where missing corpora are to be got", file=sys.stderr)
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
    common = {"source": "crohme-inkml", "licence": SAMPLE_LICENCE}
    return [
        _set_config(config, {**common, "path": SAMPLE / part, "name": one, "split": part}, "sample")
        for one, part in parts.items()
    ]


def _set_config(config: BuildConfig, keys: Mapping[str, Any], origin: str) -> SetConfig:
    common = {field.name: getattr(config, field.name) for field in fields(SetConfig)}
    return make_config(SetConfig, {**common, **keys}, origin=origin)


def summary(outcome: Outcome) -> str:
    """What a build did, for the screen."""
    tally = outcome.tally
    lines = [f"{outcome.name}: {outcome.status}, {tally.kept} of {tally.read} samples kept -> {outcome.folder}"]
    if outcome.licence:
        lines.append(f"  licence: {outcome.licence}")
    for action, counts in tally.counts.items():
        if counts:
            reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(counts.items()))
            listed = "" if outcome.status == DRY_RUN else f"   (each in {outcome.folder}/dropped.jsonl)"
            lines.append(f"  {action}: {reasons}{listed}")
    lines += [f"    {change.id}: {change.action}: {change.message}"[:200] for change in outcome.examples]
    lines += [f"  {name}: {record}" for name, record in outcome.first.items()]
    return "\n".join(lines)


def _preview(outcome: Outcome) -> None:
    """Write a contact sheet of samples of the set, drawn at random."""
    from .preview import draw_samples, save, set_samples

    folder = Path(outcome.folder)
    samples = set_samples(folder)
    if not samples:
        show("  no contact sheet: the set has no pictures of its own here (images=copy makes them)")
        return
    path = folder / "preview.png"
    save(draw_samples(samples, PREVIEWED, seed=0), path)
    show(f"  contact sheet: {path}")


def _help() -> str:
    parts = [keys_of(BuildConfig), "\nsources (source=NAME):"]
    for source in SOURCES.values():
        parts.append(entry(source.name, source.layout))
        parts += [entry("", f"options {key}: {text}") for key, text in source.options.items()]
    parts.append("\ntasks:")
    parts += [entry(task.name, f"{task.instruction[:80]}...") for task in TASKS.values()]
    parts.append("\nexample:\n  unimumer build source=table path=my/folder name=mine split=train")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
