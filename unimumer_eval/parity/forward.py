"""One forward pass of a transformers model over prompt and label, watched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def forward(model: Any, inputs: Mapping[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.int64] | None]:
    """Log-probabilities, and the positions that the language model was given.

    Args:
        model: of transformers, with a picture or without.
        inputs: of one sequence of T tokens.

    Returns:
        ``[T, vocabulary]``, the row of a token being what comes after it; and ``[3, T]``, None where the model takes
        plain positions.
    """
    import torch

    seen: list[Any] = []
    language = next(module for name, module in model.named_modules() if name.endswith("language_model"))
    hook = language.register_forward_pre_hook(
        lambda _module, _args, given: seen.append(given.get("position_ids")), with_kwargs=True
    )
    try:
        with torch.no_grad():
            logits = model(**inputs, use_cache=False).logits[0]
    finally:
        hook.remove()
    logprobs = torch.log_softmax(logits.double(), dim=-1).cpu().numpy()
    positions = seen[0] if seen else None
    if positions is None or positions.dim() != 3:
        return logprobs, None
    return logprobs, positions[-3:, 0].cpu().numpy()  # some models put the place in the text before the three


def chosen(logprobs: NDArray[np.float64], ids: NDArray[np.int64], start: int) -> NDArray[np.float64]:
    """Log-probability of each token from ``start`` on."""
    return logprobs[np.arange(start - 1, len(ids) - 1), ids[start:]]
