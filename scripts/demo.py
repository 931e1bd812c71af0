"""The whole path on the bundled sample: build, train a tiny model, predict, score.

    make demo                              in the checkout
    python scripts/demo.py /some/folder    all files go there

Run it with the Python of the training environment. It predicts with vLLM if that environment exists, else with
transformers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = Path(os.environ.get("UNIMUMER_ENVS") or ROOT / ".venv")
MODEL = "outputs/smoke"
RECORDS = "data/sample/sample.json"
MAX_PIXELS = "16384"  # as in recipes/smoke.yaml
# One thread: with more, so small a model trains many times slower on a busy machine.
QUIET = {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1"}


@dataclass(frozen=True)
class Step:
    """One command of the demo.

    Args:
        title: shown above it.
        command: program and arguments.
        show: regular expression of the lines worth seeing; the rest goes into the log file only.
        words: what to show of such a line, with groups of ``show``; all of it by default.
    """

    title: str
    command: Sequence[str]
    show: str = ".*"
    words: str = r"\g<0>"


class StepFailed(Exception):
    """The message is for the user."""


def steps(train: Path, predict: Path, engine: str) -> list[Step]:
    """The demo's commands: the same as in README.md.

    Args:
        train: Python of the training environment.
        predict: Python of the environment that holds ``engine``.
        engine: ``vllm`` or ``transformers``.
    """
    return [
        Step(
            title="build: ink -> pictures and records",
            command=[str(train), "-m", "unimumer_data.build"],
        ),
        Step(
            title="make a tiny random Qwen2.5-VL",
            command=[str(train), "-m", "unimumer_data", "tiny", "output=outputs/tiny", f"records={RECORDS}"],
            show=".*parameters.*",
        ),
        Step(
            title="train it with LLaMA-Factory",
            command=[str(train.with_name("llamafactory-cli")), "train", str(ROOT / "recipes" / "smoke.yaml")],
            show=r"'loss': '([\d.e-]+)'.*'epoch': '([\d.]+)'",
            words=r"epoch \2  loss \1",
        ),
        Step(
            title=f"predict with {engine} and score",
            command=[
                *(str(predict), str(ROOT / "eval" / "run.py"), f"engine={engine}", f"model={MODEL}"),
                *("data=sample,sample_test", f"image_max_pixels={MAX_PIXELS}", "max_tokens=256"),
                *("output=results/demo", "resume=false", "overwrite=true"),
            ],
            show=r"^(?!Triton|\[W|Loading).*",
        ),
    ]


def run(step: Step, folder: Path, environment: Mapping[str, str]) -> None:
    """Run a step in ``folder``, its output on screen and in ``outputs/demo.log``.

    Raises:
        StepFailed: with the end of its output.
    """
    log = folder / "outputs" / "demo.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: list[str] = []
    with (
        log.open("a", encoding="utf-8") as file,
        subprocess.Popen(
            step.command,
            cwd=folder,
            env=dict(environment),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        assert process.stdout
        for line in process.stdout:
            file.write(line)
            tail = [*tail[-20:], line]
            if match := re.search(step.show, line):
                print("  " + match.expand(step.words), flush=True)
    if process.returncode:
        raise StepFailed(f"{step.title}: failed\n{''.join(tail)}\nall of its output: {log}")


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    folder = Path(words[0]).resolve() if words else ROOT
    started = time.monotonic()
    try:
        train, predict, engine = Path(sys.executable), ENVIRONMENTS / "vllm" / "bin" / "python", "vllm"
        if not (predict.parent.parent / ".unimumer-stamp").is_file():
            predict, engine = train, "transformers"
        environment = {**os.environ, **QUIET, "PATH": f"{train.parent}{os.pathsep}{os.environ['PATH']}"}
        plan = steps(train, predict, engine)
        for number, step in enumerate(plan, 1):
            print(f"\n[{number}/{len(plan)}] {step.title}   ({time.monotonic() - started:.0f} s)", flush=True)
            run(step, folder, environment)
    except StepFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; run the same command again to start over", file=sys.stderr)
        return 1
    print(f"\ndone in {time.monotonic() - started:.0f} s; in {folder}:")
    print("sample was learned by heart; sample_test are other expressions, which so small a model cannot read.")
    print("  data/sample/      pictures and records       results/demo/report.html  what was read, sample by sample")
    print("  outputs/smoke/    the trained model          outputs/demo.log          everything the steps printed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
