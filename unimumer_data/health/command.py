"""Label health on the command line: look labels over, find what sets share, keep test samples out of training.

    unimumer lint SET ... [key=value ...]
    unimumer overlap SET ... [key=value ...]
    unimumer guard TRAINING ... tests=TEST,TEST [key=value ...]

SET is a JSON file (records, predictions or label strings) or a data set name of dataset_info.json.
"""

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
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import write_whole
from unimumer_data.support.tables import write_table

from .fingerprints import Fingerprint, fingerprint
from .leaks import Guard
from .lint import KINDS, Finding, lint
from .overlap import Overlap, overlaps
from .repairs import REPAIRS, repair


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthConfig:
    """Keys of `unimumer lint`, `overlap` and `guard`."""

    root: Path = option(Path(), "folder of dataset_info.json and of image paths")
    pictures: bool = option(True, "open the pictures, where the sets have them")
    examples: int = option(3, "number of examples to show for each kind of finding")
    output: Path | None = option(None, "JSON file for all findings, overlaps or leaks")
    tests: tuple[str, ...] = option((), "guard: the test sets")
    by_label: bool = option(False, "guard: take an equal label alone for a leak")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the commands; 1 too where guard finds a leak, else as `commandline.run_command` says."""
    metavar = f"{' | '.join(COMMANDS)} | {SETS}"
    words = read_words("unimumer health", __doc__, argv, keys=keys_of(HealthConfig), metavar=metavar)
    return run_command(lambda: _check(words))


def _check(words: Sequence[str]) -> int:
    word = words[0] if words else ""
    if word not in COMMANDS:
        raise ConfigError(f"unknown command {word!r}{suggestion(word, COMMANDS)}. Known: {', '.join(COMMANDS)}")
    names, options = split_sets(words[1:])
    config = load_config(HealthConfig, options)
    return COMMANDS[word]([read_labelled(name, root=config.root) for name in names], config)


def lint_sets(sets: Sequence[LabelledSet], config: HealthConfig) -> int:
    """Print, for each set, how many labels have each kind of finding, with examples."""
    report: dict[str, Any] = {}
    for one in sets:
        found = [(item, lint(item.label, size=_size(item) if config.pictures else None)) for item in one.items]
        print(f"{one.name}: {len(one.items)} labels, {sum(not findings for _, findings in found)} without a finding")
        for kind, meaning in KINDS.items():
            firsts = ((item, next((hit for hit in findings if hit.kind == kind), None)) for item, findings in found)
            hits = [(item, hit) for item, hit in firsts if hit is not None]
            if hits:
                print(f"  {kind}: {len(hits)}   ({meaning})")
                for item, hit in hits[: config.examples]:
                    print(f"      {item.id}: {hit.message}   in:  {_around(item.label, hit)}")
        repairs = Counter(name for item in one.items for name in repair(item.label)[1])
        for listed in REPAIRS:
            if repairs[listed.name]:
                print(f"  repair {listed.name}: {repairs[listed.name]}   ({listed.reason})")
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


def report_overlaps(sets: Sequence[LabelledSet], config: HealthConfig) -> int:
    """Print the overlap of each set with itself and with every other."""
    found = list(overlaps(sets, pictures=config.pictures))
    print(overlap_table(found))
    _write(config.output, [asdict(overlap) for overlap in found])
    return 0


_HEAD = ("samples of", "occur in", "n", "by label", "", "different labels", "same picture", "looks alike", "both")


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


def report_leaks(sets: Sequence[LabelledSet], config: HealthConfig) -> int:
    """Print every training sample that is a test sample; 1 if there is one."""
    if not config.tests:
        raise ConfigError("guard: write tests=TEST,TEST, the sets that must not be trained on")
    tests = [read_labelled(name, root=config.root) for name in config.tests]
    known = Guard([(test.name, _prints(test, config)) for test in tests], by_label=config.by_label)
    report: dict[str, Any] = {}
    for one in sets:
        leaks = [leak for item in _prints(one, config) if (leak := known.find(item))]
        rules = Counter(f"{leak.test_set}, {leak.rule}" for leak in leaks)
        print(f"{one.name}: {len(leaks)} of {len(one.items)} are test samples")
        for rule, count in rules.most_common():
            print(f"  {count}: {rule}")
        report[one.name] = [asdict(leak) for leak in leaks]
    _write(config.output, report)
    return 1 if any(report.values()) else 0


def _prints(one: LabelledSet, config: HealthConfig) -> Iterator[Fingerprint]:
    return (fingerprint(item, pictures=config.pictures) for item in one.items)


def _write(path: Path | None, report: Any) -> None:
    if path is None:
        return
    write_whole(path, json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    print(f"written to {path}")


COMMANDS: dict[str, Callable[[Sequence[LabelledSet], HealthConfig], int]] = {
    "lint": lint_sets,
    "overlap": report_overlaps,
    "guard": report_leaks,
}

if __name__ == "__main__":
    sys.exit(main())
