"""Lengths in real tokens, as LLaMA-Factory's preprocessing will make them, and what cutoff_len will cut.

Exact, since the template and the tokenizer are LLaMA-Factory's own; fast, since prompts repeat and answers are
tokenised in batches. Source: LLaMA-Factory 0.9.5, data/processor/supervised.py and processor_utils.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from PIL import Image

from unimumer_data.errors import ImageError
from unimumer_data.records.record import IMAGE_TOKEN

from ..hub import Place
from ..recipe import Recipe
from .data import SetRecords
from .findings import Findings

_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Length:
    """Tokens of one record before cutting: prompt (image tokens included) and answer."""

    prompt: int
    answer: int
    image: int

    @property
    def total(self) -> int:
        return self.prompt + self.answer


class Ruler:
    """Measures records with the recipe's model and template.

    Raises:
        ImportError: LLaMA-Factory or transformers is not installed.
        OSError: the model's tokenizer is not on this machine and cannot be fetched.

    Args:
        recipe: names model and template.
        here: the model's files are on this machine, so no hub is asked.
    """

    def __init__(self, recipe: Recipe, *, here: bool = True) -> None:
        from llamafactory.data.template import TEMPLATES
        from transformers import AutoProcessor

        name = str(recipe.values["model_name_or_path"])
        processor = AutoProcessor.from_pretrained(name, local_files_only=here)
        self._tokenizer: Any = processor.tokenizer
        self._images: Any = processor.image_processor
        self._template: Any = deepcopy(TEMPLATES[str(recipe.values.get("template"))])
        self._template.enable_thinking = recipe.values.get("enable_thinking", True)
        self._template.fix_special_tokens(self._tokenizer)
        self._picture = _picture_text(self._template.mm_plugin, processor)
        self._prompts: dict[str, int] = {}
        probe = self._encode("x", "x")[1]
        self._answer_extra = len(probe) - self._answers(["x"])[0] + bool(self._template.efficient_eos)

    def _encode(self, prompt: str, answer: str) -> tuple[list[int], list[int]]:
        messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        pairs: list[tuple[list[int], list[int]]] = self._template.encode_multiturn(self._tokenizer, messages)
        return pairs[0]

    def _answers(self, answers: Sequence[str]) -> list[int]:
        """Tokens of each answer with the template around it, but without what a reasoning template puts before."""
        texts = ["".join(self._template.format_assistant.apply(content=answer)) for answer in answers]
        return [len(ids) for ids in self._tokenizer(texts, add_special_tokens=False)["input_ids"]]

    def prompt(self, prompt: str) -> int:
        """Tokens of a prompt whose images cost one token each."""
        if prompt not in self._prompts:
            self._prompts[prompt] = len(self._encode(prompt.replace(IMAGE_TOKEN, self._picture), "x")[0])
        return self._prompts[prompt]

    def image(self, size: tuple[int, int]) -> int:
        """Tokens of a picture of (width, height) pixels, by the rule of the model's own processor."""
        width, height = size
        try:
            patches = self._images.get_number_of_image_patches(height, width, {})
        except ValueError as error:
            raise ImageError(f"picture of {width}x{height}: {error}") from error
        return int(patches // self._images.merge_size**2)

    def measure(self, turns: Sequence[tuple[str, str, str | None]], images: Sequence[int]) -> list[Length]:
        """The lengths of records given as (prompt, answer, image), with the tokens of each one's picture."""
        lengths: list[Length] = []
        for start in range(0, len(turns), _BATCH):
            batch = turns[start : start + _BATCH]
            answers = self._answers([answer for _, answer, _ in batch])
            for (prompt, _, image), answer, tokens in zip(batch, answers, images[start:], strict=False):
                extra = tokens - 1 if image else 0
                lengths.append(
                    Length(self.prompt(prompt) + extra, answer + self._answer_extra, tokens if image else 0)
                )
        return lengths


def _picture_text(plugin: Any, processor: Any) -> str:
    """What stands for a picture in a prompt, with one token of the picture in it."""
    turn = {"role": "user", "content": IMAGE_TOKEN}
    text: str = plugin.process_messages([turn], [Image.new("RGB", (64, 64))], [], [], processor)[0]["content"]
    token = plugin.image_token
    return text[: text.index(token)] + text[text.rindex(token) :]


def check_lengths(
    sets: list[SetRecords],
    sizes: dict[str, tuple[int, int]],
    recipe: Recipe,
    findings: Findings,
    *,
    place: Place = "local",
) -> list[Length]:
    """Lengths of all records against cutoff_len; pictures that were not opened count as the largest opened one."""
    if place not in ("local", "cached", "hub"):
        findings.add("note", "lengths_unchecked", "token lengths need the model's tokenizer, which is not here")
        return []
    try:
        ruler = Ruler(recipe, here=place != "hub")
    except ImportError:
        findings.add(
            "note", "lengths_unchecked", "token lengths need LLaMA-Factory, which is not installed here",
            "pip install 'unimumer[train]'",
        )  # fmt: skip
        return []
    except (OSError, ValueError, KeyError) as error:
        text = f"token lengths need the model's tokenizer: {str(error).splitlines()[0]}"
        findings.add("note", "lengths_unchecked", text)
        return []
    cutoff = recipe.count("cutoff_len", 2048)
    costs = {name: ruler.image(size) for name, size in sizes.items()}
    largest = max(costs.values(), default=1)
    every: list[Length] = []
    for found in sets:
        images = [costs.get(image or "", largest) for _, _, image in found.turns]
        lengths = ruler.measure(found.turns, images)
        every += lengths
        cut = [length for length in lengths if length.total > cutoff]
        longest = max((length.total for length in lengths), default=0)
        share = 100 * len(cut) / max(1, len(lengths))
        text = (
            f"{found.name}: {len(cut)} of {len(lengths)} records ({share:.2f} %) are longer than cutoff_len {cutoff}"
        )
        if cut:
            cure = f"cutoff_len: {-(-longest // 64) * 64}"
            findings.add("warning", "cut", f"{text}; longest {longest}", cure, place=found.name)
        else:
            text = f"{found.name}: longest record {longest} tokens, cutoff_len {cutoff}"
            findings.add("note", "lengths", text, place=found.name)
        dying = sum(_cuts_image(length, cutoff) for length in cut)
        if dying:
            findings.add(
                "error", "image_cut", f"{found.name}: {dying} records would lose image tokens, of which training dies",
                f"cutoff_len: {-(-longest // 64) * 64}, or a smaller image_max_pixels", place=found.name,
            )  # fmt: skip
    return every


def kept_tokens(length: Length, cutoff: int) -> tuple[int, int]:
    """Prompt and answer tokens that LLaMA-Factory keeps of a record longer than ``cutoff``."""
    if length.answer * 2 < cutoff:
        room = cutoff
    elif length.prompt * 2 < cutoff:
        room = cutoff - length.prompt
    else:
        room = int(cutoff * (length.answer / length.total))
    answer = min(room, length.answer)
    return min(max(cutoff - answer, 0), length.prompt), answer


def _cuts_image(length: Length, cutoff: int) -> bool:
    """Whether the prompt is cut into its picture: about 20 tokens of the system turn stand before it."""
    return bool(length.image) and kept_tokens(length, cutoff)[0] < length.image + 20
