"""Split a data set into folds for error-driven learning, with a recipe for each that trains on the others.

    unimumer folds data=crohme_train folds=5 by=label
    llamafactory-cli train data/crohme_train/folds/train_without_fold0.yaml

Writes the parts as data sets (``crohme_train_fold0`` ...), the recipes, and folds.json, which says how the samples
were dealt: the hashes of their groups are cut into ranges, one a fold. Later runs keep the cuts, so that a sample's
fold follows from its own group alone and new samples move none of the others.

Source: arXiv 2505.23566, Sec. 3.3, where folds are random (by=random).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from unimumer_data.build.manifest import FILE_NAME as MANIFEST
from unimumer_data.errors import ConfigError, RecordError, SourceError
from unimumer_data.records.registry import record_file
from unimumer_data.records.sets import read_set, write_sets
from unimumer_data.sources import get_source
from unimumer_data.sources.base import Drop
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import read_text, write_whole
from unimumer_data.support.plain_json import parse_json
from unimumer_data.support.tables import show
from unimumer_data.tasks import get_task
from unimumer_data.training.recipe import read_recipe

from .dealing import By, Folds, Member, Rule, deal, group

TABLE = "folds.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldsConfig:
    """Keys of `unimumer folds [config.yaml] [key=value ...]`."""

    data: str = option(about="the data set to split; build it first")
    folds: int = option(5, "number of folds")
    by: By = option(
        "label",
        "what stays in one fold: a formula, however it is written (label); a writer; both; or nothing, as in the "
        "paper (random)",
    )
    seed: int = option(0, "random seed; a different seed gives different folds")
    tasks: tuple[str, ...] = option(("vanilla",), "tasks whose records are split, and trained on")
    writers: Path | None = option(
        None, "table of id, tab, writer, or a JSON object; without it the corpus is asked that the set was built from"
    )
    uneven: float = option(0.05, "how much the largest fold may exceed the smallest, as a share of a fold")
    fresh: bool = option(False, "forget how the samples were split before")
    recipe: Path = option(Path("recipes/unimumer.yaml"), "recipe whose settings the recipes of the folds take over")
    output: Path = option(Path(), "folder of data/ and dataset_info.json")

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ConfigError(f"folds must be at least 2, got {self.folds}")
        if self.uneven < 0:
            raise ConfigError(f"uneven must not be negative, got {self.uneven}")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer folds", __doc__, argv, keys=keys_of(FoldsConfig))
    return run_command(lambda: show(make_folds(load_config(FoldsConfig, words))))


def make_folds(config: FoldsConfig) -> str:
    """Write the parts, the recipes and the table; what was done, for the screen.

    Raises:
        ConfigError: the folds cannot be even, or no writers are known.
        RecordError, RegistryError: the set is not there.
        OutputError: cannot be written.
    """
    root, name = config.output, config.data
    files = {task: read_set(root, name + get_task(task).suffix) for task in config.tasks}
    plain = next(iter(files.values()))
    writers = _known_writers(config, plain.path.parent) if config.by in ("writer", "both") else {}
    members = [
        Member(id=id, label=label, writer=writers.get(id))
        for id, label in zip(plain.ids(), plain.labels(), strict=True)
    ]
    folder = f"{Path(record_file(name, name)).parent.as_posix()}/folds"
    kept = None if config.fresh else _kept(root / folder / TABLE, config)
    folds = deal(group(members, config.by), config.folds, seed=config.seed, rule=kept)
    _check_even(folds, config, kept is not None)
    fold_of = {member.id: fold for member, fold in zip(members, folds.of, strict=True)}
    parts: dict[str, list[Any]] = {}
    for task, file in files.items():
        suffix = get_task(task).suffix
        for fold in range(config.folds):
            parts[f"{name}_fold{fold}{suffix}"] = [
                entry for id, entry in zip(file.ids(), file.entries, strict=True) if fold_of.get(id) == fold
            ]
    recipes = _recipes(config, root / folder)
    for stale in (*(root / folder).glob(f"{name}_fold*.json"), *(root / folder).glob("train_without_fold*.yaml")):
        stale.unlink()  # of an earlier run with more folds or tasks
    write_sets(root, folder, parts)
    for path, text in recipes.items():
        write_whole(path, text)
    table = {
        "by": config.by,
        "folds": config.folds,
        **asdict(folds.rule),
        "sizes": folds.sizes,
        "groups": folds.groups,
    }
    write_whole(root / folder / TABLE, json.dumps(table, indent=2) + "\n")
    return _report(config, folds, members, list(recipes))


def _known_writers(config: FoldsConfig, folder: Path) -> dict[str, str]:
    """Sample id -> writer."""
    if config.writers:
        return _read_writers(config.writers)
    try:
        built = parse_json(read_text(folder / MANIFEST))["config"]
        samples = get_source(built["source"]).samples(Path(built["path"]), built["split"], **built["options"])
        return {one.id: one.writer for one in samples if not isinstance(one, Drop) and one.writer}
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"by={config.by}: the corpus cannot be asked for writers: {error}; give writers=<table>"
        ) from error


def _read_writers(path: Path) -> dict[str, str]:
    try:
        text = read_text(path, "utf-8-sig")
        if path.suffix == ".json":
            return {str(id): str(writer) for id, writer in parse_json(text).items()}
        return dict(line.split("\t", 1) for line in text.splitlines() if line.strip())
    except (OSError, ValueError, AttributeError) as error:
        raise SourceError(f"writers={path}: expected lines of id, tab, writer, or a JSON object: {error}") from error


def _kept(path: Path, config: FoldsConfig) -> Rule | None:
    """The rule of an earlier run, if that was asked for the same."""
    try:
        table = parse_json(read_text(path))
        same = all(table[key] == getattr(config, key) for key in ("by", "folds", "seed"))
        return Rule(seed=table["seed"], draw=table["draw"], cuts=tuple(table["cuts"])) if same else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{path}: cannot be read ({error}); fresh=true splits again") from error


def _check_even(folds: Folds, config: FoldsConfig, kept: bool) -> None:
    samples = sum(folds.sizes)
    if not min(folds.sizes):
        raise ConfigError(f"{folds.groups} groups leave some of {config.folds} folds empty; use fewer folds")
    if max(folds.sizes) - min(folds.sizes) <= 1 or folds.unevenness <= config.uneven:
        return
    sizes = ", ".join(map(str, folds.sizes))
    if kept:
        cure = (
            "the set has grown since they were dealt: fresh=true splits again (and moves samples), uneven=1 lets it be"
        )
    else:
        cure = (
            f"{folds.groups} groups, the largest of {folds.largest} of {samples} samples, do not allow {config.folds} "
            f"even folds: use fewer folds, by=label, or accept it with uneven={folds.unevenness + 0.005:.2f}"
        )
    raise ConfigError(f"folds of {sizes} samples differ by {100 * folds.unevenness:.1f} %; {cure}")


def _recipes(config: FoldsConfig, folder: Path) -> dict[Path, str]:
    """File -> text of the recipes; each trains on all folds but one."""
    values = dict(read_recipe(config.recipe).values)
    texts: dict[Path, str] = {}
    for fold in range(config.folds):
        others = [
            f"{config.data}_fold{other}{get_task(task).suffix}"
            for task in config.tasks
            for other in range(config.folds)
            if other != fold
        ]
        recipe = values | {"dataset": ", ".join(others), "output_dir": f"outputs/{config.data}_without_fold{fold}"}
        note = f"# {config.recipe.name} on all folds of {config.data} but number {fold}; by unimumer folds\n"
        text = note + yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True, width=119)
        texts[folder / f"train_without_fold{fold}.yaml"] = text
    return texts


def _report(config: FoldsConfig, folds: Folds, members: Sequence[Member], recipes: Sequence[Path]) -> str:
    lines = [
        f"{config.data}: {len(members)} samples in {folds.groups} groups by {config.by}",
        f"folds: {', '.join(map(str, folds.sizes))} samples (differ by {100 * folds.unevenness:.1f} %)",
    ]
    unknown = sum(member.writer is None for member in members)
    if config.by in ("writer", "both") and unknown:
        lines.append(f"{unknown} samples have no known writer; each is taken for a writer of its own")
    lines += [f"  llamafactory-cli train {recipe}" for recipe in recipes]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
