"""Run the project's commands as a user would, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MINUTES = 15 * 60
ABORTED_AT_EXIT = ("terminate called without an active exception", "Signal 6 (SIGABRT)")
"""Said by one of several processes on CPU, or by torchrun of it, now and then on a busy machine, when all its work is
done: threads of gloo outlive the interpreter (pytorch/pytorch#179291)."""


class AbortedAtExit(AssertionError):
    """A command ended in `ABORTED_AT_EXIT`."""


@dataclass(frozen=True)
class Workshop:
    """Runs the project's commands in a folder of its own, as a user would in the checkout."""

    folder: Path

    def run(self, *command: str | Path, cwd: Path | None = None, **environment: str) -> str:
        """Run a command, in this folder if no other is named; its output.

        Raises:
            AbortedAtExit: one of its processes failed in that way.
            AssertionError: it failed in another; with the end of its output.
        """
        variables = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore", **environment}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd or self.folder,
            env={**os.environ, "PATH": path, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=MINUTES,
        )
        if done.returncode:
            kind = AbortedAtExit if any(words in done.stdout for words in ABORTED_AT_EXIT) else AssertionError
            raise kind(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}")
        return done.stdout

    def python(self, *words: str | Path) -> str:
        return self.run(sys.executable, *words)

    def train(self, recipe: str, *words: str, **environment: str) -> str:
        """``llamafactory-cli train`` as the recipe stands, with ``key=value`` words."""
        return self.launch("llamafactory-cli", "train", ROOT / recipe, *words, **environment)

    def launch(self, *command: str | Path, **environment: str) -> str:
        """Run a training that may have several processes; once more if one of them died while it ended."""
        try:
            return self.run(*command, **environment)
        except AbortedAtExit:
            return self.run(*command, **environment)

    def read(self, path: str) -> Any:
        return json.loads((self.folder / path).read_text(encoding="utf-8"))

    def register(self, name: str, records: list[dict[str, Any]], like: str = "sample") -> None:
        """Write a record file and its entry of this folder's dataset_info.json, of the form of another set."""
        entries = self.read("dataset_info.json")
        entries[name] = {**entries[like], "file_name": f"data/{name}.json"}
        for path, content in {f"data/{name}.json": records, "dataset_info.json": entries}.items():
            (self.folder / path).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
