"""Tiny models from scratch on made ink, and on the real ink of the same formulas; both read other real ink.

    python benchmarks/handwriting_training.py train=../shared/data/crohme-inkml/TrainINKML \
        test=../shared/data/crohme-inkml/TestEM2014GT bank=data/banks/crohme folder=/tmp/compared

The same steps, batch, formulas, order and start; only the ink differs. Short formulas only, so that a tiny model can
learn to look at its picture. Models of this size do not read, so they are asked for the next token of the label, given
those before it: its loss and how often it is the first choice, with the picture of the sample and with that of another
one, which shows what of it comes from the picture. Intervals are of a bootstrap over samples, each the mean over the
seeds. Test formulas may occur in training, in both sets alike. Needs the training environment.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from unimumer_data.latex import tokenize
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import write_whole
from unimumer_data.support.tables import write_table

ROOT = Path(__file__).resolve().parents[1]
PIXELS = 16384
KINDS = ("real", "made")
MEASURES = {
    "loss": "loss of a token",
    "loss_other": "the same with the picture of another sample",
    "first": "token is the first choice, percent",
    "first_other": "the same with the picture of another sample",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    train: Path = option(about="InkML of the training formulas")
    test: Path = option(about="InkML that both models read")
    bank: Path = option(about="bank of handwriting")
    folder: Path = option(about="where everything is written")
    inks: int = option(8000, "training inks to draw from")
    longest: int = option(10, "tokens of a formula, at most")
    tests: int = option(300, "short formulas of test ink")
    steps: int = option(300, "training steps of 12 records")
    seeds: int = option(3, "trainings of each kind")


def run(settings: Settings, program: str, *words: str) -> None:
    """A command of this project or of LLaMA-Factory; its output goes to ``log.txt``."""
    folder = Path(sys.executable).parent
    command = [str(folder / program)] if program != "unimumer" else [sys.executable, "-m", "unimumer_data"]
    print("  " + " ".join((program, *words)), flush=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with (settings.folder / "log.txt").open("a") as log:
        subprocess.run(
            [*command, *words], cwd=settings.folder, env=environment, stdout=log, stderr=subprocess.STDOUT, check=True
        )


def records_of(settings: Settings, name: str) -> list[dict[str, Any]]:
    """The short formulas of a set that was built."""
    path = settings.folder / "data" / name / f"{name}.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    return [one for one in found if len(tokenize(one["messages"][1]["value"])) <= settings.longest]


def build(settings: Settings) -> None:
    """Sets ``held``, ``real`` and ``made``; the last two have the same samples in the same order."""
    train, test, bank = (path.resolve() for path in (settings.train, settings.test, settings.bank))
    common = ["tasks=vanilla", f"image_max_pixels={PIXELS}", "workers=1", "seed=1", "guard=keep"]
    ink = ["source=crohme-inkml", *common]
    run(settings, "unimumer", "build", *ink, f"path={test}", "name=held", "split=test")
    run(settings, "unimumer", "build", *ink, f"path={train}", "name=real", f"limit={settings.inks}")
    lines = [f"{_id(one)}\t{one['messages'][1]['value']}\n" for one in records_of(settings, "real")]
    write_whole(settings.folder / "formulas.tsv", "".join(lines))
    options = f"options={{bank: {bank}}}"
    run(settings, "unimumer", "build", "source=synth", *common, "path=formulas.tsv", "name=made", options)
    sets = {name: {_id(one): one for one in records_of(settings, name)} for name in KINDS}
    both = sorted(sets["real"].keys() & sets["made"].keys())
    for name in KINDS:
        text = json.dumps([sets[name][key] for key in both], ensure_ascii=False)
        write_whole(settings.folder / "data" / name / f"{name}.json", text)
    print(f"{len(both)} training formulas")


def _id(record: dict[str, Any]) -> str:
    return Path(record["images"][0]).stem


def measure(settings: Settings, model: Path, held: list[dict[str, Any]]) -> list[dict[str, float]]:
    """`MEASURES` of each record."""
    import torch

    from unimumer_eval.config import AskConfig
    from unimumer_eval.engines.base import picture_of
    from unimumer_eval.engines.transformers import TransformersEngine

    engine = TransformersEngine(AskConfig(model=model, image_max_pixels=PIXELS))
    tokenizer = engine.processor.tokenizer
    pictures = [picture_of(settings.folder / one["images"][0], PIXELS, 1) for one in held]
    found = []
    for number, one in enumerate(held):
        prompt = engine.chat(one["messages"][0]["value"].replace("<image>", ""))
        answer = tokenizer(one["messages"][1]["value"], add_special_tokens=False)["input_ids"]
        row = {}
        for suffix, place in (("", number), ("_other", (number + len(held) // 2) % len(held))):
            inputs = engine.processor(text=[prompt], images=[pictures[place]], return_tensors="pt")
            start = inputs["input_ids"].shape[1]
            inputs["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([answer])], dim=1)
            inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
            for name in set(inputs) & {"mm_token_type_ids", "token_type_ids"}:
                inputs[name] = torch.cat([inputs[name], torch.zeros(1, len(answer), dtype=inputs[name].dtype)], dim=1)
            with torch.no_grad():
                logits = engine.model(**inputs, use_cache=False).logits[0, start - 1 : -1]
            labels = torch.tensor(answer)
            row[f"loss{suffix}"] = float(torch.nn.functional.cross_entropy(logits, labels))
            row[f"first{suffix}"] = 100 * float((logits.argmax(-1) == labels).float().mean())
        found.append(row)
    return found


def interval(values: list[float], draws: int = 2000) -> str:
    """The bootstrap interval of a mean."""
    rng = random.Random(0)
    means = sorted(fmean(rng.choices(values, k=len(values))) for _ in range(draws))
    return f"{means[round(0.025 * draws)]:.3f} to {means[round(0.975 * draws) - 1]:.3f}"


def main(argv: list[str] | None = None) -> int:
    settings = load_config(Settings, sys.argv[1:] if argv is None else argv)
    settings.folder.mkdir(parents=True, exist_ok=True)
    build(settings)
    held = records_of(settings, "held")
    random.Random(0).shuffle(held)
    held = held[: settings.tests]
    found: dict[str, list[list[dict[str, float]]]] = {name: [] for name in KINDS}
    for seed in range(1, settings.seeds + 1):
        run(settings, "unimumer", "tiny", f"output=outputs/tiny{seed}", "records=data/real/real.json", f"seed={seed}")
        for name in KINDS:
            run(
                settings, "llamafactory-cli", "train", str(ROOT / "recipes" / "smoke.yaml"), f"dataset={name}",
                f"model_name_or_path=outputs/tiny{seed}", f"output_dir=outputs/{name}{seed}",
                f"max_steps={settings.steps}", f"seed={seed}", "plot_loss=false",
            )  # fmt: skip
            found[name].append(measure(settings, settings.folder / f"outputs/{name}{seed}", held))
        rows = []
        for key, about in MEASURES.items():
            real, made = (
                [fmean(one[number][key] for one in found[name]) for number in range(len(held))] for name in KINDS
            )
            seeds = [", ".join(f"{fmean(row[key] for row in one):.3f}" for one in found[name]) for name in KINDS]
            differences = [b - a for a, b in zip(real, made, strict=True)]
            rows.append([about, f"{fmean(real):.3f}", f"{fmean(made):.3f}", interval(differences), *seeds])
        head = ["on held-out real ink", "real", "made", "made - real, 95 %", "real, each seed", "made, each seed"]
        print(f"{len(held)} samples, seeds so far: {seed}\n" + write_table(head, rows, "markdown"), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
