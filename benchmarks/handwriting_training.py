"""A tiny model from scratch on made ink, and one on the real ink of the same formulas; both read other real ink.

    python benchmarks/handwriting_training.py train=../shared/data/crohme-inkml/TrainINKML \
        test=../shared/data/crohme-inkml/TestEM2014GT bank=data/banks/crohme folder=/tmp/compared

The same steps, batch, order of formulas and start; only the ink differs. Test formulas may occur in training, in both
sets alike. Needs the training environment. What it prints last is `unimumer compare`, with intervals.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import write_whole

ROOT = Path(__file__).resolve().parents[1]
PIXELS = 16384


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    train: Path = option(about="InkML of the training formulas")
    test: Path = option(about="InkML that both models read")
    bank: Path = option(about="bank of handwriting")
    folder: Path = option(about="where everything is written")
    formulas: int = option(2000, "training formulas")
    copies: int = option(1, "made inks of each formula")
    tests: int = option(200, "test inks")
    steps: int = option(800, "training steps of 12 records")
    seed: int = option(1, "random seed")


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


def main(argv: list[str] | None = None) -> int:
    settings = load_config(Settings, sys.argv[1:] if argv is None else argv)
    settings.folder.mkdir(parents=True, exist_ok=True)
    train, test, bank = (path.resolve() for path in (settings.train, settings.test, settings.bank))
    common = ["tasks=vanilla", f"image_max_pixels={PIXELS}", "workers=1", f"seed={settings.seed}", "guard=keep"]
    ink = ["source=crohme-inkml", *common]
    run(settings, "unimumer", "build", *ink, f"path={test}", "name=held", "split=test", f"limit={settings.tests}")
    run(settings, "unimumer", "build", *ink, f"path={train}", "name=real", f"limit={settings.formulas}")
    records = json.loads((settings.folder / "data/real/real.json").read_text(encoding="utf-8"))
    lines = [f"{Path(one['images'][0]).stem}\t{one['messages'][1]['value']}\n" for one in records]
    write_whole(settings.folder / "formulas.tsv", "".join(lines))
    options = f"options={{bank: {bank}, copies: {settings.copies}}}"
    run(settings, "unimumer", "build", "source=synth", *common, "path=formulas.tsv", "name=made", options)
    run(settings, "unimumer", "tiny", "output=outputs/tiny", "records=data/real/real.json")
    for name in ("real", "made"):
        run(
            settings, "llamafactory-cli", "train", str(ROOT / "recipes" / "smoke.yaml"), f"dataset={name}",
            f"output_dir=outputs/{name}", f"max_steps={settings.steps}", f"seed={settings.seed}", "plot_loss=false",
        )  # fmt: skip
        run(
            settings, "unimumer", "eval", "engine=transformers", f"model=outputs/{name}", "data=held",
            f"image_max_pixels={PIXELS}", "max_tokens=96", f"output=results/{name}",
        )  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "unimumer_data", "compare", "results/real", "results/made"],
        cwd=settings.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
