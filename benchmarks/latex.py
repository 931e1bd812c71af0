r"""What the LaTeX core makes of real labels, and how fast: ``python benchmarks/latex.py [DATA]``.

DATA is the folder of real corpora (default ../shared/data beside the checkout). Prints, in this order: how the labels
of each set fare in strict and tolerant mode; which classes of labels are not canonical; raw CROHME 2014 labels against
the published ones, the rest one by one; ExpRate of published predictions by form; speed on one core, as medians.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.latex import (
    Repair,
    canonical,
    count_symbols,
    parse_tokens,
    read_tree,
    tokenize,
    write_counts,
    write_tokens,
    write_tree,
)

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"
ROUNDS = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Print all tables; returns 2 where the data is missing."""
    arguments = sys.argv[1:] if argv is None else argv
    data = Path(arguments[0]) if arguments else DEFAULT
    if not (data / "labels").is_dir():
        print(f"{data}: no folder labels/ in it; name the folder of real corpora", file=sys.stderr)
        return 2
    sets = {file.stem: json.loads(file.read_text()) for file in sorted((data / "labels").glob("*.json"))}
    for file in sorted((data / "predictions").glob("**/*.json")):
        for side in ("gt", "pred"):
            sets[f"{file.parent.name}/{file.stem} {side}"] = [row[side] for row in json.loads(file.read_text())]
    print_labels(sets)
    print_raw(data)
    print_scores(data)
    print_speed(
        [label for name, labels in sets.items() if name.endswith("_captions") for label in labels],
        [raw for _, raw in raw_labels(data)],
    )
    return 0


def print_labels(sets: dict[str, list[str]]) -> None:
    print(
        f"{'set':44} {'labels':>7} {'same':>7} {'changed':>7} {'refused':>7} {'tolerant errors':>15}  marks as nodes"
    )
    classes: Counter[str] = Counter()
    refused: list[str] = []
    for name, labels in sets.items():
        same = changed = marks = errors = 0
        reasons: Counter[str] = Counter()
        for number, label in enumerate(labels):
            try:
                canonical(label, "strict", repairs=[])
                form = canonical(label)
            except LatexSyntaxError as error:
                reasons[error.reason] += 1
                if "pred" not in name.split(" ")[-1]:
                    refused.append(f"{name}[{number}]: {error}")
                continue
            except (RecursionError, IndexError, KeyError, AttributeError, TypeError):
                errors += 1
                continue
            same += form == label
            changed += form != label
            if form != label:
                classes[_class(label)] += 1
            tokens = form.split()
            row = parse_tokens(tokens)
            text = write_tree(row)
            assert write_tokens(row) == tokens, label
            assert write_tokens(read_tree(text)) == tokens and write_tree(read_tree(text)) == text, label
            marks += sum(line.strip("\t").split(" ")[0] in ("{", "}", "^", "_") for line in text.split("\n"))
        print(f"{name:44} {len(labels):7} {same:7} {changed:7} {sum(reasons.values()):7} {errors:15}  {marks}")
    print("\nLabels that are not canonical, by the first class that fits:")
    for name, count in classes.most_common():
        print(f"{count:8}  {name}")
    print(f"\nLabels that strict mode refuses ({len(refused)}; predictions are counted above):")
    print("\n".join(refused), "\n")


def _class(label: str) -> str:
    tokens = tokenize(label)
    if tokens != label.split():
        return "tokens not set apart by spaces"
    held = set(tokens)
    for name, symbols in (
        (r"\left, \right, sizes, spacing", {r"\left", r"\right", r"\,", r"\quad", r"\;", r"\!", "~", r"\hspace"}),
        ("font or text command", {r"\mathrm", r"\mathbf", r"\text", r"\mbox", r"\mathcal", r"\mathbb", r"\rm"}),
        (r"other spelling: \to, \lt, \gt, \lbrack ...", {r"\to", r"\lt", r"\gt", r"\gets", r"\lbrack", r"\rbrack"}),
        ("infix or prime", {r"\over", r"\choose", "'"}),
        ("row break at the end of an environment", {r"\end"}),
    ):
        if held & symbols:
            return name
    pairs = set(pairwise(tokens))
    if any(first in "^_" and second != "{" for first, second in pairs):
        return "script without braces"
    if write_tokens(parse_tokens(tokens)) == tokens:
        return "braces around nothing in need of them"
    return "order of scripts, arguments without braces, empty scripts"


def raw_labels(data: Path) -> list[tuple[str, str]]:
    lines = (data / "crohme-png/groundtruth_2014.tsv").read_text().splitlines()
    return [(key, raw) for key, _, raw in (line.partition("\t") for line in lines)]


def print_raw(data: Path) -> None:
    gold = {row["img_id"]: row["gt"] for row in json.loads((data / "predictions/crohme_2014_pred.json").read_text())}
    rest = []
    for key, raw in raw_labels(data):
        try:
            ours = canonical(raw, corpus="crohme")
        except LatexSyntaxError as error:
            ours = f"refused: {error}"
        if ours != gold[key]:
            rest.append(f"  {key}\n    raw   {raw.strip()}\n    ours  {ours}\n    gold  {gold[key]}")
    print(f"Raw CROHME 2014 labels equal to the published ones: {len(gold) - len(rest)} of {len(gold)}")
    print("\n".join(rest), "\n")


def print_scores(data: Path) -> None:
    print(f"{'ExpRate':44} {'n':>6} {'raw':>7} {'strict':>7} {'loose':>7}")
    for file in sorted((data / "predictions").glob("**/*.json")):
        rows = json.loads(file.read_text())
        gold = [row["gt"] for row in rows]
        intact = data / "labels" / file.name.replace("_pred", "_captions")
        if file.name.startswith("crohme2023_test"):  # the labels of this prediction file are damaged
            gold = json.loads(intact.read_text())
        pairs = [(label, row["pred"]) for label, row in zip(gold, rows, strict=True)]
        raw = _share(label.split() == guess.split() for label, guess in pairs)
        strict, loose = (
            _share(canonical(label, form, repairs=[]) == canonical(guess, form, repairs=[]) for label, guess in pairs)
            for form in ("strict", "loose")
        )
        print(f"{file.parent.name}/{file.stem:32} {len(rows):6} {raw:7.2f} {strict:7.2f} {loose:7.2f}")
    print()


def _share(right: Iterable[bool]) -> float:
    values = list(right)
    return 100 * sum(values) / len(values)


def print_speed(labels: list[str], raw: list[str]) -> None:
    some = labels[:: max(1, len(labels) // 12_000)]
    forms = [form for form in (_or_none(label) for label in some) if form]
    mean = statistics.mean(len(form.split()) for form in forms)
    print(f"Speed, one core, median of {ROUNDS} (CPU time); load of the machine {os.getloadavg()[0]:.1f}")
    for name, function, items in (
        (f"canonical labels ({mean:.1f} tokens) to tree and count text", _tree_and_count, forms),
        ("canonical labels to records", canonical, forms),
        ("raw CROHME 2014 labels to records", _record, raw),
    ):
        print(f"  {name:60} {_rate(function, items):9,.0f} a second")


def _or_none(label: str) -> str | None:
    try:
        return canonical(label)
    except LatexSyntaxError:
        return None


def _tree_and_count(label: str) -> None:
    tokens = label.split()
    write_tree(parse_tokens(tokens))
    write_counts(count_symbols(tokens))


def _record(label: str) -> None:
    repairs: list[Repair] = []
    canonical(label, corpus="crohme", repairs=repairs)


def _rate(function: Callable[[str], object], items: list[str]) -> float:
    rates = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for item in items:
            function(item)
        rates.append(len(items) / (time.process_time() - start))
    return statistics.median(rates)


if __name__ == "__main__":
    sys.exit(main())
