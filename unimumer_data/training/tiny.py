"""Make a tiny random model: a few MB, in a second, for runs without a GPU and without a download.

    unimumer tiny output=outputs/tiny records=data/sample/sample.json
    unimumer tiny family=glm-ocr output=outputs/tiny-glm records=data/sample/sample.json

It is the real architecture with the real rules for pictures, special tokens and chat format, so that LLaMA-Factory,
transformers and vLLM take it for any checkpoint of the family; only its sizes and its vocabulary are small. Needs
torch and transformers (the extra ``train``).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, RecordError, suggestion
from unimumer_data.records.reading import read_records, texts_of
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.quiet import hush_libraries
from unimumer_data.support.start import require
from unimumer_data.support.tables import show
from unimumer_data.tasks import TASKS

from .tiny_families import FAMILIES


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyConfig:
    """Sizes at which 12 pictures are learned by heart in 250 steps; see tests/slow.

    The language model's width must be heads x an even head size; vLLM's CPU attention takes head sizes 32, 64, 80,
    96, 112, 128.
    """

    family: str = option("qwen2.5-vl", f"architecture: {' | '.join(FAMILIES)}")
    output: Path = option(Path("outputs/tiny"), "folder for the model; files of the same names are replaced")
    records: tuple[Path, ...] = option(
        (), "record files on whose text the tokenizer is trained; other text still encodes, in more tokens"
    )
    vocab_size: int = option(512, "tokens without special and added ones; at least 256, one for each byte")
    hidden_size: int = option(128, "width of the language model, a multiple of heads", section="sizes")
    heads: int = option(4, "attention heads of the language model")
    key_value_heads: int = option(2, "heads for keys and values; heads is a multiple of it")
    layers: int = option(2, "layers of the language model")
    intermediate_size: int = option(256, "width inside the language model's MLP; three times hidden_size for glm-ocr")
    vision_hidden_size: int = option(64, "width of the vision tower, a multiple of vision_heads")
    vision_heads: int = option(2, "attention heads of the vision tower")
    vision_layers: int = option(2, "layers of the vision tower")
    initializer_range: float = option(
        0.1, "standard deviation of the weights; with the usual 0.02 so small a model never starts to use the image"
    )
    max_length: int = option(4096, "longest sequence in tokens")
    seed: int = option(0, "same seed, same bytes")

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            close = suggestion(self.family, FAMILIES)
            raise ConfigError(f"unknown family {self.family!r}{close}. Known: {', '.join(FAMILIES)}")
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
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    family = FAMILIES[config.family]
    classes = {part: getattr(transformers, name) for part, name in family.classes.items()}
    tokenizer = _tokenizer(config, classes["tokenizer"])
    processor = classes["processor"](
        image_processor=classes["image_processor"](**family.image),
        video_processor=classes["video_processor"](),
        tokenizer=tokenizer,
        chat_template=family.chat_template,
    )
    model_config = classes["config"](**_model_config(config, tokenizer))
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model = classes["model"](model_config)
    ends = tokenizer.convert_tokens_to_ids(list(dict.fromkeys((family.eos, *family.stops, family.pad))))
    model.generation_config = transformers.GenerationConfig(eos_token_id=ends, pad_token_id=tokenizer.pad_token_id)

    config.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=config.output) as unfinished:
        model.save_pretrained(unfinished)
        processor.save_pretrained(unfinished)
        for file in sorted(Path(unfinished).iterdir()):
            file.replace(config.output / file.name)
    return sum(weight.numel() for weight in model.parameters())


def _tokenizer(config: TinyConfig, tokenizer_class: Any) -> Any:
    """A byte-level BPE tokenizer with the family's pre-tokenizer, special tokens and chat template."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import AddedToken

    family = FAMILIES[config.family]
    learner = Tokenizer(models.BPE())
    learner.decoder = decoders.ByteLevel()
    if family.pattern is None:
        learner.pre_tokenizer = tokenizer_class().backend_tokenizer.pre_tokenizer
    else:
        split = pre_tokenizers.Split(Regex(family.pattern), behavior="isolated")
        learner.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocab_size, initial_alphabet=alphabet, show_progress=False, min_frequency=2
    )
    learner.train_from_iterator(_texts(config.records), trainer)
    tokenizer = tokenizer_class(
        **({"tokenizer_object": learner} if family.pattern else _vocabulary(learner)),
        eos_token=family.eos,
        pad_token=family.pad,
        model_max_length=config.max_length,
        chat_template=family.chat_template,
    )
    tokenizer.add_special_tokens({"additional_special_tokens": list(family.specials)})
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in family.added])
    return tokenizer


def _vocabulary(learner: Any) -> dict[str, Any]:
    learned: dict[str, Any] = json.loads(learner.to_str())["model"]
    return {"vocab": learned["vocab"], "merges": [tuple(pair) for pair in learned["merges"]]}


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


def _model_config(config: TinyConfig, tokenizer: Any) -> dict[str, Any]:
    """What config.json holds."""
    family = FAMILIES[config.family]

    def token_id(token: str) -> int:
        return int(tokenizer.convert_tokens_to_ids(token))

    head = config.hidden_size // config.heads
    frequencies = int(head * (family.partial or 1.0)) // 2
    sides = int(frequencies * family.sides)
    blocks = {family.last_block: [config.vision_layers - 1]} if family.last_block else {}
    kinds = list(islice(cycle(family.layers), config.layers))
    return {
        "text_config": {
            "vocab_size": len(tokenizer),
            "hidden_size": config.hidden_size,
            "intermediate_size": config.hidden_size * family.wide if family.wide else config.intermediate_size,
            "num_hidden_layers": config.layers,
            "num_attention_heads": config.heads,
            "num_key_value_heads": config.key_value_heads,
            "head_dim": head,
            "max_position_embeddings": config.max_length,
            "initializer_range": config.initializer_range,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": family.theta,
                "mrope_section": [frequencies - 2 * sides, sides, sides],
                **({"mrope_interleaved": True} if family.interleaved else {}),
                **({"partial_rotary_factor": family.partial} if family.partial else {}),
            },
            "bos_token_id": token_id(family.bos),
            "eos_token_id": token_id(family.eos),
            "pad_token_id": token_id(family.pad),
            "tie_word_embeddings": True,  # vLLM reads this one for Qwen3.5
            **({"layer_types": kinds} if kinds else {}),
            **family.text,
        },
        "vision_config": {
            "depth": config.vision_layers,
            "hidden_size": config.vision_hidden_size,
            "intermediate_size": 2 * config.vision_hidden_size,
            "num_heads": config.vision_heads,
            "out_hidden_size": config.hidden_size,
            "initializer_range": config.initializer_range,
            **blocks,
            **family.vision,
        },
        **{key: token_id(token) for key, token in family.ids.items()},
        "tie_word_embeddings": True,
        "dtype": "float32",
    }


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer tiny", __doc__, argv, keys=keys_of(TinyConfig))
    return run_command(lambda: _make(load_config(TinyConfig, words)))


def _make(config: TinyConfig) -> None:
    require("torch", "transformers", extra="[train]")
    hush_libraries()
    parameters, title = make_tiny(config) / 1e6, FAMILIES[config.family].title
    show(f"{config.output}: random {title} of {parameters:.2f} M parameters, seed {config.seed}")


if __name__ == "__main__":
    sys.exit(main())
