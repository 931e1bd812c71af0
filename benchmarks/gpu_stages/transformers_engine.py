"""What this project's transformers engine costs beside `model.generate`.

The bare call gets pictures that are decoded already. A random model of 0.4 billion parameters, 128 new tokens, batches
of 64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unimumer_eval.config import AskConfig

from .setting import Row, Setting


def run(setting: Setting) -> Iterator[Row]:
    """Rows of the bare call, of the engine, and what they come to."""
    try:
        import torch
        from transformers import AutoProcessor, GenerationConfig

        from unimumer_eval.engines.prompting import prompter
        from unimumer_eval.engines.transformers import TransformersEngine

        from . import engines
    except ImportError as error:
        yield {"what": "engine", "note": f"not installed: {error}"}
        return
    config: AskConfig = engines.ask_config("transformers", setting)
    engine = TransformersEngine(config)
    model = engine.model
    processor = AutoProcessor.from_pretrained(config.model)
    processor.tokenizer.padding_side = "left"
    text = prompter(processor, config)(engines.PROMPT)
    settings = GenerationConfig(
        max_new_tokens=engines.sampling(setting).max_tokens,
        do_sample=False,
        eos_token_id=model.generation_config.eos_token_id,
        pad_token_id=processor.tokenizer.pad_token_id,
    )

    def bare(images: list[Any]) -> None:
        size = config.batch_size or 1
        for start in range(0, len(images), size):
            part = images[start : start + size]
            inputs = processor(text=[text] * len(part), images=part, padding=True, return_tensors="pt")
            with torch.no_grad():
                model.generate(**inputs.to(model.device), generation_config=settings)

    yield from engines.compare(setting, engine, bare)
