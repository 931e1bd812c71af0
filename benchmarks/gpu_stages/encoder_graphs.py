"""Pictures a second of vLLM with and without CUDA graphs for the vision encoder.

With them: `engine_args={compilation_config: {cudagraph_mm_encoder: true}}`. A random model of 0.4 billion parameters,
128 new tokens.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from .setting import Row, Setting, cases

CASES = ("without", "with")


def run(setting: Setting) -> Iterator[Row]:
    """A row without and a row with graphs."""
    yield from cases(setting, CASES, measure, on_cpu=())


def measure(name: str, setting: Setting) -> Row:
    """Pictures a second."""
    from unimumer_data.errors import EngineError
    from unimumer_eval.engines.base import Request
    from unimumer_eval.engines.vllm import VllmEngine

    from . import engines

    graphs = {"compilation_config": {"cudagraph_mm_encoder": True}} if name == "with" else {}
    try:
        engine = VllmEngine(engines.ask_config("vllm", setting, engine_args=graphs))
    except EngineError as error:
        raise RuntimeError(str(error)) from error
    files = engines.pictures(setting)
    answered, seconds = 0, 0.0
    end = time.monotonic() + setting.share(len(CASES))
    for warm in (True, False):
        while not answered or time.monotonic() < end:
            begun = time.perf_counter()
            requests = (Request(index=i, image=file, prompt=engines.PROMPT) for i, file in enumerate(files))
            answers = sum(1 for _ in engine.predict(requests, engines.sampling(setting)))
            if warm:
                break
            answered, seconds = answered + answers, seconds + time.perf_counter() - begun
    return {"pictures a second": answered / seconds}
