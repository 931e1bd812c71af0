"""What a training step takes beside what the doctor estimates.

One optimizer step of a random Qwen2.5-VL-3B, made on the spot from its sizes, on one record of 1,024 tokens with
activation checkpointing, each method in a process of its own. Full and LoRA as LLaMA-Factory trains without
DeepSpeed: what is trained in float32, autocast to bfloat16. Beside it what `unimumer doctor` estimates.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from unimumer_data.training.doctor.memory import count_parameters, estimate

from .setting import Row, Setting, cases

CASES = ("full", "LoRA", "QLoRA", "ZeRO-2", "ZeRO-3, offload")
TOKENS = 1024
LORA_SHARE = 0.01  # of the parameters, as the doctor has it
Step = Callable[[dict[str, Any]], None]


def run(setting: Setting) -> Iterator[Row]:
    """A row a method."""
    yield from cases(setting, CASES, measure, on_cpu=CASES[:2])


def measure(name: str, setting: Setting) -> Row:
    """Peak memory of a step, GB; on a CPU the growth of the process."""
    from .models import TINY, padded, random_records, shape

    makers = {"full": _full, "LoRA": _lora, "QLoRA": _qlora, "ZeRO-2": _zero, "ZeRO-3, offload": _zero}
    if setting.device == "cpu":  # the libraries' own memory comes with the first step
        model, step = _full(name, {**TINY, "num_hidden_layers": 1}, setting.device)
        step(padded(model, random_records(model, 1, tokens=TOKENS)))
    before, sizes = _peak(setting.device), shape(setting.tiny)
    model, step = makers[name](name, sizes, setting.device)
    step(padded(model, random_records(model, 1, tokens=TOKENS)))
    measured = (_peak(setting.device) - before) / 1e9
    memory = estimate(
        count_parameters(sizes),
        sizes,
        stage=int(name[5]) if name.startswith("ZeRO") else 0,
        gpus=1,
        batch=1,
        tokens=TOKENS,
        trained=LORA_SHARE if "LoRA" in name else 1.0,
        offload="offload" in name,
        weight_bytes=0.5 if name == "QLoRA" else 2.0,
    )
    expected = memory.total / 1e9
    return {"measured GB": measured, "doctor GB": expected, "measured / doctor": measured / expected}


def _full(name: str, sizes: Mapping[str, Any], device: str) -> tuple[Any, Step]:
    import torch

    from .models import random_model

    model = random_model(sizes, device, torch.float32)
    return model, _stepper(model, model)


def _lora(name: str, sizes: Mapping[str, Any], device: str) -> tuple[Any, Step]:
    import torch

    from .models import random_model

    model = random_model(sizes, device, torch.bfloat16)
    return model, _stepper(model, _with_adapter(model))


def _qlora(name: str, sizes: Mapping[str, Any], device: str) -> tuple[Any, Step]:
    import torch
    from bitsandbytes.nn import Linear4bit, Params4bit

    from .models import random_model

    model = random_model(sizes, "cpu", torch.bfloat16)
    linears = [(module, key, one) for module in model.model.modules() for key, one in module.named_children()
               if isinstance(one, torch.nn.Linear)]  # fmt: skip
    for module, key, one in linears:
        four = Linear4bit(
            one.in_features, one.out_features, one.bias is not None, compute_dtype=torch.bfloat16, quant_type="nf4"
        )
        four.weight = Params4bit(one.weight.data, requires_grad=False, quant_type="nf4")
        four.bias = one.bias
        setattr(module, key, four)
    model.to(device)  # which makes four bits of the weights
    return model, _stepper(model, _with_adapter(model))


def _with_adapter(model: Any) -> Any:
    from peft import LoraConfig, get_peft_model

    model.enable_input_require_grads()
    return get_peft_model(model, LoraConfig(r=16, target_modules="all-linear"))


def _stepper(model: Any, trained: Any) -> Step:
    import torch

    model.gradient_checkpointing_enable()
    trained.train()
    weights = [weight for weight in trained.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, foreach=False)

    def step(batch: dict[str, Any]) -> None:
        with torch.autocast(model.device.type, torch.bfloat16):
            loss = trained(**batch).loss
        loss.backward()
        optimizer.step()

    return step


def _zero(name: str, sizes: Mapping[str, Any], device: str) -> tuple[Any, Step]:
    import deepspeed
    import torch

    from .models import random_model

    alone = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29531"}
    os.environ.update(alone)
    offload = {"offload_optimizer": {"device": "cpu"}, "offload_param": {"device": "cpu"}} if "offload" in name else {}
    model = random_model(sizes, "cpu" if offload else device, torch.bfloat16)
    model.gradient_checkpointing_enable()
    model.train()
    engine, *_ = deepspeed.initialize(
        model=model,
        optimizer=torch.optim.AdamW(model.parameters(), foreach=False),
        config={
            "train_micro_batch_size_per_gpu": 1,
            "bf16": {"enabled": True},
            "zero_optimization": {"stage": int(name[5]), **offload},
            "zero_force_ds_cpu_optimizer": False,  # its own is compiled for minutes
        },
    )

    def step(batch: dict[str, Any]) -> None:
        placed = {key: value if value is None else value.to(device) for key, value in batch.items()}
        engine.backward(engine(**placed).loss)
        engine.step()

    return model, step


def _peak(device: str) -> float:
    """Most memory so far, bytes."""
    if device == "cpu":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    import torch

    return torch.cuda.max_memory_allocated()
