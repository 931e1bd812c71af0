"""How much memory a GPU needs, by formula, before one is rented.

Model states: mixed-precision Adam keeps 2 bytes of weights, 2 of gradients and 12 of optimizer state a parameter;
ZeRO-1 shares the last among N GPUs, ZeRO-2 the gradients too, ZeRO-3 all (Rajbhandari et al., arXiv 1910.02054,
Sec. 3 and 5). With offload, optimizer and gradients are in the machine's memory; ZeRO-3 gathers the largest layer,
4 bytes a parameter, as DeepSpeed's own estimator has it. Activations with checkpointing: 2 bytes a hidden value at
each layer's input, plus one layer's own 34 s b h (Korthikanti et al., arXiv 2205.05198, Eq. 2, with attention that
does not store its matrix); the logits in float32 and their gradient are the largest single tensor. Framework and
fragmentation are not in it: allow 2-4 GB. docs/doctor.md compares the formulas with what others say and measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..recipe import Recipe
from .findings import Findings, count_of, gigabytes

# Sizes of config.json of the models that the recipes name, for machines without the hub.
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "qwen2.5-vl-3b": {
        "hidden_size": 2048, "num_hidden_layers": 36, "intermediate_size": 11008, "num_attention_heads": 16,
        "num_key_value_heads": 2, "vocab_size": 151936, "tie_word_embeddings": True,
        "vision_config": {"hidden_size": 1280, "depth": 32, "intermediate_size": 3420, "out_hidden_size": 2048},
    },
    "qwen2.5-vl-7b": {
        "hidden_size": 3584, "num_hidden_layers": 28, "intermediate_size": 18944, "num_attention_heads": 28,
        "num_key_value_heads": 4, "vocab_size": 152064, "tie_word_embeddings": False,
        "vision_config": {"hidden_size": 1280, "depth": 32, "intermediate_size": 3420, "out_hidden_size": 3584},
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes on one GPU."""

    weights: float
    gradients: float
    optimizer: float
    activations: float

    @property
    def total(self) -> float:
        return self.weights + self.gradients + self.optimizer + self.activations


def shape_of(name: str, config: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The model's sizes: its own config.json, else the table above, else None."""
    if config is not None:
        return {**config, **(config.get("text_config") or {})}
    return next((shape for part, shape in SHAPES.items() if part in name.lower()), None)


def built_parameters(name: str) -> int | None:
    """Parameters (pieces) of a model whose config.json is on this machine, built without memory by transformers.

    None where transformers is not installed or cannot build it.
    """
    try:
        import torch
        from transformers import AutoConfig, AutoModelForImageTextToText
    except ImportError:
        return None
    try:
        config = AutoConfig.from_pretrained(name, local_files_only=True)
        with torch.device("meta"):
            model = AutoModelForImageTextToText.from_config(config)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return None
    return int(sum(weight.numel() for weight in model.parameters()))


def count_parameters(shape: Mapping[str, Any]) -> int:
    """Parameters (pieces) of a Qwen2.5-VL of these sizes, vision tower and merger included."""
    hidden, layers = shape["hidden_size"], shape["num_hidden_layers"]
    inner, heads, pairs = shape["intermediate_size"], shape["num_attention_heads"], shape["num_key_value_heads"]
    side = hidden // heads
    attention = hidden * (heads + 2 * pairs) * side + (heads + 2 * pairs) * side + heads * side * hidden
    layer = attention + 3 * hidden * inner + 2 * hidden
    embeddings = shape["vocab_size"] * hidden * (1 if shape.get("tie_word_embeddings") else 2)
    vision = shape["vision_config"]
    width, depth, mlp = vision["hidden_size"], vision["depth"], vision["intermediate_size"]
    patch = (
        vision.get("patch_size", 14) ** 2 * vision.get("temporal_patch_size", 2) * vision.get("in_channels", 3) * width
    )
    block = 4 * width * width + 4 * width + 3 * width * mlp + 2 * mlp + width + 2 * width
    merged = width * vision.get("spatial_merge_size", 2) ** 2
    merger = width + merged * merged + merged + merged * vision["out_hidden_size"] + vision["out_hidden_size"]
    return int(layers * layer + hidden + embeddings + patch + depth * block + merger)


def estimate(
    parameters: int,
    shape: Mapping[str, Any],
    *,
    stage: int,
    gpus: int,
    batch: int,
    tokens: int,
    trained: float = 1.0,
    offload: bool = False,
    checkpointing: bool = True,
    weight_bytes: float = 2.0,
) -> Memory:
    """Bytes on each of ``gpus`` GPUs.

    Args:
        parameters: of the whole model.
        shape: sizes as in config.json.
        stage: of ZeRO, 0 to 3.
        gpus: N, over which ZeRO shares.
        batch: sequences a GPU handles at once.
        tokens: length of the longest sequence.
        trained: share of the parameters that are trained (LoRA: about 0.01).
        offload: optimizer states and gradients on the CPU.
        checkpointing: activations are computed again in the backward pass.
        weight_bytes: a parameter; 2 in bf16, 0.5 in 4 bits.
    """
    share = {0: (1, 1, 1), 1: (1, 1, gpus), 2: (1, gpus, gpus), 3: (gpus, gpus, gpus)}[stage]
    hidden, layers, vocabulary = shape["hidden_size"], shape["num_hidden_layers"], shape["vocab_size"]
    one_layer = 34 * tokens * batch * hidden
    kept = 2 * tokens * batch * hidden * layers + one_layer if checkpointing else layers * one_layer
    logits = tokens * batch * vocabulary * (4 + 4)
    return Memory(
        weights=weight_bytes * parameters / share[0] + (4 * vocabulary * hidden if stage == 3 else 0),
        gradients=0 if offload else 2 * trained * parameters / share[1],
        optimizer=0 if offload else 12 * trained * parameters / share[2],
        activations=kept + logits,
    )


def check_memory(
    recipe: Recipe,
    shape: Mapping[str, Any],
    findings: Findings,
    *,
    gpus: int,
    tokens: int,
    gpu_memory: float | None,
    parameters: int | None = None,
) -> None:
    """Estimate for the recipe; an error where it exceeds ``gpu_memory`` (GB).

    Args:
        parameters: of the model, by `built_parameters`; None reckons them from ``shape``.
    """
    values = recipe.values
    parameters = parameters or count_parameters(shape)
    zero = recipe.deepspeed.get("zero_optimization") or {}
    memory = estimate(
        parameters,
        shape,
        stage=recipe.zero_stage,
        gpus=gpus,
        batch=recipe.count("per_device_train_batch_size", 8),
        tokens=tokens,
        trained=recipe.trained_share,
        offload=bool(zero.get("offload_optimizer")),
        checkpointing=not values.get("disable_gradient_checkpointing"),
        weight_bytes=values["quantization_bit"] / 8 if isinstance(values.get("quantization_bit"), int) else 2.0,
    )
    machine = "CPU" if values.get("use_cpu") else f"each of {count_of(gpus, 'GPU')}" if gpus > 1 else "1 GPU"
    zero_stage = f" with ZeRO-{recipe.zero_stage}" if recipe.zero_stage else ""
    text = (
        f"{_size(parameters)} parameters{zero_stage} on {machine}: about "
        f"{gigabytes(memory.total)} (weights {gigabytes(memory.weights)}, "
        f"gradients {gigabytes(memory.gradients)}, optimizer {gigabytes(memory.optimizer)}, "
        f"activations {gigabytes(memory.activations)})"
    )
    if gpu_memory is not None and memory.total > gpu_memory * 1e9:
        cure = "a smaller per_device_train_batch_size, deepspeed: recipes/deepspeed/zero3_offload.json, or more GPUs"
        findings.add("error", "memory", f"{text}; there are {gpu_memory:g} GB", cure)
    else:
        findings.add("note", "memory", text)


def _size(parameters: int) -> str:
    return f"{parameters / 1e9:.2f} billion" if parameters >= 1e8 else f"{parameters / 1e6:.2f} million"
