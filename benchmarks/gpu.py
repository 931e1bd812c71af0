"""What only a GPU can show, in one command: it fills docs/gpu.md from one run on one card.

    python benchmarks/gpu.py minutes=20
    python benchmarks/gpu.py device=cpu scale=tiny minutes=4 output=gpu.md    # does each stage run?

Each stage of gpu_stages/ is a process of its own with a share of the time. A missing package costs the rows that need
it, a crash those of its stage; what was measured is in the page after each stage, and in the .jsonl file beside it
after each row. vLLM's stages run in the environment of `make vllm-env` where this one has no vLLM.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]  # a bare machine has this project as a folder only

from gpu_stages.setting import Row, Setting  # noqa: E402

from unimumer_data.errors import ConfigError  # noqa: E402
from unimumer_data.support.commandline import keys_of, read_words, run_command  # noqa: E402
from unimumer_data.support.config import load_config, option  # noqa: E402
from unimumer_data.support.files import write_whole  # noqa: E402

PAGE = ROOT / "docs" / "gpu.md"
MARKS = ("<!-- figures: python benchmarks/gpu.py -->\n", "<!-- end of figures -->\n")
PACKAGES = ("torch", "transformers", "peft", "deepspeed", "bitsandbytes", "flash-attn", "liger-kernel", "vllm")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its module in gpu_stages/, its heading, its share of the time, and whether it is vLLM's."""

    module: str
    title: str
    share: float
    vllm: bool = False


STAGES = (
    Stage("memory", "Memory of a training step", 0.25),
    Stage("training", "Speed of training", 0.2),
    Stage("transformers_engine", "The transformers engine beside bare generate", 0.1),
    Stage("vllm_engine", "The vLLM engine beside bare generate", 0.1, vllm=True),
    Stage("encoder_graphs", "CUDA graphs of vLLM's vision encoder", 0.15, vllm=True),
    Stage("scratch", "A small model trained from scratch", 0.2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuConfig:
    """Keys of the benchmark."""

    minutes: float = option(20.0, "that all stages together may take")
    device: Literal["cuda", "cpu"] = option("cuda", "what to measure")
    scale: Literal["full", "tiny"] = option("full", "tiny only shows that every stage runs")
    stages: tuple[str, ...] = option(tuple(stage.module for stage in STAGES), "which stages")
    output: Path = option(PAGE, "page to write; its figures are replaced, its words stay")
    corpus: Path = option(
        ROOT.parent / "shared" / "data" / "crohme-inkml",
        "folder with TrainINKML and TestEM2014GT of CROHME, for the model trained from scratch; without it that "
        "learns the bundled sample",
    )
    child: str = option("", "used by the benchmark itself: the stage to run in this process")

    def __post_init__(self) -> None:
        wrong = [name for name in self.stages if name not in {stage.module for stage in STAGES}]
        if wrong:
            raise ConfigError(f"no stage {wrong[0]!r}; known: {', '.join(stage.module for stage in STAGES)}")
        if self.device == "cpu" and self.output == PAGE:
            raise ConfigError("docs/gpu.md is for figures of a GPU; with device=cpu name another output=")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 0 when every stage has ended by itself or with its time."""
    words = read_words("benchmarks/gpu.py", __doc__, argv, keys=keys_of(GpuConfig))
    return run_command(lambda: _run(load_config(GpuConfig, words), list(words)))


def _run(config: GpuConfig, words: Sequence[str]) -> int:
    rows_file = config.output.absolute().with_suffix(".jsonl")
    if config.child:
        return _run_stage(config, rows_file)
    if config.device == "cuda" and not _has_gpu():
        raise ConfigError("there is no GPU here; device=cpu scale=tiny output=FILE shows that the stages run")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # the stage at work ends, too
    rows_file.parent.mkdir(parents=True, exist_ok=True)
    rows_file.write_text("", encoding="utf-8")
    stages = [stage for stage in STAGES if stage.module in config.stages]
    total = sum(stage.share for stage in stages)
    failed = 0
    for stage in stages:
        seconds = 60 * config.minutes * stage.share / total
        print(f"{stage.module}: up to {seconds:.0f} s", flush=True)
        failed += _spawn(stage, seconds, words, rows_file)
        _write_page(config, rows_file)
    print(f"{config.output}: {len(_rows(rows_file))} rows", flush=True)
    return 1 if failed else 0


def _has_gpu() -> bool:
    if any(Path("/dev").glob("nvidia[0-9]*")):
        return True
    if find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


def _spawn(stage: Stage, seconds: float, words: Sequence[str], rows_file: Path) -> int:
    """Run a stage in a process of its own; 1 if it crashed. What it had measured by then stays."""
    command = [_python(stage), __file__, *words, f"child={stage.module}", f"minutes={seconds / 60}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        _, errors = process.communicate(timeout=1.5 * seconds + 60)  # a stage watches its own time first
        note = errors.strip().splitlines()[-1][:200] if process.returncode and errors.strip() else ""
    except subprocess.TimeoutExpired:
        note = "stopped: its time was over"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()
    if process.returncode == 0:
        return 0
    _append(rows_file, {"stage": stage.module, "what": "the rest", "note": note or f"exit {process.returncode}"})
    print(f"{stage.module}: {note}", file=sys.stderr, flush=True)
    return 0 if note.startswith("stopped") else 1


def _python(stage: Stage) -> str:
    """This interpreter, or for vLLM's stages that of its environment where only that has vLLM."""
    other = Path(os.environ.get("UNIMUMER_ENVS") or ROOT / ".venv") / "vllm" / "bin" / "python"
    return str(other) if stage.vllm and find_spec("vllm") is None and other.exists() else sys.executable


def _run_stage(config: GpuConfig, rows_file: Path) -> int:
    """In the process of a stage: write its rows as they come."""
    folder = rows_file.with_suffix("") / config.child
    folder.mkdir(parents=True, exist_ok=True)
    setting = Setting(
        device=config.device,
        tiny=config.scale == "tiny",
        seconds=60 * config.minutes,
        folder=folder,
        corpus=config.corpus.absolute(),
    )
    for row in import_module(f"gpu_stages.{config.child}").run(setting):
        _append(rows_file, {"stage": config.child, **row})
    return 0


def _append(rows_file: Path, row: Row) -> None:
    with rows_file.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _rows(rows_file: Path) -> list[Row]:
    return [json.loads(line) for line in rows_file.read_text(encoding="utf-8").splitlines()]


def _write_page(config: GpuConfig, rows_file: Path) -> None:
    text = config.output.read_text(encoding="utf-8") if config.output.exists() else f"# GPU\n\n{''.join(MARKS)}"
    before, _, rest = text.partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    body = [_machine(config)]
    rows = _rows(rows_file)
    for stage in STAGES:
        found = [row for row in rows if row["stage"] == stage.module]
        if found:
            about = (import_module(f"gpu_stages.{stage.module}").__doc__ or "").strip().partition("\n\n")[2]
            body.append(f"### {stage.title}\n\n{about}\n\n{_table(found)}")
    figures = "\n".join(body)
    write_whole(config.output, f"{before}{MARKS[0]}\n{figures}\n{MARKS[1]}{after}")


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row if name not in ("stage", "note")))
    names += ["note"] if any("note" in row for row in rows) else []
    lines = [names, ["---"] * len(names), *[[_cell(row.get(name)) for name in names] for row in rows]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:,.2f}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def _machine(config: GpuConfig) -> str:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    card = platform.processor() or platform.machine()
    if config.device == "cuda":
        import torch

        card = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    size = "" if config.scale == "full" else " Models are tiny: nothing here is a figure to cite."
    return f"{config.device}, {card}; {config.minutes:g} minutes; {', '.join(found)}.{size}\n"


if __name__ == "__main__":
    sys.exit(main())
