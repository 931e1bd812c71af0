"""Packing: which records LLaMA-Factory puts into one sequence, and how much padding that saves.

Exact, since the plan is made by LLaMA-Factory's own function on the same portions: the share of each preprocessing
worker, `preprocessing_batch_size` records at a time. Source: LLaMA-Factory 0.9.5, data/processor/supervised.py and
data/collator.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..recipe import Recipe
from .findings import Findings
from .lengths import Length, kept_tokens

_MULTIPLE = 8  # the collator pads to it


@dataclass(frozen=True, slots=True)
class Packs:
    """Packed sequences.

    Args:
        records: in each sequence.
        tokens: of the records in each, without padding.
        room: tokens of a sequence.
    """

    records: list[int]
    tokens: list[int]
    room: int

    @property
    def each(self) -> float:
        """Records of a sequence, on average."""
        return sum(self.records) / max(1, len(self.records))

    @property
    def padding(self) -> float:
        """Share of the sequences that is padding, 0-1."""
        return 1 - sum(self.tokens) / max(1, self.room * len(self.tokens))


def is_packed(recipe: Recipe) -> bool:
    """Whether records share sequences in this training."""
    return bool(recipe.values.get("packing") or recipe.values.get("neat_packing"))


def check_packing_keys(recipe: Recipe, findings: Findings) -> None:
    """What LLaMA-Factory dies of in the first step, after all records are tokenised, or does in silence."""
    values, cutoff = recipe.values, recipe.count("cutoff_len", 2048)
    if not values.get("neat_packing"):
        if values.get("packing"):
            text = "packing alone lets each record see those before it in its sequence"
            findings.add("error", "packing_leaks", text, "neat_packing: true")
        return
    if cutoff % _MULTIPLE:
        text = f"neat_packing dies in its first step unless cutoff_len is a multiple of {_MULTIPLE}; it is {cutoff}"
        findings.add("error", "packing_length", text, f"cutoff_len: {_round_up(cutoff)}")
    if values.get("flash_attn") == "fa2" and recipe.count("per_device_train_batch_size", 8) != 1:
        text = "neat_packing with flash_attn: fa2 takes one sequence at a time and dies of more"
        cure = f"per_device_train_batch_size: 1, and a larger cutoff_len: {4 * cutoff}"
        findings.add("error", "packing_batch", text, cure)


def check_packing(recipe: Recipe, lengths: Sequence[Length], findings: Findings, *, seed: int = 0) -> Packs | None:
    """Say how much of the training is padding, with packing and without; the packs if it packs.

    Args:
        recipe: its keys.
        lengths: of the records that are trained on, in their order.
        findings: gets a note.
        seed: of the batches that are drawn to see how much padding they have.
    """
    if not lengths:
        return None
    packs = plan(lengths, recipe)
    if is_packed(recipe):
        batch = max(1, round(packs.each))
        findings.add(
            "note", "packing",
            f"{len(lengths)} records in {len(packs.records)} packed sequences of {packs.room} tokens, "
            f"{packs.each:.1f} in each; {_percent(packs.padding)} padding instead of "
            f"{_percent(padding_of_batches(lengths, recipe, batch, seed))} in random batches of {batch}",
        )  # fmt: skip
        return packs
    batch = recipe.count("per_device_train_batch_size", 8)
    share = padding_of_batches(lengths, recipe, batch, seed)
    findings.add(
        "note", "padding",
        f"{_percent(share)} of the tokens in random batches of {batch} are padding; with neat_packing: true "
        f"{_percent(packs.padding)}, in {len(packs.records)} sequences of {packs.room} tokens (recipes/fast.yaml)",
    )  # fmt: skip
    return None


def plan(lengths: Sequence[Length], recipe: Recipe) -> Packs:
    """The sequences that LLaMA-Factory packs the records into.

    Raises:
        ImportError: LLaMA-Factory is not installed.
    """
    from llamafactory.data.processor.processor_utils import greedy_knapsack

    room = recipe.count("cutoff_len", 2048)
    records, tokens = [], []
    for portion in _portions(len(lengths), recipe):
        for pack in greedy_knapsack(_kept(lengths[portion], room - 1), room - 1):  # the last token is always padding
            records.append(len(pack))
            tokens.append(sum(pack))
    return Packs(records, tokens, room)


def padding_of_batches(lengths: Sequence[Length], recipe: Recipe, batch: int, seed: int) -> float:
    """Share of the tokens that is padding in batches of records drawn at random, 0-1."""
    kept = _kept(lengths, recipe.count("cutoff_len", 2048))
    random.Random(seed).shuffle(kept)
    batches = [kept[start : start + batch] for start in range(0, len(kept), batch)]
    return 1 - sum(kept) / sum(len(one) * _round_up(max(one)) for one in batches)


def _kept(lengths: Sequence[Length], cutoff: int) -> list[int]:
    return [one.total if one.total <= cutoff else sum(kept_tokens(one, cutoff)) for one in lengths]


def _portions(count: int, recipe: Recipe) -> Iterator[slice]:
    """What is packed together: each worker has a share of the records, and takes some of it at a time."""
    workers = min(recipe.count("preprocessing_num_workers", 1), count)
    size = recipe.count("preprocessing_batch_size", 1000)
    share, left = divmod(count, workers)
    start = 0
    for worker in range(workers):
        end = start + share + (worker < left)
        yield from (slice(first, min(first + size, end)) for first in range(start, end, size))
        start = end


def _round_up(tokens: int) -> int:
    return -(-tokens // _MULTIPLE) * _MULTIPLE


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
