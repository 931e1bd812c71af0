"""The project's engines beside the bare call of the library under them, for the same pictures, in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

from unimumer_data.images import fit_pixels, load_image
from unimumer_data.tasks import TASKS
from unimumer_data.training.tiny import TinyConfig, make_tiny
from unimumer_eval.config import AskConfig, Sampling
from unimumer_eval.engines.base import Predictor, Request

from .setting import Row, Setting, sample_pictures

PROMPT = TASKS["vanilla"].instruction
PIXELS = 262144
# of about 0.4 billion parameters: the smaller the model, the more the engine's own work shows
LARGE = {
    "hidden_size": 1024, "heads": 16, "key_value_heads": 2, "layers": 24, "intermediate_size": 4096,
    "vision_hidden_size": 768, "vision_heads": 12, "vision_layers": 12,
}  # fmt: skip


def ask_config(engine: str, setting: Setting, **keys: Any) -> AskConfig:
    """Settings of an engine with a random model, which is made if it is not there."""
    folder = setting.folder / "model"
    if not (folder / "config.json").exists():
        make_tiny(TinyConfig(output=folder, initializer_range=0.02, **({} if setting.tiny else LARGE)))
    return AskConfig(engine=engine, model=str(folder), batch_size=8 if setting.tiny else 64, **keys)


def sampling(setting: Setting) -> Sampling:
    """Greedy, of a bounded length: a random model does not come to an end."""
    return Sampling(max_tokens=8 if setting.tiny else 128, logprobs=False)


def pictures(setting: Setting) -> list[Path]:
    """The bundled sample's, several times where there is time for it."""
    found = sample_pictures(setting.folder)
    return found[:16] if setting.tiny else found * 8


def loaded(files: Sequence[Path]) -> list[Image.Image]:
    """What the bare call gets: decoded and scaled."""
    return [fit_pixels(load_image(file), PIXELS, 1024) for file in files]


def compare(setting: Setting, engine: Predictor, bare: Callable[[list[Image.Image]], object]) -> Iterator[Row]:
    """Pictures a second of the bare call and of the engine, which opens and scales the files too; rounds in turn."""
    files = pictures(setting)
    images = loaded(files)
    settings = sampling(setting)

    def ours() -> None:
        requests = (Request(index=i, image=file, prompt=PROMPT) for i, file in enumerate(files))
        failed = [answer.failure for answer in engine.predict(requests, settings) if answer.failure]
        if failed:
            raise RuntimeError(failed[0])

    bare(images), ours()  # the first calls compile and allocate
    rounds: list[tuple[float, float]] = []
    end = time.monotonic() + setting.share(1)
    while not rounds or time.monotonic() < end:
        rounds.append((_seconds(lambda: bare(images)), _seconds(ours)))
    shares = [100 * (mine / theirs - 1) for theirs, mine in rounds]
    theirs, mine = (len(files) / median(times) for times in zip(*rounds, strict=True))
    yield {"what": "bare generate", "pictures a second": theirs, "rounds": len(rounds)}
    yield {"what": "engine", "pictures a second": mine, "rounds": len(rounds), "overhead %": median(shares)}


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
