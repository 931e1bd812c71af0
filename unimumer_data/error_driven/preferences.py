"""Preference and rejection data from a model's own answers, as LLaMA-Factory's stages dpo, kto and sft read it.

| format | a record | from |
| --- | --- | --- |
| dpo | the label as chosen, a wrong answer as rejected | near misses first; one runaway or broken answer a picture |
| kto | one answer and whether it is right | wrong answers, and as many right ones, but one a picture at most |
| rft | the label, for pictures that the model gets right sometimes | hard pictures more often than easy ones |

Answers are compared with the label in the strict form. Each wrong answer that does not become a record is
counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from unimumer_data.latex import Repair, canonical
from unimumer_data.latex.alignment import edit_distance
from unimumer_data.records.record import Record
from unimumer_data.records.registry import PreferenceForm
from unimumer_data.tasks import get_task
from unimumer_data.tasks.answers import PLAIN, is_runaway

from .candidates import Item, Sieve

RIGHT = ("right", "notation")
WASTE = ("runaway", "hopeless")
"""Wrong answers far from the label. One of them a picture is worth learning from; the others are left out."""

REPEATS = 4
"""Copies of the record of a picture that the model almost never gets right (rft)."""


@dataclass(slots=True)
class Answers:
    """What a model said about one picture.

    Args:
        right: how often it was right.
        near: wrong answer -> times, those near the label.
        far: wrong answer -> times, runaways and others of which little is right.
    """

    item: Item
    right: int = 0
    near: Counter[str] = field(default_factory=Counter)
    far: Counter[str] = field(default_factory=Counter)

    @property
    def pass_rate(self) -> float:
        """Share of the answers that are right."""
        return self.right / max(1, self.right + self.near.total() + self.far.total())


class Collector:
    """Sorts the answers of prediction files by picture; the same `add` as `candidates.Sieve`."""

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve
        self.answers: dict[str, Answers] = {}
        self.left_out: dict[str, Counter[str]] = defaultdict(Counter)
        self.read: Counter[str] = Counter()

    def add(self, item: Item | None, text: str, origin: str, *, id: str = "", fault: str = "") -> None:
        """Sort an answer; for the arguments see `Sieve.add`."""
        self.read[origin] += 1
        outcome, text = self._sieve.judge(item, text, fault)
        if item is None or outcome not in ("", *RIGHT, *WASTE):
            self.left_out[origin][outcome] += 1
            return
        found = self.answers.setdefault(item.id, Answers(item))
        if outcome in RIGHT:
            found.right += 1
        else:
            (found.far if outcome in WASTE else found.near)[text] += 1


def make_records(
    answers: Iterable[Answers], form: PreferenceForm, *, pairs: int, seed: int
) -> tuple[list[Any], Counter[str]]:
    """The records of a format, and why the other answers are not among them.

    Args:
        answers: of each picture; pictures without a path are left out.
        form: of the records.
        pairs: most wrong answers of one picture.
        seed: of the choice.

    Returns:
        Records as JSON has them, and reason -> answers or pictures left out.
    """
    known = [one for one in answers if one.item.image]
    return _MAKERS[form](known, pairs, seed)


def _wrong(one: Answers, most: int, seed: int) -> tuple[list[str], Counter[str]]:
    """The wrong answers of a picture to learn from, and how many others are left out: repeated ones, and the surplus.

    Near misses first, by edits and then by how often they were given; of those far off one, a runaway if there is one,
    else an answer that is no LaTeX.
    """
    label = one.item.label.split()
    near = sorted(
        one.near, key=lambda text: (edit_distance(text.split(), label), -one.near[text], _draw(seed, one, text))
    )
    far = sorted(
        one.far,
        key=lambda text: (
            not is_runaway(one.item.label, text),
            _is_readable(text),
            -one.far[text],
            _draw(seed, one, text),
        ),
    )[:1]
    chosen = [*near[: max(0, most - len(far))], *far]
    different = len(one.near) + len(one.far)
    left = Counter(surplus=different - len(chosen), repeated=one.near.total() + one.far.total() - different)
    return chosen, left


def _is_readable(text: str) -> bool:
    repairs: list[Repair] = []
    canonical(text, "strict", repairs=repairs)
    return not repairs


def _dpo(answers: list[Answers], pairs: int, seed: int) -> tuple[list[Any], Counter[str]]:
    records: list[Any] = []
    left: Counter[str] = Counter()
    for one in answers:
        wrong, others = _wrong(one, pairs, seed)
        left += others
        left["never_wrong"] += not wrong
        for text in wrong:
            images, (question, chosen) = _parts(one.item, one.item.label)
            rejected = {"from": "gpt", "value": text}
            records.append({"images": images, "messages": [question], "chosen": chosen, "rejected": rejected})
    return records, +left


def _kto(answers: list[Answers], pairs: int, seed: int) -> tuple[list[Any], Counter[str]]:
    left: Counter[str] = Counter()
    wrong: list[Any] = []
    right: list[tuple[bytes, Any]] = []
    for one in answers:
        texts, others = _wrong(one, pairs, seed)
        left += others
        wrong += [_kto_record(one.item, text, False) for text in texts]
        # a right answer of its own, or where there are only wrong ones the label: what should have been said
        right.append((_draw(seed, one, ""), _kto_record(one.item, one.item.label, True)))
    right.sort(key=lambda entry: entry[0])
    kept = [record for _, record in right[: max(1, len(wrong))]] if wrong else [record for _, record in right]
    left["surplus"] += len(right) - len(kept)
    return [*kept, *wrong], +left


def _rft(answers: list[Answers], pairs: int, seed: int) -> tuple[list[Any], Counter[str]]:
    records: list[Any] = []
    left: Counter[str] = Counter()
    for one in answers:
        if not one.right:
            left["never_right"] += 1
        elif one.pass_rate == 1 and _draw(seed, one, "")[0] >= 256 // REPEATS:
            left["easy"] += 1
        else:
            images, turns = _parts(one.item, one.item.label)
            copies = max(1, round(REPEATS * (1 - one.pass_rate)))
            records += [{"images": images, "messages": turns}] * copies
    return records, +left


_MAKERS: dict[PreferenceForm, Callable[[list[Answers], int, int], tuple[list[Any], Counter[str]]]] = {
    "dpo": _dpo,
    "kto": _kto,
    "rft": _rft,
}


def _parts(item: Item, answer: str) -> tuple[list[str], list[dict[str, str]]]:
    record = Record.of(item.image, get_task(PLAIN).instruction, answer).to_dict()
    return record["images"], record["messages"]


def _kto_record(item: Item, answer: str, right: bool) -> dict[str, Any]:
    images, turns = _parts(item, answer)
    return {"images": images, "messages": turns, "right": right}


def _draw(seed: int, one: Answers, text: str) -> bytes:
    """Chance that depends on nothing but the seed, the picture and the text."""
    return blake2b(f"{seed} {one.item.id} {text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
