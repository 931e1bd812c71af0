"""Folds for error-driven learning: parts of a built set, and for each a recipe that trains on the others.

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
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

import yaml

from unimumer_data.build.manifest import FILE_NAME as MANIFEST
from unimumer_data.errors import ConfigError, RecordError, SourceError
from unimumer_data.latex import canonical
from unimumer_data.records.registry import record_file
from unimumer_data.records.sets import read_set, write_sets
from unimumer_data.sources import get_source
from unimumer_data.sources.base import Drop
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import write_whole
from unimumer_data.tasks import get_task
from unimumer_data.training.recipe import read_recipe

By = Literal["label", "writer", "both", "random"]
TABLE = "folds.json"
HASH_BITS = 64
EVEN = 0.03  # difference in size, as a share of a fold, that is good enough; leaves room for samples to come
MOST_DRAWS = 500


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A sample, as far as folds are concerned."""

    id: str
    label: str
    writer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What decides over the fold of a group, whatever other groups there are.

    Args:
        seed: chosen by the user.
        draw: which of the hashes with that seed; the first that can be cut evenly.
        cuts: ascending; a hash below the first is in fold 0.
    """

    seed: int
    draw: int
    cuts: tuple[int, ...]

    def fold(self, group: str) -> int:
        return bisect_right(self.cuts, _hash(group, self.seed, self.draw))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folds:
    """Which fold each sample is in.

    Args:
        of: fold of each sample, in their order.
        rule: how they were dealt.
        sizes: samples of each fold.
        groups: how many groups there are.
        largest: samples of the largest group.
    """

    of: list[int]
    rule: Rule
    sizes: list[int]
    groups: int
    largest: int

    @property
    def unevenness(self) -> float:
        """Difference between the largest and the smallest fold, as a share of a fold."""
        return (max(self.sizes) - min(self.sizes)) * len(self.sizes) / max(1, sum(self.sizes))


def group(members: Sequence[Member], by: By) -> list[str]:
    """The group of each sample; a group is never parted.

    Samples whose writer is not known are groups of their own where writers count.

    Raises:
        ConfigError: writers are asked for, and no sample has one.
    """
    if by in ("writer", "both") and not any(member.writer for member in members):
        raise ConfigError(f"by={by}: no writer is known; give them with writers=<table>, or use by=label")
    return _GROUPERS[by](members)


def deal(groups: Sequence[str], folds: int, *, seed: int = 0, rule: Rule | None = None) -> Folds:
    """Deal samples into folds, a group into one.

    >>> deal(["a", "b", "a", "c"], 2).sizes
    [2, 2]

    Args:
        groups: the group of each sample.
        folds: how many folds.
        seed: another one deals otherwise.
        rule: of an earlier run; None makes one by which the folds are even, as far as that can be.
    """
    weights = Counter(groups)
    rule = rule or _make_rule(weights, folds, seed)
    fold_of = {name: rule.fold(name) for name in weights}
    return Folds(
        of=[fold_of[name] for name in groups],
        rule=rule,
        sizes=_sizes(((fold_of[name], weight) for name, weight in weights.items()), folds),
        groups=len(weights),
        largest=max(weights.values(), default=0),
    )


def _make_rule(weights: Mapping[str, int], folds: int, seed: int) -> Rule:
    """The first draw that can be cut evenly, on the coarsest grid: cuts on a coarse grid seldom shift with a sample.

    Where none can, the most even one.
    """
    samples = sum(weights.values())
    share = samples / folds
    hopeless = max(weights.values(), default=0) > share * (1 + EVEN) + 1
    best: tuple[int, Rule] | None = None
    for draw in range(1 if hopeless else MOST_DRAWS):
        ranked = sorted((_hash(name, seed, draw), weight) for name, weight in weights.items())
        exact = _exact_cuts(ranked, share, folds)
        for bits in (*range(folds.bit_length() + 2, HASH_BITS // 2, 2), HASH_BITS):
            grid = 1 << HASH_BITS - bits
            rule = Rule(seed=seed, draw=draw, cuts=tuple((cut + grid // 2) // grid * grid for cut in exact))
            sizes = _sizes(((bisect_right(rule.cuts, place), weight) for place, weight in ranked), folds)
            gap = max(sizes) - min(sizes)
            if best is None or gap < best[0]:
                best = gap, rule
            if gap <= max(1, EVEN * share):
                return rule
    assert best is not None
    return best[1]


def _exact_cuts(ranked: Sequence[tuple[int, int]], share: float, folds: int) -> list[int]:
    """The hashes before which the samples come nearest to so many shares."""
    before = list(accumulate((weight for _, weight in ranked), initial=0))
    ends = [*(place for place, _ in ranked), 1 << HASH_BITS]
    cuts = []
    for fold in range(1, folds):
        after = bisect_left(before, fold * share)
        nearer = after - 1 if after and fold * share - before[after - 1] < before[after] - fold * share else after
        cuts.append(ends[nearer])
    return cuts


def _sizes(weights: Iterable[tuple[int, int]], folds: int) -> list[int]:
    sizes = [0] * folds
    for fold, weight in weights:
        sizes[fold] += weight
    return sizes


def _hash(group: str, seed: int, draw: int) -> int:
    """64 bits that do not depend on process or machine."""
    text = f"{seed} {draw} {group}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=HASH_BITS // 8).digest())


def _formulas(members: Sequence[Member]) -> list[str]:
    strict: dict[str, str] = {}
    for member in members:
        if member.label not in strict:
            strict[member.label] = canonical(member.label, "strict", repairs=[])
    return [strict[member.label] for member in members]


def _writers(members: Sequence[Member]) -> list[str]:
    return [f"writer {member.writer}" if member.writer else f"sample {member.id}" for member in members]


def _linked(members: Sequence[Member]) -> list[str]:
    """Connected parts of the graph of formulas and writers, each named by the least of its formulas."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    formulas = [f"formula {formula}" for formula in _formulas(members)]
    for formula, writer in zip(formulas, _writers(members), strict=True):
        one, other = sorted((root(formula), root(writer)))
        parent[other] = one
    return [root(formula) for formula in formulas]


_GROUPERS: dict[By, Callable[[Sequence[Member]], list[str]]] = {
    "label": _formulas,
    "writer": _writers,
    "both": _linked,
    "random": lambda members: [member.id for member in members],
}


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer folds", __doc__, argv, keys=keys_of(FoldsConfig))
    return run_command(lambda: print(make_folds(load_config(FoldsConfig, words))))


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
        built = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["config"]
        samples = get_source(built["source"]).samples(Path(built["path"]), built["split"], **built["options"])
        return {one.id: one.writer for one in samples if not isinstance(one, Drop) and one.writer}
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"by={config.by}: the corpus cannot be asked for writers: {error}; give writers=<table>"
        ) from error


def _read_writers(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".json":
            return {str(id): str(writer) for id, writer in json.loads(text).items()}
        return dict(line.split("\t", 1) for line in text.splitlines() if line.strip())
    except (OSError, ValueError, AttributeError) as error:
        raise SourceError(f"writers={path}: expected lines of id, tab, writer, or a JSON object: {error}") from error


def _kept(path: Path, config: FoldsConfig) -> Rule | None:
    """The rule of an earlier run, if that was asked for the same."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        same = all(table[key] == getattr(config, key) for key in ("by", "folds", "seed"))
        return Rule(seed=table["seed"], draw=table["draw"], cuts=tuple(table["cuts"])) if same else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{path}: cannot be read ({error}); fresh=true splits again") from error


def _check_even(folds: Folds, config: FoldsConfig, kept: bool) -> None:
    samples = sum(folds.sizes)
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
