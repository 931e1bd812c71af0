"""Candidates for the error corpus: sorted into right, hopeless and usable ones, and chosen from; all are counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from unimumer_data.latex import Repair, canonical, tokenize
from unimumer_data.latex.alignment import edit_distance
from unimumer_data.records.record import IMAGE_TOKEN
from unimumer_data.support.tables import write_table
from unimumer_data.tasks.answers import is_runaway
from unimumer_data.tasks.corrections import compare, read_marked

# What may become of a candidate; the first that fits. Those of `_QUIET` are no faults.
OUTCOMES = {
    "failed": "the engine gave no text",
    "unknown_id": "no sample of that id in the set",
    "other_label": "the file has another formula for that id",
    "right": "nothing is wrong with it",
    "respelt": "the same formula, written in another way",
    "empty": "no tokens",
    "image_mark": f"holds {IMAGE_TOKEN}, which LLaMA-Factory would take for a second picture",
    "runaway": "far longer than the label",
    "hopeless": "too large a share of it is wrong",
    "repeated": "the same candidate of the same picture",
    "surplus": "good, but the corpus was full",
    "taken": "in the corpus",
}
_QUIET = ("right", "respelt", "repeated", "surplus", "taken")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a candidate may be.

    Args:
        max_edit_share: at most this share of it, or of its label, whichever is longer, is wrong.
    """

    max_edit_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A sample that candidates are joined with."""

    id: str
    label: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A text that a model gave for a sample, or that was made up.

    Args:
        item: the sample.
        text: canonical tokens, as far as it can be read; else as it was.
        origin: the file it comes from.
        times: how often it was given for this sample.
    """

    item: Item
    text: str
    origin: str
    times: int = 1


@dataclass(slots=True)
class Tally:
    """What became of the candidates of one file.

    Args:
        outcomes: outcome -> candidates, as in `OUTCOMES`.
        edits, marks: of the candidates that are in the corpus or would be if it were not full.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    edits: int = 0
    marks: int = 0


class Sieve:
    """Sorts candidates one by one, and keeps what may go into the corpus; `choose` makes the corpus of it.

    Args:
        limits: what is refused.
        conventions: of the labels; None leaves candidates as they are written.
        seed: of the choice between candidates.
    """

    def __init__(self, limits: Limits, conventions: str | None, seed: int) -> None:
        self.limits, self.conventions, self.seed = limits, conventions, seed
        self.kept: dict[tuple[str, str], Candidate] = {}
        self.refused: list[dict[str, str]] = []
        self._left_out: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, item: Item | None, text: str, origin: str, *, id: str = "", fault: str = "") -> None:
        """Sort a candidate.

        Args:
            item: its sample, None if there is none.
            text: what the model said.
            origin: file, for the table.
            id: of the prediction.
            fault: an outcome that is already known.
        """
        outcome, text = self.judge(item, text, fault)
        if not outcome:
            assert item is not None
            outcome = self._keep(item, text, origin)
        left_out = self._left_out[origin]
        if not outcome:
            return
        left_out[outcome] += 1
        if outcome not in _QUIET:
            self.refused.append({"img_id": item.id if item else id, "reason": outcome, "pred": text, "from": origin})

    def judge(self, item: Item | None, text: str, fault: str = "") -> tuple[str, str]:
        """What a candidate is, empty for a usable one, and its text as the labels are written; see `add`."""
        if fault or item is None:
            return fault or "unknown_id", text
        text = self._canonical(text)
        return self._judge(item.label, text), text

    def _canonical(self, text: str) -> str:
        """The candidate written as the labels are; one that cannot be parsed keeps its tokens."""
        repairs: list[Repair] = []
        if self.conventions is not None:
            written = canonical(text, "records", corpus=self.conventions, repairs=repairs)
            if not repairs:
                return written
            text = " ".join(tokenize(text))
        return " ".join(text.split())  # also of tokens that hold white space, such as a control space

    def _judge(self, label: str, text: str) -> str:
        """What is wrong with the candidate as a candidate, if anything."""
        wrong, right = text.split(), label.split()
        if wrong == right:
            return "right"
        if not wrong:
            return "empty"
        repairs: list[Repair] = []
        same = canonical(text, "strict", repairs=repairs) == canonical(label, "strict", repairs=[])
        if same and not repairs:  # broken LaTeX is an error, even if it can be repaired into the label
            return "respelt"
        if IMAGE_TOKEN in text:
            return "image_mark"
        if is_runaway(label, text):
            return "runaway"
        longer = max(len(wrong), len(right))
        return "hopeless" if edit_distance(wrong, right) > max(1, self.limits.max_edit_share * longer) else ""

    def _keep(self, item: Item, text: str, origin: str) -> str:
        """Keep the candidate; an outcome if it is not a new one."""
        known = self.kept.get((item.id, text))
        if known:
            self.kept[item.id, text] = replace(known, times=known.times + 1)
            return "repeated"
        self.kept[item.id, text] = Candidate(item=item, text=text, origin=origin)
        return ""

    def choose(self, size: int) -> tuple[list[Candidate], dict[str, Tally]]:
        """The corpus, and what became of the candidates of each file.

        Args:
            size: at most this many candidates, spread over the pictures: each one's most frequent error before any's
                second.
        """
        by_item: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in self.kept.values():
            by_item[candidate.item.id].append(candidate)
        ranked = [
            (rank, self._dice(candidate), candidate)
            for candidates in by_item.values()
            for rank, candidate in enumerate(sorted(candidates, key=lambda one: (-one.times, self._dice(one))))
        ]
        ranked.sort(key=lambda entry: entry[:2])
        taken = {(candidate.item.id, candidate.text) for _, _, candidate in ranked[:size]}
        return [candidate for key, candidate in self.kept.items() if key in taken], self._tallies(taken)

    def _tallies(self, taken: Collection[tuple[str, str]]) -> dict[str, Tally]:
        tallies = {origin: Tally(Counter(outcomes)) for origin, outcomes in self._left_out.items()}
        for key, candidate in self.kept.items():
            tally = tallies[candidate.origin]
            tally.outcomes["taken" if key in taken else "surplus"] += 1
            tally.edits += edit_distance(candidate.text.split(), candidate.item.label.split())
            tally.marks += len(read_marked(compare(candidate.text, candidate.item.label).marked).marks)
        return tallies

    def _dice(self, candidate: Candidate) -> bytes:
        """Chance that depends on nothing but the seed and the candidate, so that others do not move it."""
        text = f"{self.seed} {candidate.item.id} {candidate.text}"
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def table(tallies: Mapping[str, Tally]) -> str:
    """What became of the candidates, by file."""
    used = [name for name in OUTCOMES if any(tally.outcomes[name] for tally in tallies.values())]
    heads = ["file", "candidates", *used, "edits", "marks"]
    numbers = [
        [tally.outcomes.total(), *(tally.outcomes[one] for one in used), tally.edits, tally.marks]
        for tally in tallies.values()
    ]
    names = [*tallies]
    if len(numbers) > 1:
        names.append("all")
        numbers.append([sum(column) for column in zip(*numbers, strict=True)])
    return write_table(heads, [[name, *map(str, row)] for name, row in zip(names, numbers, strict=True)], "screen")
