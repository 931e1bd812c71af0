"""The model families that `unimumer tiny` can make: what differs between them, as data.

Classes, rules of the image processor, special tokens and rotary sections are those of the published checkpoints; sizes
are not here. A further family is a further entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyFamily:
    """One family.

    Args:
        title: as its makers write it.
        classes: of transformers: config, model, processor, image_processor, video_processor, tokenizer.
        image: arguments of the image processor, as published.
        specials: special tokens, in the published order; they are skipped in decoding.
        added: tokens that are ordinary text, one piece each.
        pattern: the tokenizer's pre-tokenizer; None takes that of the tokenizer class.
        bos, eos, pad: tokens; generation ends at eos, pad and ``stops``.
        stops: further tokens that end an answer.
        ids: key of config.json -> token whose id it is.
        chat_template: Jinja; writes the same characters as LLaMA-Factory's template of the family.
        partial: share of a head that is rotated, where config.json says it; else all of it.
        sides: share of the rotary frequencies that height has, as width; the rest is time's.
        theta: base of the rotary frequencies.
        interleaved: time, height and width take turns.
        layers: kinds of layers of the language model, in turn; empty where there is one kind.
        last_block: key of vision_config that lists blocks; the last block is listed.
        wide: width of the language model's MLP in widths of the model, where engines rely on it (vLLM takes the
            projector's inner width from there).
        text: further values of text_config.
        vision: further values of vision_config.
    """

    title: str
    classes: Mapping[str, str]
    image: Mapping[str, Any]
    specials: tuple[str, ...]
    chat_template: str
    ids: Mapping[str, str]
    added: tuple[str, ...] = ()
    pattern: str | None = None
    bos: str = "<|endoftext|>"
    eos: str = "<|im_end|>"
    pad: str = "<|endoftext|>"
    stops: tuple[str, ...] = ()
    partial: float | None = None
    sides: float = 3 / 8
    theta: float = 1000000.0
    interleaved: bool = False
    layers: tuple[str, ...] = ()
    last_block: str | None = None
    wide: int | None = None
    text: Mapping[str, Any] = field(default_factory=dict)
    vision: Mapping[str, Any] = field(default_factory=dict)


_QWEN_SPECIALS = tuple(
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> "
    "<|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>".split()
)
_QWEN_ADDED = tuple(
    "<tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> "
    "<|file_sep|>".split()
)
_THOUGHTS = ("<tool_response>", "</tool_response>", "<think>", "</think>")
_QWEN_IDS = {
    "image_token_id": "<|image_pad|>",
    "video_token_id": "<|video_pad|>",
    "vision_start_token_id": "<|vision_start|>",
    "vision_end_token_id": "<|vision_end|>",
}
_SYSTEM = """\
{%- if loop.first and message.role != 'system' -%}
{{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' -}}
{%- endif -%}
"""
_NO_THOUGHT = """\
{%- if enable_thinking is defined and enable_thinking is false -%}
{{- '<think>\\n\\n</think>\\n\\n' -}}
{%- else -%}
{{- '<think>\\n' -}}
{%- endif -%}
"""


def _parts(image: str, video: str) -> str:
    """The content of a message: text, or parts of text, pictures and films."""
    return f"""\
{{%- if message.content is string -%}}
{{{{- message.content -}}}}
{{%- else -%}}
{{%- for part in message.content -%}}
{{%- if part.type == 'image' or 'image' in part or 'image_url' in part -%}}
{{{{- '{image}' -}}}}
{{%- elif part.type == 'video' or 'video' in part -%}}
{{{{- '{video}' -}}}}
{{%- elif 'text' in part -%}}
{{{{- part.text -}}}}
{{%- endif -%}}
{{%- endfor -%}}
{{%- endif -%}}
"""


def _qwen_template(first: str = "", opening: str = "") -> str:
    """Qwen's conversation.

    Args:
        first: before each message, such as the system turn that it may need.
        opening: how an answer begins.
    """
    vision = ("<|vision_start|><|image_pad|><|vision_end|>", "<|vision_start|><|video_pad|><|vision_end|>")
    return f"""\
{{%- for message in messages -%}}
{first}{{{{- '<|im_start|>' + message.role + '\\n' -}}}}
{_parts(*vision)}{{{{- '<|im_end|>\\n' -}}}}
{{%- endfor -%}}
{{%- if add_generation_prompt -%}}
{{{{- '<|im_start|>assistant\\n' -}}}}
{opening}{{%- endif -%}}
"""


_GLM_VISION = ("<|begin_of_image|><|image|><|end_of_image|>", "<|begin_of_video|><|video|><|end_of_video|>")
_GLM_TEMPLATE = f"""\
{{{{- '[gMASK]<sop>' -}}}}
{{%- for message in messages -%}}
{{{{- '<|' + message.role + '|>\\n' -}}}}
{_parts(*_GLM_VISION)}{{%- endfor -%}}
{{%- if add_generation_prompt -%}}
{{{{- '<|assistant|>\\n' -}}}}
{{%- endif -%}}
"""

_QWEN_LATER_IMAGE = {
    "patch_size": 16,
    "size": {"shortest_edge": 65536, "longest_edge": 16777216},
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}

FAMILIES: Mapping[str, TinyFamily] = {
    "qwen2.5-vl": TinyFamily(
        title="Qwen2.5-VL",
        classes={
            "config": "Qwen2_5_VLConfig",
            "model": "Qwen2_5_VLForConditionalGeneration",
            "processor": "Qwen2_5_VLProcessor",
            "image_processor": "Qwen2VLImageProcessor",
            "video_processor": "Qwen2VLVideoProcessor",
            "tokenizer": "Qwen2Tokenizer",
        },
        image={"size": {"shortest_edge": 3136, "longest_edge": 12845056}},
        specials=_QWEN_SPECIALS,
        added=_QWEN_ADDED,
        chat_template=_qwen_template(first=_SYSTEM),
        ids=_QWEN_IDS,
        last_block="fullatt_block_indexes",
        vision={"tokens_per_second": 2},
    ),
    "qwen3-vl": TinyFamily(
        title="Qwen3-VL",
        classes={
            "config": "Qwen3VLConfig",
            "model": "Qwen3VLForConditionalGeneration",
            "processor": "Qwen3VLProcessor",
            "image_processor": "Qwen2VLImageProcessor",
            "video_processor": "Qwen3VLVideoProcessor",
            "tokenizer": "Qwen2Tokenizer",
        },
        image=_QWEN_LATER_IMAGE,
        specials=_QWEN_SPECIALS,
        added=(*_QWEN_ADDED, *_THOUGHTS),
        chat_template=_qwen_template(),
        ids=_QWEN_IDS,
        sides=5 / 16,
        theta=5000000.0,
        interleaved=True,
        last_block="deepstack_visual_indexes",
        vision={"num_position_embeddings": 256},
    ),
    "qwen3.5": TinyFamily(
        title="Qwen3.5",
        classes={
            "config": "Qwen3_5Config",
            "model": "Qwen3_5ForConditionalGeneration",
            "processor": "Qwen3VLProcessor",
            "image_processor": "Qwen2VLImageProcessor",
            "video_processor": "Qwen3VLVideoProcessor",
            "tokenizer": "Qwen3_5Tokenizer",
        },
        image=_QWEN_LATER_IMAGE,
        specials=_QWEN_SPECIALS,
        added=(*_QWEN_ADDED, *_THOUGHTS),
        chat_template=_qwen_template(opening=_NO_THOUGHT),
        ids=_QWEN_IDS,
        partial=0.25,
        sides=1 / 3,
        theta=10000000.0,
        interleaved=True,
        layers=("linear_attention", "full_attention"),
        text={
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 2,
            "linear_key_head_dim": 64,
            "linear_value_head_dim": 64,
        },
        vision={"num_position_embeddings": 256},
    ),
    "glm-ocr": TinyFamily(
        title="GLM-OCR",
        classes={
            "config": "GlmOcrConfig",
            "model": "GlmOcrForConditionalGeneration",
            "processor": "Glm46VProcessor",
            "image_processor": "Glm46VImageProcessor",
            "video_processor": "Glm46VVideoProcessor",
            "tokenizer": "PreTrainedTokenizerFast",
        },
        image={"size": {"shortest_edge": 12544, "longest_edge": 9633792}},
        specials=tuple(
            "<|endoftext|> [MASK] [gMASK] [sMASK] <sop> <eop> <|system|> <|user|> <|assistant|> <|observation|> "
            "<|begin_of_image|> <|end_of_image|> <|begin_of_video|> <|end_of_video|> <|image|> <|video|>".split()
        ),
        added=("/nothink", "<think>", "</think>"),
        pattern=(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
        eos="<|endoftext|>",
        stops=("<|user|>",),
        chat_template=_GLM_TEMPLATE,
        ids={
            "image_token_id": "<|image|>",
            "video_token_id": "<|video|>",
            "image_start_token_id": "<|begin_of_image|>",
            "image_end_token_id": "<|end_of_image|>",
            "video_start_token_id": "<|begin_of_video|>",
            "video_end_token_id": "<|end_of_video|>",
        },
        partial=1.0,
        theta=10000.0,
        wide=3,
    ),
}
