"""What LLaMA-Factory would find only when the GPUs are running, or never: `unimumer doctor RECIPE`."""

from .findings import Finding, Findings
from .recipe import Recipe, read_recipe

__all__ = ["Finding", "Findings", "Recipe", "read_recipe"]
