"""Make a tiny random Qwen2.5-VL model: a few MB, in a second, for runs without a GPU and without a download.

    unimumer tiny output=outputs/tiny records=data/sample/sample.json

It is the real architecture with the real special tokens and chat format, so that LLaMA-Factory, transformers and vLLM
take it for any Qwen2.5-VL checkpoint; only its sizes and its vocabulary are small. Needs torch and transformers (the
extra ``train``).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, RecordError
from unimumer_data.records.reading import read_records, texts_of
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.quiet import hush_libraries
from unimumer_data.support.start import require
from unimumer_data.tasks import TASKS

# Those of the published tokenizer; the added ones are ordinary text to it.
SPECIAL_TOKENS = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> "
    "<|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>"
).split()
ADDED_TOKENS = (
    "<tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|>"
).split()

# Renders a conversation to the same characters as the published chat template (a test compares them).
CHAT_TEMPLATE = """\
{%- for message in messages -%}
{%- if loop.first and message.role != 'system' -%}
{{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' -}}
{%- endif -%}
{{- '<|im_start|>' + message.role + '\\n' -}}
{%- if message.content is string -%}
{{- message.content -}}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' or 'image' in part or 'image_url' in part -%}
{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}
{%- elif part.type == 'video' or 'video' in part -%}
{{- '<|vision_start|><|video_pad|><|vision_end|>' -}}
{%- elif 'text' in part -%}
{{- part.text -}}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{{- '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n' -}}
{%- endif -%}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyConfig:
    """Sizes at which 12 pictures are learned by heart in 250 steps; see tests/slow.

    The language model's width must be heads x an even head size; vLLM's CPU attention takes head sizes 32, 64, 80,
    96, 112, 128.
    """

    output: Path = option(Path("outputs/tiny"), "folder for the model; files of the same names are replaced")
    records: tuple[Path, ...] = option(
        (), "record files on whose text the tokenizer is trained; other text still encodes, in more tokens"
    )
    vocab_size: int = option(512, "tokens without the 22 added ones; at least 256, one for each byte")
    hidden_size: int = option(128, "width of the language model, a multiple of heads", section="sizes")
    heads: int = option(4, "attention heads of the language model")
    key_value_heads: int = option(2, "heads for keys and values; heads is a multiple of it")
    layers: int = option(2, "layers of the language model")
    intermediate_size: int = option(256, "width inside the language model's MLP")
    vision_hidden_size: int = option(64, "width of the vision tower, a multiple of vision_heads")
    vision_heads: int = option(2, "attention heads of the vision tower")
    vision_layers: int = option(2, "layers of the vision tower")
    initializer_range: float = option(
        0.1, "standard deviation of the weights; with the usual 0.02 so small a model never starts to use the image"
    )
    max_length: int = option(4096, "longest sequence in tokens")
    seed: int = option(0, "same seed, same bytes")

    def __post_init__(self) -> None:
        for width, heads in ((self.hidden_size, self.heads), (self.vision_hidden_size, self.vision_heads)):
            if heads < 1 or width % heads or (width // heads) % 8:
                raise ConfigError(f"width {width} with {heads} heads: the head size must be a multiple of 8")
        if self.key_value_heads < 1 or self.heads % self.key_value_heads:
            raise ConfigError(f"heads ({self.heads}) must be a multiple of key_value_heads ({self.key_value_heads})")
        if self.vocab_size < 256:
            raise ConfigError(f"vocab_size must be at least 256, one for each byte, got {self.vocab_size}")


def make_tiny(config: TinyConfig) -> int:
    """Write model, tokenizer and processor into ``config.output``.

    Returns:
        The number of parameters.

    Raises:
        ConfigError: a record file is missing.
        RecordError: a record file does not hold records.
    """
    import torch
    from transformers import GenerationConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor
    from transformers.models.qwen2_vl.image_processing_qwen2_vl import Qwen2VLImageProcessor
    from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = _tokenizer(config)
    # The pixel bounds of the published processor.
    image_processor = Qwen2VLImageProcessor(size={"shortest_edge": 3136, "longest_edge": 12845056})
    processor = Qwen2_5_VLProcessor(
        image_processor=image_processor,
        video_processor=Qwen2VLVideoProcessor(),
        tokenizer=tokenizer,
        chat_template=CHAT_TEMPLATE,
    )
    model_config = _model_config(config, tokenizer)
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model = Qwen2_5_VLForConditionalGeneration(model_config)
    ends = [model_config.text_config.eos_token_id, model_config.text_config.pad_token_id]
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=ends[-1])

    config.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=config.output) as unfinished:
        model.save_pretrained(unfinished)
        processor.save_pretrained(unfinished)
        for file in sorted(Path(unfinished).iterdir()):
            file.replace(config.output / file.name)
    return sum(weight.numel() for weight in model.parameters())


def _tokenizer(config: TinyConfig) -> Any:
    """A byte-level BPE tokenizer with the published pre-tokenizer, special tokens and chat template."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import AddedToken, Qwen2Tokenizer

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = Qwen2Tokenizer().backend_tokenizer.pre_tokenizer
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocab_size, initial_alphabet=alphabet, show_progress=False, min_frequency=2
    )
    learner.train_from_iterator(_texts(config.records), trainer)
    learned: dict[str, Any] = json.loads(learner.to_str())["model"]
    learned["merges"] = [tuple(pair) for pair in learned["merges"]]
    tokenizer = Qwen2Tokenizer(
        vocab=learned["vocab"],
        merges=learned["merges"],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=config.max_length,
        chat_template=CHAT_TEMPLATE,
    )
    tokenizer.add_special_tokens({"additional_special_tokens": SPECIAL_TOKENS})
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in ADDED_TOKENS])
    return tokenizer


def _texts(files: Sequence[Path]) -> Iterator[str]:
    yield from (task.instruction for task in TASKS.values())
    yield "You are a helpful assistant. system user assistant"
    for path in files:
        if not path.is_file():
            raise ConfigError(f"records: {path}: no such file; `unimumer build` makes one")
        for record, place in read_records(path):
            texts = texts_of(record)
            if not texts:
                raise RecordError(f"{place}: no ShareGPT record, it has no messages: {record!r:.80}")
            yield from texts


def _model_config(config: TinyConfig, tokenizer: Any) -> Any:
    from transformers import Qwen2_5_VLConfig

    def token_id(token: str) -> int:
        return int(tokenizer.convert_tokens_to_ids(token))

    half = config.hidden_size // config.heads // 2
    # Time, height and width share the rotary frequencies 1 : 1.5 : 1.5, as published.
    sides = half * 3 // 8
    return Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": config.hidden_size,
            "intermediate_size": config.intermediate_size,
            "num_hidden_layers": config.layers,
            "num_attention_heads": config.heads,
            "num_key_value_heads": config.key_value_heads,
            "max_position_embeddings": config.max_length,
            "initializer_range": config.initializer_range,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1000000.0,
                "mrope_section": [half - 2 * sides, sides, sides],
            },
            "bos_token_id": token_id("<|endoftext|>"),
            "eos_token_id": token_id("<|im_end|>"),
            "pad_token_id": token_id("<|endoftext|>"),
        },
        vision_config={
            "depth": config.vision_layers,
            "hidden_size": config.vision_hidden_size,
            "intermediate_size": 2 * config.vision_hidden_size,
            "num_heads": config.vision_heads,
            "out_hidden_size": config.hidden_size,
            "fullatt_block_indexes": [config.vision_layers - 1],
            "initializer_range": config.initializer_range,
            "tokens_per_second": 2,
        },
        image_token_id=token_id("<|image_pad|>"),
        video_token_id=token_id("<|video_pad|>"),
        vision_start_token_id=token_id("<|vision_start|>"),
        vision_end_token_id=token_id("<|vision_end|>"),
        tie_word_embeddings=True,
        dtype="float32",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer tiny", __doc__, argv, keys=keys_of(TinyConfig))
    return run_command(lambda: _make(load_config(TinyConfig, words)))


def _make(config: TinyConfig) -> None:
    require("torch", "transformers", extra="[train]")
    hush_libraries()
    parameters = make_tiny(config)
    print(f"{config.output}: random Qwen2.5-VL of {parameters / 1e6:.2f} M parameters, seed {config.seed}")


if __name__ == "__main__":
    sys.exit(main())
