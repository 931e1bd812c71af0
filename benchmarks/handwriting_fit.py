"""Fit the ranges by which hands depart from print (unimumer_data/handwriting/departures.py) to real ink.

    python benchmarks/handwriting_fit.py path=../shared/data/crohme-inkml/TrainINKML bank=data/banks/crohme

Measures real ink, then ink that is made of the same formulas with the ranges as they are, by the same code. Part of
what is measured is not a departure of the row but of its symbols, and made ink has that part too, because its symbols
come from real ink. Hence each range is moved and scaled until made ink measures as real ink does, `rounds` times.
Prints the table; nothing is written.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median, pstdev

from unimumer_data.errors import UniMumerError
from unimumer_data.handwriting.bank import read_bank
from unimumer_data.handwriting.collect import writer_of
from unimumer_data.handwriting.compose import compose
from unimumer_data.handwriting.departures import RANGES, SHARES, WRITER_MEANS, Range
from unimumer_data.handwriting.measure import departures_of, measure, slant_of
from unimumer_data.ink import Ink, read_inkml
from unimumer_data.support.config import load_config

Found = dict[str, dict[str, list[float]]]
"""Name -> writer -> what was measured."""

_KNOWN = 10  # measurements that make a writer's mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``path``: a folder of InkML files with trace groups; every ``step``-th of them is taken."""

    path: Path
    bank: Path
    step: int = 2
    rounds: int = 4


def read(settings: Settings) -> dict[str, tuple[Ink, str, str]]:
    """Id -> ink, writer, label."""
    inks = {}
    for file in sorted(settings.path.rglob("*.inkml"))[:: settings.step]:
        try:
            ink = read_inkml(file)
        except UniMumerError:
            continue
        label = ink.label.strip("$ \n\t")
        if label and ink.symbols:
            inks[file.stem] = (ink, f"{file.parent.name}/{writer_of(ink, file.stem)}", label)
    return inks


def measured(inks: Iterable[tuple[Ink, str, str]]) -> Found:
    found: Found = defaultdict(lambda: defaultdict(list))
    for ink, writer, label in inks:
        one = measure(ink, label)
        if one is None:
            continue
        for name, values in departures_of(one).items():
            found[name][writer] += values
        found["slant"][writer].append(slant_of(ink.traces.values()))
    return found


def deviations(by_writer: Mapping[str, list[float]]) -> tuple[float, float, list[float], float]:
    """Mean, deviation of the writers' means, each measurement against the mean of its writer, sorted, and median."""
    mean = fmean(value for values in by_writer.values() for value in values)
    means = {writer: (sum(values) + mean * _KNOWN) / (len(values) + _KNOWN) for writer, values in by_writer.items()}
    known = [fmean(values) for values in by_writer.values() if len(values) >= _KNOWN]
    within = sorted(value - means[writer] for writer, values in by_writer.items() for value in values)
    middle = median(value for values in by_writer.values() for value in values)
    return mean, pstdev(known) if len(known) > 1 else 0.0, within, middle


def quantile(ordered: list[float], share: float) -> float:
    return ordered[round(share * (len(ordered) - 1))]


def spread(ordered: list[float]) -> float:
    return quantile(ordered, 0.9) - quantile(ordered, 0.1)


def main(argv: list[str] | None = None) -> int:
    settings = load_config(Settings, sys.argv[1:] if argv is None else argv)
    bank, real = read_bank(settings.bank), read(settings)
    target = {name: deviations(by_writer) for name, by_writer in measured(real.values()).items()}
    scales, shifts = dict.fromkeys(RANGES, 1.0), dict.fromkeys(RANGES, 0.0)
    for _ in range(settings.rounds):
        for name in RANGES:
            mean, writers, within, _ = target[name]
            own = mean if name in WRITER_MEANS else 0.0
            numbers = [round(shifts[name] + scales[name] * quantile(within, share), 3) for share in SHARES]
            RANGES[name] = Range(round(own, 3), round(writers, 3), (*numbers,))  # type: ignore[arg-type]
        made = {name: deviations(values) for name, values in measured(_made(real, bank)).items()}
        for name in RANGES:
            if spread(made[name][2]) > 0:
                scales[name] *= max(0.3, min(2.0, spread(target[name][2]) / spread(made[name][2])))
            scales[name] = min(1.5, scales[name])
            shifts[name] += target[name][3] - made[name][3]
        print(
            {
                name: (
                    round(made[name][3] - target[name][3], 3),
                    round(spread(made[name][2]) / spread(target[name][2]), 2),
                )
                for name in RANGES
            },
            file=sys.stderr,
        )
    for name, one in RANGES.items():
        print(f'    "{name}": Range({one.mean}, {one.writers}, {one.within}),')
    return 0


def _made(real: Mapping[str, tuple[Ink, str, str]], bank):
    for name, (_, _, label) in real.items():
        try:
            ink = compose(label, bank, seed=1, sample_id=name)
        except UniMumerError:
            continue
        yield ink, ink.annotations["writer"], label


if __name__ == "__main__":
    sys.exit(main())
