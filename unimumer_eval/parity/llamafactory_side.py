"""What a model sees in training: LLaMA-Factory's own template, picture plugin, collator and model.

Answers are read off the training path too, token by token: each further token is the likeliest one after a pass over
all tokens before it, batched by the collator. It is slow, and it is what was trained.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unimumer_data.errors import ConfigError, ImageError
from unimumer_data.images import load_image
from unimumer_data.training.doctor.oracle import VERBOSITY
from unimumer_eval.config import AskConfig

from .forward import chosen, forward
from .trace import Look, Question
from .transformers_side import PROMPT, label_ids, words


def looks(config: AskConfig, questions: Iterable[Question], *, recipe: Mapping[str, Any]) -> Iterator[Look]:
    """One look a question.

    Args:
        config: model, adapter, pixel bounds and the longest answer.
        questions: pictures and labels.
        recipe: keys of LLaMA-Factory beside those: template and others.

    Raises:
        ConfigError: LLaMA-Factory refuses the keys.
    """
    path = TrainingPath(config, recipe)
    for question in questions:
        try:
            load_image(question.image)
        except ImageError as error:
            yield Look(question=question, failure=f"image: {error}")
            continue
        yield path.look(question, config.max_tokens)


class TrainingPath:
    """LLaMA-Factory made ready as its trainer makes it."""

    def __init__(self, config: AskConfig, recipe: Mapping[str, Any]) -> None:
        os.environ.setdefault(VERBOSITY, "ERROR")  # else transformers talks from here on
        import torch
        from llamafactory.data import SFTDataCollatorWith4DAttentionMask, get_template_and_fix_tokenizer
        from llamafactory.data.processor import SupervisedDatasetProcessor
        from llamafactory.extras.constants import IGNORE_INDEX
        from llamafactory.hparams import get_train_args
        from llamafactory.model import load_model, load_tokenizer

        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            model, data, _, finetuning, _ = get_train_args(_values(config, recipe, cpu=device == "cpu"))
        except (ValueError, OSError, ImportError) as error:
            raise ConfigError(f"LLaMA-Factory refuses the recipe: {error}") from error
        tools = load_tokenizer(model)
        self._ignored = IGNORE_INDEX
        self._tokenizer = tools["tokenizer"]
        template = get_template_and_fix_tokenizer(self._tokenizer, data)
        self._processor = SupervisedDatasetProcessor(template=template, data_args=data, **tools)
        self._model = load_model(self._tokenizer, model, finetuning, is_trainable=False).eval()
        _cast(self._model, config.dtype_on(device))
        self._collator = SFTDataCollatorWith4DAttentionMask(
            template=template, model=self._model, label_pad_token_id=IGNORE_INDEX, **tools
        )

    def look(self, question: Question, max_tokens: int) -> Look:
        """What training sees of a question, and its answer of at most ``max_tokens``."""
        image = str(question.image)
        encoded = self._processor.preprocess_dataset(
            {
                "_prompt": [[{"role": "user", "content": f"<image>{PROMPT}"}]],
                "_response": [[{"role": "assistant", "content": question.label or ""}]],
                **{f"_{name}": [None] for name in ("system", "tools", "videos", "audios")},
                "_images": [[image]],
            }
        )
        labels = np.array(encoded["labels"][0])
        ends = np.flatnonzero(labels == self._tokenizer.eos_token_id)
        ids = np.array(encoded["input_ids"][0][: int(ends[0]) + 1])  # what stands after the end, no engine generates
        label = label_ids(self._tokenizer, question.label)
        if ids[-len(label) :].tolist() == label:  # a line feed before the label is the prompt's in engines
            start = len(ids) - len(label)
        else:
            start = int(np.flatnonzero(labels != self._ignored)[0])
        batch = self._batch(ids, image)
        logprobs, positions = forward(self._model, batch)
        text = self._answer(ids, start, logprobs, image, max_tokens)
        return Look(
            question=question,
            text=text,
            ids=ids,
            tokens=words(self._tokenizer, ids),
            start=start,
            grid=batch["image_grid_thw"][0].cpu().numpy(),
            pixels=batch["pixel_values"].float().cpu().numpy(),
            positions=positions,
            logprobs=chosen(logprobs, ids, start),
        )

    def _batch(self, ids: NDArray[np.int64], image: str) -> dict[str, Any]:
        """One sequence as the trainer would hand it to the model, without the labels."""
        feature = {"input_ids": ids.tolist(), "attention_mask": [1] * len(ids), "labels": ids.tolist()}
        batch = self._collator([{**feature, "images": [image]}])
        return {name: value.to(self._model.device) for name, value in batch.items() if name != "labels"}

    def _answer(
        self, ids: NDArray[np.int64], start: int, logprobs: NDArray[np.float64], image: str, max_tokens: int
    ) -> str:
        """The likeliest tokens; as long as they are the label's, the pass over the label has shown them already."""
        likeliest = logprobs[start - 1 : -1].argmax(axis=1)
        wrong = np.flatnonzero(likeliest != ids[start:])
        answer = likeliest[: int(wrong[0]) + 1 if len(wrong) else len(likeliest)][:max_tokens].tolist()
        while answer[-1] != self._tokenizer.eos_token_id and len(answer) < max_tokens:
            row, _ = forward(self._model, self._batch(np.array([*ids[:start], *answer]), image))
            answer.append(int(row[-1].argmax()))
        text: str = self._tokenizer.decode(answer, skip_special_tokens=True)
        return text.rstrip("\ufffd")  # as the engines, which leave out a character that was cut off


def _cast(model: Any, dtype: str) -> None:
    """Give the weights the format in which engines load them; LLaMA-Factory keeps that of the checkpoint."""
    import torch

    if dtype != "auto":
        for parameter in model.parameters():
            if parameter.is_floating_point():  # weights of 4 and 8 bits are not
                parameter.data = parameter.data.to(getattr(torch, dtype))


def _values(config: AskConfig, recipe: Mapping[str, Any], *, cpu: bool) -> dict[str, Any]:
    """Keys for `get_train_args`; a recipe's own, but for what speaks of data and machine."""
    dropped = (
        "deepspeed",
        "dataset",
        "eval_dataset",
        "val_size",
        "tokenized_path",
        "do_eval",
        "predict_with_generate",
    )
    adapter = {"adapter_name_or_path": str(config.adapter), "finetuning_type": "lora"} if config.adapter else {}
    return {
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "full",
        **{key: value for key, value in recipe.items() if key not in dropped},
        "model_name_or_path": config.model,
        "image_max_pixels": config.image_max_pixels,
        "image_min_pixels": config.image_min_pixels,
        "dataset": "none",
        "cutoff_len": 1_000_000,
        "output_dir": "outputs/unused",
        "report_to": "none",
        "bf16": config.dtype == "bfloat16",
        "fp16": config.dtype == "float16",
        "use_cpu": cpu,
        **adapter,
    }
