"""What every stage gets, and what they share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

TINY_SECONDS = 3.0  # of a part, where it shall only be seen to run
Row = dict[str, Any]
"""A line of the stage's table: ``what``, figures, and ``note`` where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a stage gets.

    Args:
        device: cuda or cpu.
        tiny: show that it runs, on small models.
        seconds: that the stage may take.
        folder: for its files.
        corpus: folder of CROHME's ink; may be missing.
    """

    device: str
    tiny: bool
    seconds: float
    folder: Path
    corpus: Path

    def share(self, parts: int) -> float:
        """Seconds for each of so many parts of the stage."""
        return min(TINY_SECONDS, self.seconds / parts) if self.tiny else self.seconds / parts


def cases(
    setting: Setting, names: Sequence[str], measure: Callable[[str, Setting], Row], *, on_cpu: Sequence[str]
) -> Iterator[Row]:
    """Measure each case in a process of its own, so that memory is its own and a crash costs no other case.

    Args:
        setting: of the stage.
        names: of the cases.
        measure: gives the figures of a case.
        on_cpu: the cases that a CPU can run.
    """
    end = time.monotonic() + setting.seconds
    for name in names:
        if setting.device == "cpu" and name not in on_cpu:
            yield {"what": name, "note": "on a GPU only"}
            continue
        if time.monotonic() > end:
            yield {"what": name, "note": "no time left"}
            continue
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                yield {"what": name, **pool.submit(guarded, measure, name, setting).result()}
            except BrokenProcessPool:
                yield {"what": name, "note": "its process died, mostly for lack of memory"}


def guarded(measure: Callable[[str, Setting], Row], name: str, setting: Setting) -> Row:
    """What a case measures, or why it does not."""
    try:
        return measure(name, setting)
    except ImportError as error:
        return {"note": f"not installed: {_brief(error)}"}
    except (RuntimeError, ValueError, OSError) as error:  # torch's out-of-memory error is a RuntimeError
        return {"note": f"{type(error).__name__}: {_brief(error)}"}


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:160]


def sample_pictures(folder: Path) -> list[Path]:
    """The pictures of the bundled sample, drawn into the folder."""
    from unimumer_data.build.command import main as build

    with redirect_stdout(StringIO()):
        build([f"output={folder}"])
    return sorted((folder / "data" / "sample" / "images").iterdir())
