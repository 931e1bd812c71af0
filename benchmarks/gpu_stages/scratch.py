"""ExpRate of a small model trained from scratch, with one task and with all.

A random Qwen2.5-VL of about 25 million parameters learns CROHME's training ink for equally long with plain recognition
alone and with all five tasks (errors made up from look-alikes); strict ExpRate of plain recognition on CROHME 2014,
with its 95 % interval. Without CROHME, or with scale=tiny, it learns the bundled sample.
"""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from .setting import Row, Setting

TASKS_OF = {"vanilla alone": ("",), "all tasks": ("", "_tree", "_can", "_error_find", "_error_fix")}
LEARNING_RATE = 1e-3
# width 384, as deep as is quick
SIZES = {
    "hidden_size": 384, "heads": 6, "key_value_heads": 2, "layers": 8, "intermediate_size": 1536,
    "vision_hidden_size": 256, "vision_heads": 4, "vision_layers": 6, "initializer_range": 0.05,
}  # fmt: skip


def run(setting: Setting) -> Iterator[Row]:
    """A row for each set of tasks."""
    try:
        import torch
        import transformers
    except ImportError as error:
        yield {"what": "model", "note": f"not installed: {error}"}
        return
    os.chdir(setting.folder)
    train, test = _build(setting)
    for what, suffixes in TASKS_OF.items():
        files = [Path(f"data/{train}/{train}{suffix}.json") for suffix in suffixes]
        yield {"what": what, **_learn(files, Path(f"data/{test}/{test}.json"), setting)}
    del torch, transformers


def _build(setting: Setting) -> tuple[str, str]:
    """Build the records; the names of both sets."""
    from unimumer_data.build.command import main as build
    from unimumer_data.error_driven.corpus import main as errors

    ink = setting.corpus
    with redirect_stdout(StringIO()):
        if setting.tiny or not (ink / "TrainINKML").is_dir():
            build([])
            names = "sample", "sample_test"
        else:
            words = ["source=crohme-inkml", f"image_max_pixels={_pixels(setting)}"]
            build([*words, f"path={ink / 'TestEM2014GT'}", "name=crohme_2014", "split=test", "tasks=vanilla"])
            build([*words, f"path={ink / 'TrainINKML'}", "name=crohme_train", "split=train", "guard=drop"])
            names = "crohme_train", "crohme_2014"
        errors([f"data={names[0]}", "synthetic=look-alikes"])
    return names


def _pixels(setting: Setting) -> int:
    return 16384 if setting.tiny else 65536


def _learn(files: Sequence[Path], test: Path, setting: Setting) -> Row:
    """Train for a third of the stage's time, then read the test set."""
    import torch
    from transformers import AutoProcessor, Qwen2_5_VLForConditionalGeneration

    from unimumer_data.support.ahead import ahead
    from unimumer_data.training.tiny import TinyConfig, make_tiny

    from .models import padded

    parts = make_tiny(TinyConfig(output=Path("model"), records=tuple(files), **({} if setting.tiny else SIZES)))
    processor = AutoProcessor.from_pretrained("model")
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained("model").to(setting.device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    records = _Records(files, processor, setting)
    begun, allowed, steps = time.monotonic(), setting.share(3), 0
    batches = ahead(records, _batches(len(records.rows), 8 if setting.tiny else 64), 16, threads=8)
    for _, batch in batches:
        spent = (time.monotonic() - begun) / allowed
        if spent >= 1 and steps:
            break
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (steps + 1) / 20) * (1 + math.cos(math.pi * min(1, spent))) / 2
        with torch.autocast(setting.device, torch.bfloat16, enabled=setting.device == "cuda"):
            loss = model(**padded(model, batch)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        steps += 1
    return {
        "M parameters": parts / 1e6,
        "steps": steps,
        "loss": float(loss.detach()),
        **_read(model, processor, test, setting),
    }


class _Records:
    """Records of files, made into tokens and patches when a batch is called for."""

    def __init__(self, files: Sequence[Path], processor: Any, setting: Setting) -> None:
        from unimumer_data.records.reading import parts_of, read_records
        from unimumer_eval.config import AskConfig
        from unimumer_eval.engines.prompting import prompter

        self.rows = [parts_of(record) for file in files for record, _ in read_records(file)]
        self._processor, self._pixels = processor, _pixels(setting)
        self._chat = prompter(processor, AskConfig(engine="transformers", model="model"))

    def __call__(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        return [self._one(number) for number in numbers]

    def _one(self, number: int) -> dict[str, Any]:
        from unimumer_eval.engines.base import picture_of

        row = self.rows[number]
        picture = picture_of(Path(row.image), self._pixels, 1024)
        asked = self._processor(text=[self._chat(row.instruction or "")], images=[picture], return_tensors="pt")
        prompt = asked["input_ids"][0].tolist()
        answer = self._processor.tokenizer(f"{row.answer}<|im_end|>", add_special_tokens=False)["input_ids"]
        return {
            "ids": prompt + answer,
            "labels": [-100] * len(prompt) + answer,
            "grid": asked["image_grid_thw"][0].tolist(),
            "pixels": asked["pixel_values"],
        }


def _batches(count: int, size: int) -> Iterator[list[int]]:
    """Numbers of records, epoch after epoch, each in an order of its own."""
    draw = random.Random(0)
    while True:
        order = draw.sample(range(count), count)
        yield from (order[start : start + size] for start in range(0, count, size))


def _read(model: Any, processor: Any, test: Path, setting: Setting) -> Row:
    """Strict ExpRate on the test set."""
    from unimumer_data.records.reading import label_of, parts_of, read_records
    from unimumer_data.tasks import TASKS
    from unimumer_data.tasks.answers import final_expression
    from unimumer_eval.config import AskConfig, Sampling
    from unimumer_eval.engines.base import Request
    from unimumer_eval.engines.transformers import TransformersEngine
    from unimumer_eval.scores import Pair, score_set

    config = AskConfig(engine="transformers", model="model", image_max_pixels=_pixels(setting), batch_size=64)
    engine = TransformersEngine(config, loaded=(model.eval(), processor))
    records = list(read_records(test))
    prompt = TASKS["vanilla"].instruction
    requests = [
        Request(index=i, image=Path(parts_of(record).image), prompt=prompt) for i, (record, _) in enumerate(records)
    ]
    answers = {answer.index: answer for answer in engine.predict(requests, Sampling(max_tokens=160, logprobs=False))}
    pairs = []
    for number, (record, place) in enumerate(records):
        outputs = answers[number].outputs
        said = final_expression(outputs[0].text, "vanilla") if outputs else ""
        pairs.append(Pair(id=parts_of(record).id, gt=label_of(record, place), pred=said))
    rate = score_set(test.stem, pairs).forms["strict"]["exprate"]
    return {
        "test set": f"{test.stem}, {len(pairs)}",
        "ExpRate %": rate.value,
        "95 % interval": f"[{rate.low:.2f}, {rate.high:.2f}]",
    }
