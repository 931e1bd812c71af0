"""The doctor's memory estimates beside DeepSpeed's own estimator and beside a real process.

    OMP_NUM_THREADS=1 python benchmarks/memory.py

Prints model states per GPU for Qwen2.5-VL-3B by ZeRO stage and number of GPUs, ours and DeepSpeed's; then, for random
models of growing size trained on the CPU in float32, the growth of the process against the formula for float32 (4
bytes of weights, 4 of gradients, 8 of Adam's moments a parameter).
"""

from __future__ import annotations

import resource
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO

from unimumer_data.training.doctor.memory import SHAPES, count_parameters, estimate

SHAPE = SHAPES["qwen2.5-vl-3b"]
SIZES = (256, 384, 512)


def main() -> int:
    """Print both tables."""
    parameters = count_parameters(SHAPE)
    print(f"Qwen2.5-VL-3B, {parameters / 1e9:.3f} billion parameters: model states on a GPU, GB")
    print(f"{'stage':>9} {'GPUs':>5} {'doctor':>8} {'DeepSpeed':>10} {'ratio':>6}")
    for stage, offload in ((2, False), (2, True), (3, False), (3, True)):
        for gpus in (1, 4, 8):
            own = estimate(parameters, SHAPE, stage=stage, gpus=gpus, batch=0, tokens=0, offload=offload).total / 1e9
            theirs = _deepspeed(parameters, stage, gpus, offload)
            name = f"{stage}{' offload' if offload else ''}"
            print(f"{name:>9} {gpus:5} {own:8.1f} {theirs:10.1f} {own / theirs:6.2f}")
    print("\nreal process, CPU, float32 AdamW, one step (MB)")
    print(f"{'hidden':>9} {'parameters':>11} {'measured':>9} {'formula':>8} {'ratio':>6}")
    for hidden in SIZES:
        # each in a process of its own, whose peak is its own
        line = subprocess.run(
            [sys.executable, __file__, str(hidden)], capture_output=True, text=True, check=True
        ).stdout.splitlines()[-1]
        count, grown = map(float, line.split())
        formula = 16 * count / 1e6
        print(f"{hidden:9} {count / 1e6:10.1f}M {grown:9.0f} {formula:8.0f} {grown / formula:6.2f}")
    return 0


def _deepspeed(parameters: int, stage: int, gpus: int, offload: bool) -> float:
    """GB on each GPU by DeepSpeed's estimator, without its factor for additional buffers."""
    with redirect_stdout(StringIO()):
        from deepspeed.runtime.zero.stage3 import estimate_zero3_model_states_mem_needs
        from deepspeed.runtime.zero.stage_1_and_2 import estimate_zero2_model_states_mem_needs
    if stage == 2:
        _, on_gpu = estimate_zero2_model_states_mem_needs(parameters, gpus, 1, offload, 1.0)
    else:
        largest = SHAPE["vocab_size"] * SHAPE["hidden_size"]
        _, on_gpu, _ = estimate_zero3_model_states_mem_needs(parameters, largest, gpus, 1, offload, False, False, 1.0)
    return float(on_gpu) / 1e9


def _measure(hidden: int) -> None:
    """Train one step of a random model; print its parameters and how much the process grew, in MB."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.set_num_threads(1)
    config = Qwen2Config(
        hidden_size=hidden,
        intermediate_size=4 * hidden,
        num_hidden_layers=16,
        num_attention_heads=8,
        num_key_value_heads=8,
        vocab_size=1000,
    )
    warm = Qwen2ForCausalLM(Qwen2Config(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
                                        num_key_value_heads=1, vocab_size=100))  # fmt: skip
    _step(torch, warm)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model = Qwen2ForCausalLM(config)
    _step(torch, model)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(sum(parameter.numel() for parameter in model.parameters()), grown)


def _step(torch, model) -> None:  # type: ignore[no-untyped-def]
    optimizer = torch.optim.AdamW(model.parameters(), foreach=False)
    ids = torch.arange(8)[None]
    model(input_ids=ids, labels=ids).loss.backward()
    optimizer.step()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _measure(int(sys.argv[1]))
    else:
        sys.exit(main())
