"""What this project's vLLM engine costs beside `LLM.generate`.

The bare call gets pictures that are decoded already. A random model of 0.4 billion parameters, 128 new tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .setting import Row, Setting


def run(setting: Setting) -> Iterator[Row]:
    """Rows of the bare call, of the engine, and what they come to."""
    from unimumer_data.errors import EngineError

    try:
        from unimumer_eval.engines.prompting import prompter
        from unimumer_eval.engines.vllm import VllmEngine, load_processor, sampling_params

        from . import engines

        config = engines.ask_config("vllm", setting)
        engine = VllmEngine(config)
    except (ImportError, EngineError) as error:
        yield {"what": "engine", "note": f"not installed, or cannot start: {error}"}
        return
    text = prompter(load_processor(config), config)(engines.PROMPT)
    params = sampling_params(engines.sampling(setting))

    def bare(images: list[Any]) -> None:
        prompts = [{"prompt": text, "multi_modal_data": {"image": image}} for image in images]
        engine.llm.generate(prompts, params, use_tqdm=False)

    yield from engines.compare(setting, engine, bare)
