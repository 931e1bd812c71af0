"""The commands about the health of labels: lint, overlap and guard."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, ImageError, suggestion
from unimumer_data.images import picture_size
from unimumer_data.records.labelled import SETS, Labelled, LabelledSet, read_labelled, split_sets
from unimumer_data.support.commandline import keys_of, read_words, report_error, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import write_whole
from unimumer_data.support.tables import printable, show, write_table

from .fingerprints import Fingerprint, fingerprint
from .leaks import Guard
from .ledger import add_row, row_of
from .lint import KINDS, Finding, lint
from .overlap import Overlap, overlaps
from .repairs import REPAIRS, repair

_SET = "SET is a JSON file (records, predictions or label strings) or a data set name of dataset_info.json."


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthConfig:
    """Keys of all three commands."""

    root: Path = option(Path(), "folder of dataset_info.json and of image paths")
    pictures: bool = option(True, "open the pictures, where the sets have them")
    output: Path | None = option(None, "JSON file for everything found")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapConfig(HealthConfig):
    """Keys of `unimumer overlap`."""

    ledger: Path | None = option(None, "contamination ledger that gets a row of two sets: the test set, training data")
    system: str = option("", "for the row: the system that was trained on the second set")
    source: str = option("", "for the row: where it can be checked")

    def __post_init__(self) -> None:
        if self.ledger and not (self.system and self.source):
            raise ConfigError("ledger= also needs system= and source=")


@dataclass(frozen=True, slots=True, kw_only=True)
class LintConfig(HealthConfig):
    """Keys of `unimumer lint`."""

    examples: int = option(3, "number of examples to show for each kind of finding")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardConfig(HealthConfig):
    """Keys of `unimumer guard`."""

    tests: tuple[str, ...] = option((), "the test sets")
    by_label: bool = option(False, "take an equal label alone for a leak")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the commands; 1 too where guard finds a leak, else as `commandline.run_command` says.

    Args:
        argv: the name of the command first, then its own words.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    word = words.pop(0) if words else ""
    if word not in COMMANDS:
        error = f"unknown command {word!r}{suggestion(word, COMMANDS)}. Known: {', '.join(COMMANDS)}"
        return report_error(ConfigError(error))
    command = COMMANDS[word]
    words = read_words(f"unimumer {word}", command.about, words, keys=keys_of(command.config), metavar=SETS)
    return run_command(lambda: _check(command, words))


def _check(command: Command, words: Sequence[str]) -> int:
    names, options = split_sets(words)
    config = load_config(command.config, options)
    return command.run([read_labelled(name, root=config.root) for name in names], config)


def lint_sets(sets: Sequence[LabelledSet], config: LintConfig) -> int:
    """Print, for each set, how many labels have each kind of finding, with examples."""
    report: dict[str, Any] = {}
    for one in sets:
        found = [(item, lint(item.label, size=_size(item) if config.pictures else None)) for item in one.items]
        show(f"{one.name}: {len(one.items)} labels, {sum(not findings for _, findings in found)} without a finding")
        for kind, meaning in KINDS.items():
            firsts = ((item, next((hit for hit in findings if hit.kind == kind), None)) for item, findings in found)
            hits = [(item, hit) for item, hit in firsts if hit is not None]
            if hits:
                show(f"  {kind}: {len(hits)}   ({meaning})")
                for item, hit in hits[: config.examples]:
                    show(printable(f"      {item.id}: {hit.message}   in:  {_around(item.label, hit)}"))
        repairs = Counter(name for item in one.items for name in repair(item.label)[1])
        for listed in REPAIRS:
            if repairs[listed.name]:
                show(f"  repair {listed.name}: {repairs[listed.name]}   ({listed.reason})")
        report[one.name] = {item.id: [asdict(hit) for hit in findings] for item, findings in found if findings}
    _write(config.output, report)
    return 0


def _size(item: Labelled) -> tuple[int, int] | None:
    """(width, height) from the head of the picture file; None where there is none."""
    if item.image is None or not item.image.is_file():
        return None
    try:
        return picture_size(item.image)
    except ImageError:
        return None


def _around(label: str, finding: Finding, words: int = 6) -> str:
    tokens = label.split()
    if finding.index is None or finding.index >= len(tokens):
        return label[:80]
    start = max(0, finding.index - words)
    return " ".join(tokens[start : finding.index + words + 1])


def report_overlaps(sets: Sequence[LabelledSet], config: OverlapConfig) -> int:
    """Print the overlap of each set with itself and with every other."""
    if config.ledger and len(sets) != 2:
        raise ConfigError("ledger= is for two sets, the test set first and then the training data")
    found = list(overlaps(sets, pictures=config.pictures))
    show(overlap_table(found))
    if config.ledger:
        shared = next(one for one in found if (one.a, one.b) == (sets[0].name, sets[1].name))
        add_row(config.ledger, row_of(shared, system=config.system, source=config.source))
        show(f"row of {config.system}, {shared.a} written to {config.ledger}")
    _write(config.output, [asdict(overlap) for overlap in found])
    return 0


_HEAD = ("samples of", "occur in", "n", "by label", "", "different labels", "same picture", "looks alike", "and label")


def overlap_table(found: Sequence[Overlap]) -> str:
    """A line for each pair of sets in both directions; for a set with itself, one."""
    rows: list[Sequence[str]] = []
    for one in found:
        pictures = [str(count) for count in (one.pixels, one.look, one.both)]
        if not (one.pictures_a and one.pictures_b):
            pictures = ["-"] * 3
        other = "itself" if one.a == one.b else one.b
        rows.append([one.a, other, str(one.size_a), *_share(one.label_a, one.size_a), str(one.labels), *pictures])
        if one.a != one.b:
            rows.append([one.b, one.a, str(one.size_b), *_share(one.label_b, one.size_b), str(one.labels), "", "", ""])
    return write_table(_HEAD, rows, "screen", text_columns=2)


def _share(count: int, size: int) -> tuple[str, str]:
    return str(count), f"{100 * count / max(1, size):.1f} %"


def report_leaks(sets: Sequence[LabelledSet], config: GuardConfig) -> int:
    """Print every training sample that is a test sample; 1 if there is one."""
    if not config.tests:
        raise ConfigError("guard: write tests=TEST,TEST, the sets that must not be trained on")
    tests = [read_labelled(name, root=config.root) for name in config.tests]
    known = Guard([(test.name, _prints(test, config)) for test in tests], by_label=config.by_label)
    report: dict[str, Any] = {}
    for one in sets:
        leaks = [leak for item in _prints(one, config) if (leak := known.find(item))]
        rules = Counter(f"{leak.test_set}, {leak.rule}" for leak in leaks)
        show(f"{one.name}: {len(leaks)} of {len(one.items)} are test samples")
        for rule, count in rules.most_common():
            show(f"  {count}: {rule}")
        report[one.name] = [asdict(leak) for leak in leaks]
    _write(config.output, report)
    return 1 if any(report.values()) else 0


def _prints(one: LabelledSet, config: HealthConfig) -> Iterator[Fingerprint]:
    return (fingerprint(item, pictures=config.pictures) for item in one.items)


def _write(path: Path | None, report: Any) -> None:
    if path is None:
        return
    write_whole(path, json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    show(f"written to {path}")


@dataclass(frozen=True)
class Command:
    """One of the commands.

    Args:
        about: what it does, with an example, for ``--help``.
        config: its keys.
        run: takes the sets and the configuration; returns the exit code.
    """

    about: str
    config: type[HealthConfig]
    run: Callable[[Sequence[LabelledSet], Any], int]


COMMANDS = {
    "lint": Command(
        f"""Find broken labels: LaTeX that cannot be parsed, lost backslashes, markup, prose, glued commands.

    unimumer lint SET ... [key=value ...]
    unimumer lint crohme_train output=results/lint.json

{_SET} Nothing is changed.""",
        LintConfig,
        lint_sets,
    ),
    "overlap": Command(
        f"""Count the samples that data sets share, by label and by picture, and those that a set holds twice.

    unimumer overlap SET ... [key=value ...]
    unimumer overlap crohme_train crohme_2014

{_SET}""",
        OverlapConfig,
        report_overlaps,
    ),
    "guard": Command(
        f"""Find test samples in training sets; the exit code is 1 if there are any.

    unimumer guard SET ... tests=SET,SET [key=value ...]
    unimumer guard crohme_train tests=crohme_2014,crohme_2016

{_SET}""",
        GuardConfig,
        report_leaks,
    ),
}

if __name__ == "__main__":
    sys.exit(main())
