"""Tokens a second of training, plain and packed.

Tokens of records (padding does not count) through forward, backward and a plain SGD step of a random Qwen2.5-VL-3B in
bfloat16 with activation checkpointing; records of unequal lengths, about 180 tokens each, drawn with seed 0.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from .setting import Row, Setting, cases

CASES = (
    "plain: batches of 4",
    "packed",
    "packed, FlashAttention-2",
    "packed, FlashAttention-2, Liger",
    "plain, Liger",
)
ROOM = {True: 1024, False: 4096}  # tokens of a packed sequence
WARM = 2  # steps that do not count
COUNT = 256  # records; they come again while there is time


def run(setting: Setting) -> Iterator[Row]:
    """A row a way of training."""
    yield from cases(setting, CASES, measure, on_cpu=CASES[:2])


def measure(name: str, setting: Setting) -> Row:
    """Tokens a second."""
    import torch

    from .models import fill, packed, padded, random_model, random_records, shape

    if "Liger" in name:
        from liger_kernel.transformers import apply_liger_kernel_to_qwen2_5_vl

        apply_liger_kernel_to_qwen2_5_vl()
    attention = "flash_attention_2" if "Flash" in name else "sdpa"
    dtype = torch.float32 if setting.device == "cpu" else torch.bfloat16
    model = random_model(shape(setting.tiny), setting.device, dtype, attn_implementation=attention)
    model.gradient_checkpointing_enable()
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6, foreach=False)
    records = random_records(model, 8 if setting.tiny else COUNT)
    if name.startswith("packed"):
        batches: list[Any] = [packed(model, one) for one in fill(records, ROOM[setting.tiny])]
    else:
        batches = [padded(model, records[start : start + 4]) for start in range(0, len(records), 4)]
    computed = sum(batch["input_ids"].numel() for batch in batches)
    real = sum(len(record["ids"]) for record in records)

    steps, seconds, tokens = 0, 0.0, 0.0
    end = time.monotonic() + setting.share(len(CASES))
    while steps < WARM + 2 or time.monotonic() < end:
        batch = batches[steps % len(batches)]
        begun = time.perf_counter()
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if setting.device == "cuda":
            torch.cuda.synchronize()
        steps += 1
        if steps > WARM:
            seconds += time.perf_counter() - begun
            tokens += batch["input_ids"].numel() * real / computed
    return {
        "tokens a second": round(tokens / seconds),
        "padding %": 100 * (1 - real / computed),
        "steps": steps - WARM,
    }
