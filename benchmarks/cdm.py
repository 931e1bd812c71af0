"""CDM without TeX against the published tool: agreement, every disagreement with its cause, speed, memory.

    python benchmarks/cdm.py [pairs=../shared/data/cdm/official_pairs.json]
        [predictions=../shared/data/predictions] [workers=2]

``pairs`` were scored by the official tool (UniMERNet/cdm). Numbers are printed, not checked; the bounds
stand in tests/unimumer_eval/scores/test_cdm.py.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.latex import parse
from unimumer_data.support.progress import Progress
from unimumer_eval.scores import cdm as module
from unimumer_eval.scores.cdm import cdm, cdm_many, cdm_summary
from unimumer_eval.scores.structure import structure_f1

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
DEFAULTS = {
    "pairs": str(SHARED / "cdm" / "official_pairs.json"),
    "predictions": str(SHARED / "predictions"),
    "workers": "2",
}
SET_SIZE = 24_607
"""Samples of the HME100K test set."""
PAGE = 210 / 25.4 * 200 * 0.98
"""Pixels of an A5 page in landscape, at 200 dots an inch."""
ROUNDED = 0.0015
MOVES = 200


def main(argv: list[str] | None = None) -> int:
    options = dict(DEFAULTS)
    for argument in sys.argv[1:] if argv is None else argv:
        key, equals, value = argument.partition("=")
        if not equals or key not in options:
            print(__doc__, file=sys.stderr)
            return 2
        options[key] = value
    pairs, predictions = Path(options["pairs"]), Path(options["predictions"])
    for path in (pairs, predictions):
        if not path.exists():
            print(f"{path} does not exist; pass pairs=... predictions=...", file=sys.stderr)
            return 1
    official = json.loads(pairs.read_text(encoding="utf-8"))
    agreement(official)
    probes(official)
    sets(predictions)
    speed(official, predictions, int(options["workers"]))
    return 0


def agreement(official: list[dict[str, Any]]) -> None:
    """Ours against the official scores, on real formulas that are LaTeX."""
    kept = [x for x in official if not x["id"].startswith("syn_") and x["f1"] is not None and readable(x)]
    scores = [cdm(x["gt"], x["pred"]) for x in kept]
    theirs, ours = np.array([x["f1"] for x in kept]), np.array([score.f1 for score in scores])
    table = Counter(zip(theirs == 1, ours == 1, strict=True))
    print(f"## Agreement on {len(kept)} pairs\n")
    print("| official F1 | ours = 1 | ours < 1 |\n| --- | --- | --- |")
    for name, exact in (("= 1", True), ("< 1", False)):
        print(f"| {name} | {table[exact, True]} | {table[exact, False]} |")
    print(f"\nF1 == 1 agrees: {100 * np.mean((theirs == 1) == (ours == 1)):.2f} %")
    print(f"Pearson r: {np.corrcoef(theirs, ours)[0, 1]:.5f}")
    print(f"mean absolute difference: {np.abs(theirs - ours).mean():.5f}")
    differing = [pair for pair in zip(kept, scores, strict=True) if abs(pair[0]["f1"] - pair[1].f1) > ROUNDED]
    print(f"equal to three digits: {len(kept) - len(differing)}\n\n### The {len(differing)} others\n")
    causes: Counter[str] = Counter()
    for x, score in sorted(differing, key=lambda pair: -abs(pair[0]["f1"] - pair[1].f1)):
        why = cause(x)
        causes[why] += 1
        flag = " (one says equal)" if (x["f1"] == 1) != score.exact else ""
        print(f"{x['id']}: official {x['f1']:.3f}, ours {score.f1:.3f}{flag}: {why}")
        print(f"    {shorten(x['gt'])}\n    {shorten(x['pred'])}")
    print()
    for why, count in causes.most_common():
        print(f"{count:4} {why}")


def readable(x: dict[str, Any]) -> bool:
    """Whether braces balance on both sides."""
    for text in (x["gt"], x["pred"]):
        try:
            parse(text)
        except LatexSyntaxError as error:
            if "brace" in error.reason:
                return False
    return True


def cause(x: dict[str, Any]) -> str:
    """Why the official tool says something else."""
    texts = (x["gt"], x["pred"])
    if any("[ o b j e c t" in text for text in texts):
        return "a label that its makers' program spoilt: [object Object]"
    if {"\\ne", "\\neq"} <= set(" ".join(texts).split()):
        return r"\ne and \neq are two tokens to the official tool"
    label, answer = module._render(texts[0]), module._render(texts[1])
    if max(label.width, answer.width) > PAGE:
        return "runs off the official tool's page"
    if any(uncoloured(text) for text in texts):
        return "a token in a root that the official tool does not colour"
    for pixels in (1, 3):
        if x["f1"] in {round(value, 3) for value in moved(label, answer, pixels)}:
            return f"near the threshold of 20 pixels: edges moved by up to {pixels} give the official score"
    return "places: other matches survive RANSAC there, and no small move of ours gives the same number"


def uncoloured(text: str) -> bool:
    """A root that holds what takes two arguments, or one with a colour of its own."""
    work = [(parse(text, repairs=[]), False)]
    while work:
        row, in_root = work.pop()
        for node in row:
            if in_root and node.symbol in ("\\frac", "\\sqrt", "\\binom", "\\bar", "\\hat"):
                return True
            work += [(child, in_root or node.symbol == "\\sqrt") for _, child in node.children or ()]
    return False


def moved(label: Any, answer: Any, pixels: float) -> Iterator[float]:
    """Scores with every edge moved by up to so many pixels."""
    generator = np.random.default_rng(0)
    total = len(label.names) + len(answer.names)
    for _ in range(MOVES):
        both = [replace(r, boxes=r.boxes + generator.uniform(-pixels, pixels, r.boxes.shape)) for r in (label, answer)]
        yield 2 * module._matches(*both) / total


def shorten(text: str) -> str:
    return text if len(text) < 160 else text[:157] + "..."


def probes(official: list[dict[str, Any]]) -> None:
    """What the measures say about made-up pairs whose answer is known."""
    made = [x for x in official if "same_formula" in x]
    print(f"\n## {len(made)} probes: pairs on which a measure says what is right\n")
    print("| measure | same formula, told as same | different, told as different |\n| --- | --- | --- |")
    columns = {
        "official CDM": [x["f1"] == 1 for x in made],
        "CDM": [cdm(x["gt"], x["pred"]).exact for x in made],
        "structure F1": [structure_f1(x["gt"], x["pred"]) == 1 for x in made],
    }
    same = sum(x["same_formula"] for x in made)
    for name, says in columns.items():
        joined = sum(x["same_formula"] and said for x, said in zip(made, says, strict=True))
        apart = sum(not x["same_formula"] and not said for x, said in zip(made, says, strict=True))
        print(f"| {name} | {joined} of {same} | {apart} of {len(made) - same} |")


def sets(folder: Path) -> None:
    """ExpRate@CDM and means of every prediction file."""
    print(
        "\n## Prediction files\n\n| set | n | ExpRate@CDM | CDM F1 | structure F1 | repaired labels + answers |\n"
        + "| --- " * 6
        + "|"
    )
    for path in sorted(folder.rglob("*.json")):
        pairs = read(path)
        total = cdm_summary(cdm_many(pairs))
        assert total.n == len(pairs) and np.isfinite(total.f1)
        structure = 100 * np.mean([structure_f1(*pair) for pair in pairs])
        repaired = f"{total.repaired_labels} + {total.repaired_answers}"
        name = path.relative_to(folder).with_suffix("")
        print(f"| {name} | {total.n} | {total.exprate:.2f} | {total.f1:.2f} | {structure:.2f} | {repaired} |")


def read(path: Path) -> list[tuple[str, str]]:
    return [(x["gt"], x["pred"]) for x in json.loads(path.read_text(encoding="utf-8"))]


def speed(official: list[dict[str, Any]], folder: Path, workers: int) -> None:
    """Pairs a second, and a whole set of the size of HME100K."""
    print("\n## Speed\n")
    for name, pairs in (
        ("official pairs, few of them equal", [(x["gt"], x["pred"]) for x in official]),
        ("crohme_2014_pred", read(folder / "crohme_2014_pred.json")),
    ):
        module._render.cache_clear()
        begun, used = time.perf_counter(), time.process_time()
        for pair in pairs:
            cdm(*pair)
        wall, used = time.perf_counter() - begun, time.process_time() - used
        print(f"{name}: {len(pairs) / wall:.0f} pairs/s, {len(pairs) / used:.0f} per CPU second, one process")
    shared = [pair for path in sorted(folder.rglob("*.json")) for pair in read(path)]
    repeated = (shared[i % len(shared)] for i in range(SET_SIZE))
    bar = Progress("cdm", SET_SIZE)
    begun = time.perf_counter()
    count = sum(1 for _ in cdm_many(repeated, workers=workers, progress=bar.step))
    bar.close()
    seconds = time.perf_counter() - begun
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(f"{count} pairs in {seconds:.0f} s with {workers} processes; at most {peak:.0f} MiB in a process")


if __name__ == "__main__":
    sys.exit(main())
