"""A random Qwen2.5-VL of the sizes that the doctor knows, and random records for it, padded or packed."""

from __future__ import annotations

import inspect
import random
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from unimumer_data.training.doctor.memory import SHAPES

TINY: Mapping[str, Any] = {
    "hidden_size": 256, "num_hidden_layers": 8, "intermediate_size": 1024, "num_attention_heads": 8,
    "num_key_value_heads": 2, "vocab_size": 4096, "tie_word_embeddings": True,
    "vision_config": {"hidden_size": 128, "depth": 2, "intermediate_size": 256, "out_hidden_size": 256},
}  # fmt: skip
PATCH = 3 * 2 * 14 * 14  # values of a patch: colours, times, height, width
Record = dict[str, Any]
Batch = dict[str, Any]


def shape(tiny: bool) -> Mapping[str, Any]:
    """The sizes of the model: those of Qwen2.5-VL-3B."""
    return TINY if tiny else SHAPES["qwen2.5-vl-3b"]


def random_model(sizes: Mapping[str, Any], device: str, dtype: torch.dtype, **keys: Any) -> Any:
    """A model with random weights, made on the device."""
    text = {key: value for key, value in sizes.items() if key != "vision_config"}
    vision, last = dict(sizes["vision_config"]), sizes["vocab_size"] - 1
    half = sizes["hidden_size"] // sizes["num_attention_heads"] // 2
    sides = half * 3 // 8  # time, height and width share the rotary frequencies 1 : 1.5 : 1.5, as published
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [half - 2 * sides, sides, sides]}
    config = Qwen2_5_VLConfig(
        text_config={**text, "rope_parameters": rope},
        vision_config={**vision, "num_heads": 16, "fullatt_block_indexes": [vision["depth"] - 1]},
        image_token_id=last,
        video_token_id=last - 1,
        vision_start_token_id=last - 2,
        vision_end_token_id=last - 3,
        tie_word_embeddings=sizes["tie_word_embeddings"],
    )
    torch.manual_seed(0)
    with torch.device(device):
        return Qwen2_5_VLForConditionalGeneration._from_config(config, dtype=dtype, **keys)


def random_records(model: Any, count: int, *, tokens: int | None = None, seed: int = 0) -> list[Record]:
    """Records of a picture, a question and an answer, of unequal lengths; or all of ``tokens`` tokens."""
    draw, config = random.Random(seed), model.config
    records = []
    for _ in range(count):
        height, width = 2 * draw.randint(2, 8), 2 * draw.randint(3, 20)  # patches
        answer = min(600, round(draw.lognormvariate(3.8, 0.8)))
        if tokens is not None:
            height, width, answer = 36, 36, tokens - 324 - 62
        pads = [config.image_token_id] * (height * width // 4)
        picture = [config.vision_start_token_id, *pads, config.vision_end_token_id]
        ids = [draw.randrange(1000) for _ in range(20)] + picture + [draw.randrange(1000) for _ in range(40 + answer)]
        asked = len(ids) - answer
        labels = [-100] * asked + ids[asked:]
        records.append({"ids": ids, "labels": labels, "grid": [1, height, width]})
    return records


def padded(model: Any, records: Sequence[Record]) -> Batch:
    """The records one under the other, filled up on the right."""
    longest = max(len(record["ids"]) for record in records)
    rows = [_row(model, record, longest - len(record["ids"])) for record in records]
    mask = [[1] * len(record["ids"]) + [0] * (longest - len(record["ids"])) for record in records]
    return _batch(model, records, rows, 0, attention_mask=torch.tensor(mask))


def packed(model: Any, records: Sequence[Record]) -> Batch:
    """The records one behind the other; each sees itself only."""
    rows = [_row(model, record, 0) for record in records]
    owner = torch.cat([torch.full((len(record["ids"]),), i) for i, record in enumerate(records)])
    if model.config._attn_implementation == "flash_attention_2":
        return _batch(model, records, rows, 1, attention_mask=None)  # it tells records apart by their positions
    sees = (owner[:, None] == owner[None]).tril()
    mask = torch.zeros(sees.shape, dtype=model.dtype).masked_fill(~sees, torch.finfo(model.dtype).min)
    return _batch(model, records, rows, 1, attention_mask=mask[None, None])


def fill(records: Sequence[Record], room: int) -> list[list[Record]]:
    """Portions of at most ``room`` tokens, longest records first."""
    portions: list[list[Record]] = []
    left: list[int] = []
    for record in sorted(records, key=lambda one: -len(one["ids"])):
        size = len(record["ids"])
        place = next((i for i, free in enumerate(left) if free >= size), None)
        if place is None:
            portions.append([])
            left.append(room)
            place = -1
        portions[place].append(record)
        left[place] -= size
    return portions


def _row(model: Any, record: Record, padding: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, labels and positions (text, time, height, width) of a record."""
    ids = torch.tensor([record["ids"]])
    find = model.model.get_rope_index
    types = {"mm_token_type_ids": (ids == model.config.image_token_id).long()}
    keys = types if "mm_token_type_ids" in inspect.signature(find).parameters else {}
    places, _ = find(input_ids=ids, image_grid_thw=torch.tensor([record["grid"]]), **keys)
    places = torch.cat([torch.arange(ids.shape[1])[None, None], places])[:, 0]
    labels = torch.tensor(record["labels"])
    pad = torch.nn.functional.pad
    return pad(ids[0], (0, padding)), pad(labels, (0, padding), value=-100), pad(places, (0, padding))


def _batch(model: Any, records: Sequence[Record], rows: Sequence[Any], axis: int, **keys: Any) -> Batch:
    """Rows side by side (axis 0), or end to end (axis 1), on the model's device."""
    ids, labels, places = zip(*rows, strict=True)
    if axis == 0:
        joined = torch.stack(ids), torch.stack(labels), torch.stack(places, dim=1)
    else:
        joined = torch.cat(ids)[None], torch.cat(labels)[None], torch.cat(places, dim=1)[:, None]
    grid = torch.tensor([record["grid"] for record in records])
    drawn = [record["pixels"] for record in records if "pixels" in record]
    batch = {
        "input_ids": joined[0],
        "labels": joined[1],
        "position_ids": joined[2],
        "pixel_values": torch.cat(drawn) if drawn else torch.randn(int(grid.prod(dim=1).sum()), PATCH),
        "image_grid_thw": grid,
        **keys,
    }
    return {key: value if value is None else value.to(model.device) for key, value in batch.items()}
