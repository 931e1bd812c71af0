"""The text that a model is given, written by its own chat template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

from unimumer_data.errors import EngineError
from unimumer_eval.config import AskConfig


def prompter(processor: Any, config: AskConfig) -> Callable[[str], str]:
    """`chat_prompt` of a model and a configuration; remembers, since most samples are asked the same."""
    write = partial(chat_prompt, processor, system=config.system, template_args=config.template_args)
    return lru_cache(maxsize=16)(write)


def chat_prompt(processor: Any, prompt: str, *, system: str | None, template_args: dict[str, Any]) -> str:
    """The text of a conversation with one picture, written by the model's own chat template.

    Args:
        processor: a transformers processor.
        prompt: the human turn; the picture comes directly before it, as LLaMA-Factory trains it.
        system: None leaves the system turn to the template.

    Raises:
        EngineError: the model has no chat template.
    """
    if not (getattr(processor, "chat_template", None) or processor.tokenizer.chat_template):
        raise EngineError("the model has no chat template; add the chat_template.jinja of the model it was tuned from")
    user = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": prompt}]}
    turns: Sequence[dict[str, Any]] = [user] if system is None else [_system(system), user]
    text: str = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **template_args)
    return text


def _system(text: str) -> dict[str, Any]:
    return {"role": "system", "content": [{"type": "text", "text": text}]}
