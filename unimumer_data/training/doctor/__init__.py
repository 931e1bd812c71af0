"""What LLaMA-Factory would find only when the GPUs are running, or never: `unimumer doctor RECIPE`."""

from ..recipe import Recipe, read_recipe
from .findings import Finding, Findings

__all__ = ["Finding", "Findings", "Recipe", "read_recipe"]
