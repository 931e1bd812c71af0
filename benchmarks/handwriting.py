"""Made handwriting beside real handwriting of the same formulas: statistics, speed, and what a recogniser reads.

    python benchmarks/handwriting.py path=../shared/data/crohme-inkml/TrainINKML bank=data/banks/crohme
    python benchmarks/handwriting.py path=... bank=... sheet=sheet.png          # real above made; look at it
    python benchmarks/handwriting.py path=... bank=... read=200                 # needs mathnote-ocr==0.2.1
    python benchmarks/handwriting.py path=... bank=... classify=400                # needs it too
    python benchmarks/handwriting.py path=... bank=... memory=100000
    python benchmarks/handwriting.py path=... halves=6

Statistics are means of each ink. Two samples are compared by the Kolmogorov-Smirnov distance. The bound for made
against real ink is 1.5 times the distance between two halves of the real writers, the mean over 20 ways to halve them.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median

from build import family
from PIL import Image

from unimumer_data.build.bank import BankConfig, make_bank
from unimumer_data.build.preview import save
from unimumer_data.errors import ConfigError, UniMumerError
from unimumer_data.handwriting.bank import Bank, read_bank
from unimumer_data.handwriting.collect import writer_of
from unimumer_data.handwriting.compose import compose
from unimumer_data.handwriting.departures import on_line, size_of
from unimumer_data.handwriting.matching import box_around, box_of
from unimumer_data.handwriting.measure import departures_of, height_ratio, measure, slant_of
from unimumer_data.handwriting.spans import name_of
from unimumer_data.ink import Ink, encode_png, read_inkml, render, write_inkml
from unimumer_data.latex import canonical, tokenize
from unimumer_data.latex.alignment import edit_distance
from unimumer_data.photo import encode_photo, generator, photograph
from unimumer_data.support.config import load_config, option
from unimumer_data.support.tables import write_table

SPLITS, BOUND = 20, 1.5
PATIENCE = 15  # seconds of the processor for one ink: mathnote-ocr tries very many readings of some
STATISTICS = {
    "strokes": "strokes of a symbol",
    "aspect": "width / height of the ink (log)",
    "size": "letters and digits on the line, height (log em)",
    "uneven": "their unevenness (deviation of log em)",
    "script": "letters and digits in scripts, height (log em)",
    "sup": "baseline of upper scripts (em, against print)",
    "sub": "baseline of lower scripts (em, against print)",
    "gap": "distance of neighbours (em, against print)",
    "hook": "what a root covers, from its hook (em)",
    "roof": "a root's line beyond that (em)",
    "slope": "slope of the line",
    "slant": "lean (x for each y)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    path: Path = option(about="InkML files with trace groups, at any depth")
    bank: Path = option(Path("data/banks/crohme"), "bank of handwriting; halves make their own")
    inks: int = option(3000, "inks drawn at random")
    seed: int = option(1, "random seed")
    read: int = option(0, "inks that mathnote-ocr reads, real and made; only that is done")
    halves: int = option(
        0, "ways to halve the writers; a bank of one half writes what the other wrote; only that is done"
    )
    classify: int = option(0, "inks whose symbols mathnote-ocr's classifier names, real and made; only that is done")
    memory: int = option(0, "samples of a whole build, with the memory that it takes; only that is done")
    sheet: Path | None = option(None, "contact sheet to write; only that is done")


@dataclass(frozen=True, slots=True)
class Pair:
    """Real ink and made ink of one formula; each with its own writer."""

    label: str
    writer: str
    real: Ink
    made: Ink


def pairs(settings: Settings, bank: Bank) -> Iterator[Pair]:
    """Inks that can be read and measured, with made ink of their formulas; what cannot be made is counted."""
    files = sorted(settings.path.rglob("*.inkml"))
    random.Random(settings.seed).shuffle(files)
    found = refused = 0
    for file in files:
        try:
            real = read_inkml(file)
            label = real.label.strip("$ \n\t")
            made = compose(label, bank, seed=settings.seed, sample_id=file.stem)
        except UniMumerError:
            refused += 1
            continue
        yield Pair(label, f"{file.parent.name}/{writer_of(real, file.stem)}", real, made)
        found += 1
        if found == settings.inks:
            break
    print(f"{found} formulas; {refused} inks cannot be read, or their formulas not be written", file=sys.stderr)


def statistics_of(ink: Ink, label: str) -> dict[str, float]:
    """One number for each of `STATISTICS` that the ink has."""
    measured = measure(ink, label)
    if measured is None:
        return {}
    left, top, right, bottom = box_around([box_of([stroke]) for stroke in ink.traces.values()])
    found = {
        "strokes": fmean(len(symbol.traces) for symbol in ink.symbols),
        "aspect": math.log(max(1e-3, (right - left) / max(1e-9, bottom - top))),
        "slant": slant_of(ink.traces.values()),
    }
    departures = departures_of(measured)
    for name in ("sup", "sub", "hook", "roof", "slope"):
        if departures.get(name):
            found[name] = fmean(departures[name])
    if departures.get("spacing"):
        found["gap"] = departures["spacing"][0]
    sizes: dict[bool, list[float]] = defaultdict(list)
    for one in measured.placed:
        if ratio := height_ratio(one, measured.em):
            sizes[on_line(one.span.scale)].append(math.log(max(1e-3, ratio * size_of(one.span.scale))))
    if sizes[True]:
        found["size"] = fmean(sizes[True])
    if len(sizes[True]) > 1:
        found["uneven"] = math.sqrt(fmean((size - found["size"]) ** 2 for size in sizes[True]))
    if sizes[False]:
        found["script"] = fmean(sizes[False])
    return found


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The Kolmogorov-Smirnov distance of two samples."""
    first, second = sorted(one), sorted(other)
    return max(
        abs(bisect_right(first, value) / len(first) - bisect_right(second, value) / len(second))
        for value in (*first, *second)
    )


def compare(found: Sequence[Pair], seed: int) -> str:
    """The table of statistics."""
    real = [statistics_of(pair.real, pair.label) for pair in found]
    made = [statistics_of(pair.made, pair.label) for pair in found]
    writers = sorted({pair.writer for pair in found})
    rows = []
    for name, about in STATISTICS.items():
        both = [
            (pair.writer, a[name], b[name])
            for pair, a, b in zip(found, real, made, strict=True)
            if name in a and name in b
        ]
        halves = []
        for split in range(SPLITS):
            half = set(random.Random(f"{seed}/{split}").sample(writers, len(writers) // 2))
            ours, theirs = ([a for writer, a, _ in both if (writer in half) == side] for side in (True, False))
            if ours and theirs:
                halves.append(distance(ours, theirs))
        own, bound = distance([a for _, a, _ in both], [b for _, _, b in both]), BOUND * fmean(halves)
        rows.append(
            [
                about,
                str(len(both)),
                f"{median(a for _, a, _ in both):.3f}",
                f"{median(b for _, _, b in both):.3f}",
                f"{own:.3f}",
                f"{fmean(halves):.3f}",
                f"{bound:.3f}",
                "yes" if own <= bound else "no",
            ]
        )
    head = ["statistic", "n", "real", "made", "made to real", "half to half", "bound", "within"]
    return write_table(head, rows, "markdown")


def halves(settings: Settings) -> str:
    """Ink made from a bank of one half of the writers, beside the ink of the other half, and that beside the first."""
    found: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    files = defaultdict(list)
    for file in sorted(settings.path.rglob("*.inkml")):
        try:
            files[f"{file.parent.name}/{writer_of(read_inkml(file), file.stem)}"].append(file)
        except UniMumerError:
            continue
    for split in range(settings.halves):
        first = set(random.Random(f"{settings.seed}/{split}").sample(sorted(files), len(files) // 2))
        with tempfile.TemporaryDirectory() as name:
            for writer in sorted(files):
                for file in files[writer]:
                    target = Path(name) / ("bank" if writer in first else "judged") / file.parent.name / file.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.symlink_to(file.resolve())
            make_bank(BankConfig(path=Path(name) / "bank", output=Path(name) / "made", workers=1))
            bank = read_bank(Path(name) / "made")
            others = list(pairs(replace(settings, path=Path(name) / "judged"), bank))
            own = list(pairs(replace(settings, path=Path(name) / "bank"), bank))
        real = [statistics_of(one.real, one.label) for one in others]
        made = [statistics_of(one.made, one.label) for one in others]
        theirs = [statistics_of(one.real, one.label) for one in own]
        for key in STATISTICS:
            judged = [one[key] for one in real if key in one]
            near = distance(judged, [one[key] for one in made if key in one])
            found[key].append((near, distance(judged, [one[key] for one in theirs if key in one]), len(judged)))
    rows = []
    for key, about in STATISTICS.items():
        near, half = (fmean(one[place] for one in found[key]) for place in (0, 1))
        verdict = "yes" if near <= BOUND * half else "no"
        count = fmean(one[2] for one in found[key])
        rows.append([about, f"{count:.0f}", f"{near:.3f}", f"{half:.3f}", f"{BOUND * half:.3f}", verdict])
    return write_table(["statistic", "n", "made to real", "half to half", "bound", "within"], rows, "markdown")


def speed(labels: Sequence[str], bank: Bank) -> str:
    """Formulas a second of CPU time, for each step and for all steps to a kind of output."""
    inks: list[Ink] = []

    def made() -> Iterable[object]:
        for number, label in enumerate(labels):
            inks.append(compose(label, bank, seed=2, sample_id=str(number)))
            yield None

    def photographs() -> Iterable[object]:
        for number, ink in enumerate(inks):
            rng = generator(str(number))
            yield encode_photo(photograph(render(ink), rng), rng)

    steps: dict[str, Callable[[], Iterable[object]]] = {
        "ink": made,
        "InkML": lambda: (write_inkml(ink) for ink in inks),
        "picture": lambda: (encode_png(render(ink)) for ink in inks),
        "photograph": photographs,
    }
    seconds = {}
    for name, step in steps.items():
        start = time.process_time()
        for _ in step():
            pass
        seconds[name] = (time.process_time() - start) / len(labels)
    rows = [
        ["to ink", f"{1 / seconds['ink']:.0f}"],
        ["to InkML", f"{1 / (seconds['ink'] + seconds['InkML']):.0f}"],
        ["to pictures (PNG)", f"{1 / (seconds['ink'] + seconds['picture']):.0f}"],
        ["to photographs (JPEG)", f"{1 / (seconds['ink'] + seconds['photograph']):.0f}"],
    ]
    return write_table(["formulas", "a second of one core"], rows, "markdown")


def stacked(pair: Pair) -> Image.Image:
    """The real ink above the made one."""
    above, below = render(pair.real), render(pair.made)
    both = Image.new("L", (max(above.width, below.width), above.height + below.height + 2), 255)
    both.paste(above, (0, 0))
    both.paste(120, (0, above.height, both.width, above.height + 2))
    both.paste(below, (0, above.height + 2))
    return both


def memory(settings: Settings) -> None:
    """Build a set of made pictures and InkML with two workers, and print how much memory each process takes."""
    labels = list(itertools.islice(labels_of(settings), settings.inks))
    copies = max(1, settings.memory // max(1, len(labels)))
    with tempfile.TemporaryDirectory() as name:
        folder, bank = Path(name), settings.bank.resolve()
        (folder / "formulas.txt").write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
        words = ["source=synth", f"path={folder / 'formulas.txt'}", "name=made", f"output={folder}", "tasks=vanilla"]
        words += ["workers=2", "image_max_pixels=16384"]
        words.append(f"options={{bank: {bank}, copies: {copies}, inkml: {folder / 'ink'}}}")
        print(f"{len(labels)} formulas, {copies} samples of each", flush=True)
        most: dict[int, float] = {}
        command = [sys.executable, "-m", "unimumer_data", "build", *words]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            following = 0
            while process.poll() is None:
                now = {pid: resident(pid) for pid in family(process.pid)}
                most = {pid: max(most.get(pid, 0.0), now.get(pid, 0.0)) for pid in {*most, *now}}
                made = sum(1 for _ in os.scandir(folder / "ink")) if (folder / "ink").exists() else 0
                if made >= following:
                    print(
                        f"{made} samples: MB of each process now {[round(size) for size in now.values()]}", flush=True
                    )
                    following += settings.memory // 10
                time.sleep(2)
        records = folder / "data" / "made" / "made.json"
        kept = len(json.loads(records.read_text(encoding="utf-8"))) if records.exists() else 0
        print(f"{kept} samples built; peaks in MB: {sorted(round(size) for size in most.values())}")


def labels_of(settings: Settings) -> Iterator[str]:
    """Labels of the inks in random order; what cannot be read is left out."""
    files = sorted(settings.path.rglob("*.inkml"))
    random.Random(settings.seed).shuffle(files)
    for file in files:
        try:
            label = read_inkml(file).label.strip("$ \n\t")
        except UniMumerError:
            continue
        if label:
            yield " ".join(label.split())


def resident(pid: int) -> float:
    """Resident memory in MB; 0 of a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def read(found: Sequence[Pair]) -> str:
    """How well mathnote-ocr reads both: exact answers, and token edits / length of the longer text."""
    from examples.recognizers.mathnote import Mathnote

    def stop(*_: object) -> None:
        raise TimeoutError(f"not read within {PATIENCE} s")

    signal.signal(signal.SIGPROF, stop)
    model = Mathnote()
    rows: list[tuple[float, float, float, float]] = []
    for number, pair in enumerate(found, 1):
        label = canonical(pair.label, "loose", repairs=[])
        scores = []
        for ink in (pair.real, pair.made):
            strokes = [list(zip(points[::2], points[1::2], strict=True)) for points in ink.traces.values()]
            signal.setitimer(signal.ITIMER_PROF, PATIENCE)
            try:
                answer = canonical(model(strokes).text or "", "loose", repairs=[])
            except Exception as error:  # a recogniser that fails has read nothing
                print(f"{ink.name}: {type(error).__name__}: {error}", file=sys.stderr)
                answer = ""
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            longest = max(len(tokenize(label)), len(tokenize(answer)), 1)
            scores += [float(answer == label), 1 - edit_distance(tokenize(answer), tokenize(label)) / longest]
        rows.append((scores[0], scores[2], scores[1], scores[3]))
        if number % 20 == 0:
            print(f"{number} of {len(found)} read", file=sys.stderr, flush=True)
    lines = []
    for name, a, b in (("exact", 0, 1), ("edit similarity", 2, 3)):
        real, made = ([100 * row[place] for row in rows] for place in (a, b))
        low, high = interval([y - x for x, y in zip(real, made, strict=True)])
        lines.append([name, str(len(rows)), f"{fmean(real):.1f}", f"{fmean(made):.1f}", f"{low:.1f} to {high:.1f}"])
    return write_table(["percent", "n", "real", "made", "made - real, 95 %"], lines, "markdown")


def classify(found: Sequence[Pair]) -> str:
    """How many symbols of each ink the classifier of mathnote-ocr names rightly, cut out by the trace groups."""
    from mathnote_ocr.engine.grouper import GrouperCache, classify_groups
    from mathnote_ocr.engine.stroke import Stroke, StrokePoint

    from examples.recognizers.mathnote import Mathnote, prepared

    classifier = Mathnote()._model.classifier
    names = {name: NAMES.get(name, name.rpartition("_")[0] or name) for name in classifier.label_names}
    known = {name.lstrip("\\") for name in names.values()}
    shares: list[list[float]] = []
    symbols = 0
    for pair in found:
        row = []
        for ink in (pair.real, pair.made):
            points = prepared([list(zip(one[::2], one[1::2], strict=True)) for one in ink.traces.values()])
            strokes = [
                Stroke.from_points([StrokePoint(*point) for point in one], id=i) for i, one in enumerate(points)
            ]
            places = {trace: i for i, trace in enumerate(ink.traces)}
            groups = {
                frozenset(places[trace] for trace in one.traces): name
                for one in ink.symbols
                if (name := name_of(one.label).lstrip("\\")) in known
            }
            if not groups:
                break
            cache = GrouperCache()
            xs, ys = [x for one in points for x, _ in one], [y for one in points for _, y in one]
            size = max(max(xs) - min(xs), max(ys) - min(ys))
            classify_groups(strokes, list(groups), classifier, cache=cache, source_size=size)
            first = {group: names[cache[group].alternatives[0][0]].lstrip("\\") for group in groups}
            row.append(100 * fmean(first[group] == name for group, name in groups.items()))
            symbols += len(groups)
        if len(row) == 2:
            shares.append(row)
    low, high = interval([made - real for real, made in shares])
    lines = [["symbols named rightly", str(len(shares)), *(f"{fmean(row[i] for row in shares):.1f}" for i in (0, 1))]]
    lines[0].append(f"{low:.1f} to {high:.1f}")
    print(f"{symbols} symbols", file=sys.stderr)
    return write_table(["percent, mean of each ink", "inks", "real", "made", "made - real, 95 %"], lines, "markdown")


NAMES = {"colon": ":", "dot": ".", "frac_bar": "-", "slash": "/", "lbrace": "{", "rbrace": "}"}
"""What the classifier calls a symbol, where that is not the name of its command."""


def interval(differences: Sequence[float], draws: int = 2000) -> tuple[float, float]:
    """The paired bootstrap interval of a mean."""
    rng = random.Random(0)
    means = sorted(fmean(rng.choices(differences, k=len(differences))) for _ in range(draws))
    return means[round(0.025 * draws)], means[round(0.975 * draws) - 1]


def main(argv: list[str] | None = None) -> int:
    try:
        settings = load_config(Settings, sys.argv[1:] if argv is None else argv)
        if settings.halves:
            print(halves(settings))
            return 0
        bank = read_bank(settings.bank)
    except (ConfigError, UniMumerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if settings.sheet:
        shown = list(pairs(replace(settings, inks=min(settings.inks, 60)), bank))
        captions = (f"{pair.real.writer or '?'} / {pair.made.writer}" for pair in shown)
        save(zip(captions, (pair.label for pair in shown), map(stacked, shown), strict=True), settings.sheet)
    elif settings.memory:
        memory(settings)
    elif settings.classify:
        print(classify(list(pairs(replace(settings, inks=settings.classify), bank))))
    elif settings.read:
        print(read(list(pairs(replace(settings, inks=settings.read), bank))))
    else:
        found = list(pairs(settings, bank))
        print(compare(found, settings.seed))
        print()
        print(speed([pair.label for pair in found[:1000]], bank))
    return 0


if __name__ == "__main__":
    sys.exit(main())
