"""Hugging Face transformers: where vLLM is not at hand, and for LoRA adapters that are not merged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image

from unimumer_data.errors import EngineError, ImageError
from unimumer_eval.config import AskConfig, Sampling

from .base import Answer, Output, Request, brief, compact, pictures
from .prompting import prompter
from .steps import steps_of

_MISSING = "transformers is not installed here: pip install torch torchvision transformers"
_Noted = tuple[list[float], list[list[tuple[int, float]]]]  # of one text: log-probabilities, likely tokens
_BATCH = {"cpu": 8, "cuda": 32}


class TransformersEngine:
    """Generates in batches padded on the left; a batch that fails is retried one by one."""

    def __init__(self, config: AskConfig, loaded: tuple[Any, Any] | None = None) -> None:
        """Start with the model that ``config`` names, or with one that is in memory already.

        Args:
            config: settings; of a model in memory only those of asking apply.
            loaded: model and processor, such as of a training that goes on; the processor pads on the left from now.
        """
        model, self.processor = loaded or _load(config)
        self._config, self.model, self._device = config, model, model.device
        self._batch_size = config.batch_size or _BATCH.get(self._device.type, _BATCH["cuda"])
        self.processor.tokenizer.padding_side = "left"
        self.chat = prompter(self.processor, config)
        self._stop = _stop_tokens(model, self.processor.tokenizer)

    def predict(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Answer]:
        source = pictures(
            requests,
            max_pixels=self._config.image_max_pixels,
            min_pixels=self._config.image_min_pixels,
            window=self._config.window,
        )
        while batch := list(islice(source, self._batch_size)):
            good: list[tuple[Request, Image.Image]] = []
            for request, picture in batch:
                if isinstance(picture, ImageError):
                    yield Answer(index=request.index, failure=f"image: {picture}")
                else:
                    good.append((request, picture))
            if good:
                yield from self._answer(good, sampling)

    def close(self) -> None:
        self.model = None

    def _answer(self, batch: Sequence[tuple[Request, Image.Image]], sampling: Sampling) -> list[Answer]:
        try:
            return self._generate(batch, sampling)
        except (RuntimeError, ValueError, IndexError) as error:  # torch's out-of-memory error is a RuntimeError
            if len(batch) == 1:
                return [Answer(index=batch[0][0].index, failure=f"refused: {brief(error)}")]
        return [answer for one in batch for answer in self._answer([one], sampling)]

    def _generate(self, batch: Sequence[tuple[Request, Image.Image]], sampling: Sampling) -> list[Answer]:
        import torch
        from transformers import GenerationConfig, LogitsProcessorList

        texts = [self.chat(request.prompt) + request.prefix for request, _ in batch]
        images = [picture for _, picture in batch]
        inputs = self.processor(text=texts, images=images, padding=True, return_tensors="pt").to(self._device)
        greedy = sampling.temperature == 0
        chosen = _chosen_logprobs(sampling.alternatives if sampling.steps else 0)
        watched = sampling.logprobs or sampling.steps
        # every setting that a checkpoint could bring along is named, so that only ours apply
        settings = GenerationConfig(
            max_new_tokens=sampling.max_tokens,
            do_sample=not greedy,
            num_beams=1,
            num_return_sequences=sampling.n,
            repetition_penalty=1.0,
            eos_token_id=self._stop,
            pad_token_id=self.processor.tokenizer.pad_token_id,
            **({} if greedy else {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}),
        )
        self.model.generation_config = settings
        torch.manual_seed(sampling.seed + batch[0][0].index)  # a resumed run samples as an undisturbed one
        with torch.no_grad():  # not inference_mode: a model in training could keep what it must not learn from
            produced = self.model.generate(
                **inputs,
                generation_config=settings,
                logits_processor=LogitsProcessorList([chosen] if watched else []),
            )
        start = inputs["input_ids"].shape[1]
        if watched:
            chosen.finish(produced)
        outputs = [
            self._output(tokens, chosen.rows(row) if watched else None, sampling)
            for row, tokens in enumerate(produced[:, start:].tolist())
        ]
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        n = sampling.n
        return [
            Answer(index=request.index, outputs=tuple(outputs[i * n : (i + 1) * n]), prompt_tokens=lengths[i])
            for i, (request, _) in enumerate(batch)
        ]

    def _output(self, tokens: list[int], noted: _Noted | None, sampling: Sampling) -> Output:
        tokenizer = self.processor.tokenizer
        end = next((i for i, token in enumerate(tokens) if token in self._stop), None)
        count = len(tokens) if end is None else end + 1
        text = tokenizer.decode(tokens[:count], skip_special_tokens=True)
        logprobs, likely = noted or ([], [])
        steps = steps_of(tokenizer, tokens[:count], logprobs[:count], likely[:count]) if sampling.steps else ()
        return Output(
            text=text.rstrip("\ufffd"),  # bytes of a character that was cut off, which vLLM does not give out either
            tokens=count,
            logprob=None if noted is None else math.fsum(logprobs[:count]),
            logprobs=compact(logprobs[:count]),
            finish="length" if end is None else "stop",
            steps=steps,
        )


def _load(config: AskConfig) -> tuple[Any, Any]:
    """Model, ready to answer, and processor."""
    try:
        import torch
        from transformers import AutoModelForImageTextToText, AutoProcessor
        from transformers.utils.logging import disable_progress_bar
    except ImportError as error:
        raise EngineError(f"{_MISSING} ({error})") from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if Path(str(config.model)).is_dir():  # a download shows how far it is; a folder is read before that says anything
        disable_progress_bar()
    try:
        processor = AutoProcessor.from_pretrained(str(config.model))
        model = AutoModelForImageTextToText.from_pretrained(
            str(config.model), **{"dtype": config.dtype_on(device), **config.engine_args}
        )
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise EngineError(f"transformers cannot load {config.model}: {brief(error)}") from error
    return _with_adapter(model, config).to(device).eval(), processor


def _with_adapter(model: Any, config: AskConfig) -> Any:
    if config.adapter is None:
        return model
    try:
        from peft import PeftModel
    except ImportError as error:
        raise EngineError("adapter= needs peft: pip install peft") from error
    try:
        return PeftModel.from_pretrained(model, str(config.adapter)).merge_and_unload()
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineError(f"adapter={config.adapter}: {brief(error)}") from error


def _stop_tokens(model: Any, tokenizer: Any) -> list[int]:
    ids = model.generation_config.eos_token_id
    ids = [ids] if isinstance(ids, int) else list(ids or [])
    return sorted({*ids, tokenizer.eos_token_id} - {None})


def _chosen_logprobs(alternatives: int) -> Any:
    """A logits processor that notes the log-probability of each chosen token, and of the likeliest ones.

    It holds one step's scores only: generate's own output_scores would keep those of all steps, 20 GB for a batch of
    16 long answers.
    """
    import torch
    from transformers import LogitsProcessor

    class ChosenLogprobs(LogitsProcessor):
        def __init__(self) -> None:
            self._chosen: list[Any] = []
            self._likely: list[tuple[Any, Any]] = []
            self._last: Any = None

        def __call__(self, input_ids: Any, scores: Any) -> Any:
            self._note(input_ids[:, -1])
            self._last = torch.log_softmax(scores.float(), dim=-1)
            return scores

        def finish(self, produced: Any) -> None:
            """After generation: note the last tokens."""
            self._note(produced[:, -1])

        def rows(self, row: int) -> _Noted:
            """Of the new tokens of one row: log-probabilities, and likely tokens where they are asked for."""
            likely = [list(zip(ids[row].tolist(), p[row].tolist(), strict=True)) for p, ids in self._likely]
            return [float(step[row]) for step in self._chosen], likely

        def _note(self, tokens: Any) -> None:
            if self._last is None:
                return
            self._chosen.append(self._last.gather(1, tokens[:, None])[:, 0].cpu())
            if alternatives:
                values, ids = self._last.topk(min(alternatives, self._last.shape[1]), dim=-1)
                self._likely.append((values.cpu(), ids.cpu()))
            self._last = None

    return ChosenLogprobs()
