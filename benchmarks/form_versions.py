r"""What changes between two versions of the canonical form.

    python benchmarks/form_versions.py OLD [data=DIR] [list=FILE]

OLD is a checkout of the earlier version. Every label and every published pair of the data (default: ../shared/data
beside the checkout) is read by both. Prints two tables in Markdown, labels by form and scores by prediction
file, each with the number of samples that changed. ``list=FILE`` writes every changed sample as a JSON line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
FORMS = ("records", "crohme", "strict", "loose")

READ = r"""
import json, sys
from unimumer_data.errors import LatexSyntaxError
from unimumer_data.latex import canonical
from unimumer_data.latex.conventions import VERSION
from unimumer_eval.scores.cdm import cdm
from unimumer_eval.scores.structure import structure_f1

def form(text, name):
    corpus, name = ("crohme", "records") if name == "crohme" else (None, name)
    try:
        return canonical(text, name, corpus=corpus)
    except LatexSyntaxError as error:
        return "refused: " + error.reason

print(VERSION)
for line in sys.stdin:
    texts = json.loads(line)
    forms = [{name: form(text, name) for name in ("records", "crohme", "strict", "loose")} for text in texts]
    scores = {}
    if len(texts) == 2:
        gt, pred = texts
        strict, loose = (
            canonical(gt, name, repairs=[]) == canonical(pred, name, repairs=[]) for name in ("strict", "loose")
        )
        scores = {"strict": strict, "loose": loose, "cdm": cdm(gt, pred).f1, "structure": structure_f1(gt, pred)}
    print(json.dumps([forms, scores]))
"""


def main(argv: list[str] | None = None) -> int:
    """Print the tables; 2 for wrong usage."""
    arguments = sys.argv[1:] if argv is None else argv
    options = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    places = [argument for argument in arguments if "=" not in argument]
    data = Path(options.get("data", DATA))
    if len(places) != 1 or not Path(places[0], "unimumer_data").is_dir() or not data.is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    sets = dict(samples(data))
    lines = [json.dumps(texts) for items in sets.values() for _, texts in items]
    old_version, old = read_with(Path(places[0]), lines)
    new_version, new = read_with(ROOT, lines)
    print(f"From version {old_version} to version {new_version}.\n")
    changed = list(changes(sets, old, new))
    print_labels(sets, changed)
    print_scores(sets, old, new)
    if "list" in options:
        Path(options["list"]).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in changed))
    return 0


def samples(data: Path) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    """Set -> (sample, its label, or label and prediction)."""
    for file in sorted((data / "labels").glob("*.json")):
        yield file.stem, [(str(i), [label]) for i, label in enumerate(json.loads(file.read_text()))]
    for file in sorted((data / "crohme-png").glob("groundtruth_*.tsv")):
        rows = [line.partition("\t") for line in file.read_text().splitlines()]
        yield f"raw {file.stem}", [(key, [raw]) for key, _, raw in rows]
    formulas = (data / "im2latex-sample" / "formulas.lst").read_text(encoding="utf-8", errors="replace").split("\n")
    yield "im2latex-sample", [(str(i), [text]) for i, text in enumerate(formulas) if text]
    for file in sorted((data / "predictions").glob("**/*.json")):
        rows = json.loads(file.read_text())
        yield f"{file.parent.name}/{file.stem}", [(str(i), [row["gt"], row["pred"]]) for i, row in enumerate(rows)]
    pairs = json.loads((data / "cdm" / "official_pairs.json").read_text())
    yield "official CDM pairs", [(row["id"], [row["gt"], row["pred"]]) for row in pairs]


def read_with(checkout: Path, lines: list[str]) -> tuple[int, list[Any]]:
    """What a checkout makes of the lines, and its version of the form."""
    with tempfile.TemporaryDirectory() as folder:
        evaluation = checkout / "unimumer_eval"
        path = Path(folder)
        (path / "unimumer_data").symlink_to(checkout.resolve() / "unimumer_data")
        # before the move, the package of evaluation stood in a folder of another name
        (path / "unimumer_eval").symlink_to((evaluation if evaluation.is_dir() else checkout / "eval").resolve())
        answer = subprocess.run(
            [sys.executable, "-c", READ],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
        )
    version, *rows = answer.stdout.splitlines()
    return int(version), [json.loads(row) for row in rows]


def changes(sets: dict[str, list[tuple[str, list[str]]]], old: list[Any], new: list[Any]) -> Iterator[dict[str, Any]]:
    """Every sample whose forms or scores differ."""
    both = iter(zip(old, new, strict=True))
    for name, items in sets.items():
        for key, texts in items:
            (old_forms, old_scores), (new_forms, new_scores) = next(both)
            for number, (before, after) in enumerate(zip(old_forms, new_forms, strict=True)):
                for form in FORMS:
                    if before[form] != after[form]:
                        side = "prediction" if number else "label"
                        yield {"set": name, "sample": key, "side": side, "what": form, "text": texts[number],
                               "old": before[form], "new": after[form]}  # fmt: skip
            for score, before in old_scores.items():
                if before != new_scores[score]:
                    yield {"set": name, "sample": key, "side": "score", "what": score, "text": texts,
                           "old": before, "new": new_scores[score]}  # fmt: skip


def print_labels(sets: dict[str, list[tuple[str, list[str]]]], changed: list[dict[str, Any]]) -> None:
    print("| texts | n | records | records, crohme | strict | loose | refused before | refused now |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, items in sets.items():
        for side in ("label", "prediction")[: len(items[0][1])]:
            rows = [row for row in changed if row["set"] == name and row["side"] == side]
            counts = [sum(row["what"] == form for row in rows) for form in FORMS]
            strict = [row for row in rows if row["what"] == "strict"]
            before, now = (sum(row[when].startswith("refused: ") for row in strict) for when in ("old", "new"))
            cells = [f"{name}, {side}s", len(items), *counts, before, now]
            print("| " + " | ".join(map(str, cells)) + " |")
    print("\nRefused: only among the texts whose strict form changed.\n")


def print_scores(sets: dict[str, list[tuple[str, list[str]]]], old: list[Any], new: list[Any]) -> None:
    print("| predictions | n | strict | loose | ExpRate@CDM | CDM F1 | structure F1 | samples changed |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    start = 0
    for name, items in sets.items():
        before, after = ([scores for _, scores in rows[start : start + len(items)]] for rows in (old, new))
        start += len(items)
        if not before[0]:
            continue
        cells = [f"{_mean(before, key)} -> {_mean(after, key)}" for key in ("strict", "loose")]
        exact = [[{"cdm": row["cdm"] == 1} for row in side] for side in (before, after)]
        cells.append(" -> ".join(_mean(side, "cdm") for side in exact))
        cells += [f"{_mean(before, key)} -> {_mean(after, key)}" for key in ("cdm", "structure")]
        differing = sum(one != other for one, other in zip(before, after, strict=True))
        print("| " + " | ".join([name, str(len(items)), *cells, str(differing)]) + " |")


def _mean(rows: list[dict[str, float]], key: str) -> str:
    return f"{100 * sum(row[key] for row in rows) / len(rows):.3f}"


if __name__ == "__main__":
    sys.exit(main())
