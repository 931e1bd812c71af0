"""Which token became which: confusions, single symbols, and edits of symbols apart from edits of structure.

Label and answer are aligned token by token in the strict form by `unimumer_data.latex.alignment`, which also marks the
tokens of the report. Only answers that can be aligned with sense take part; `Alignment.pairs` says how many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Literal

from unimumer_data.latex import prints_ink
from unimumer_data.latex.alignment import Run
from unimumer_data.latex.alignment import align as differing

from .forms import Tokens
from .intervals import Estimate, wilson

Category = Literal["case", "letter-letter", "letter-digit", "digit-digit", "other"]
MOST_CELLS = 1_000_000
GAP = ""
"""Stands for nothing in a confusion: a symbol that was left out, or put in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """A symbol of labels and what was written for it.

    Args:
        label: the symbol; ``GAP`` where the answer has one too many.
        answer: what stands in its place; ``GAP`` where it was left out.
        category: letters and digits are separated as in the paper's count of confusions; ``case`` is x for X.
        where: numbers of the samples, once each time.
    """

    label: str
    answer: str
    count: int
    category: Category
    where: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolScore:
    """How well one symbol is read.

    Args:
        in_labels, in_answers: how often it stands there.
        found: how often it stands in both, aligned.
        samples: labels that have it.
        exprate: percent of those samples that are right, with Wilson's interval.
    """

    symbol: str
    in_labels: int
    in_answers: int
    found: int
    samples: int
    exprate: Estimate

    @property
    def recall(self) -> float:
        return 100 * self.found / self.in_labels if self.in_labels else 0.0

    @property
    def precision(self) -> float:
        return 100 * self.found / self.in_answers if self.in_answers else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """All alignments of a set, summed up.

    Args:
        pairs: how many pairs were aligned.
        symbol_edits: replaced, missing and surplus tokens that leave ink.
        structure_edits: the same of layout tokens; a symbol in the place of a layout token counts here.
        confusions: the most frequent first.
        symbols: the most frequent in labels first.
    """

    pairs: int
    symbol_edits: int
    structure_edits: int
    confusions: tuple[Confusion, ...]
    symbols: tuple[SymbolScore, ...]

    def categories(self) -> dict[Category, int]:
        """How often symbols were read as others, by category; left out and surplus symbols do not count."""
        counts: Counter[Category] = Counter()
        for confusion in self.confusions:
            if GAP not in (confusion.label, confusion.answer):
                counts[confusion.category] += confusion.count
        return dict(counts)


def align(pairs: Iterable[tuple[int, Tokens, Tokens]]) -> Alignment:
    """Align labels and answers.

    >>> result = align([(7, ("x", "+", "1"), ("X", "+", "1"))])
    >>> result.confusions
    (Confusion(label='x', answer='X', count=1, category='case', where=(7,)),)

    Args:
        pairs: number of the sample, tokens of its label, tokens of its answer.
    """
    in_labels: Counter[str] = Counter()
    in_answers: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    samples: Counter[str] = Counter()
    right: Counter[str] = Counter()
    confused: dict[tuple[str, str], list[int]] = {}
    structure = n = 0
    for number, label, answer in pairs:
        n += 1
        in_labels.update(label)
        in_answers.update(answer)
        distinct = set(label)
        samples.update(distinct)
        if label == answer:
            right.update(distinct)
            continue
        for old, new in _edits(label, answer):
            lost[old] += 1
            if all(token == GAP or prints_ink(token) for token in (old, new)):
                confused.setdefault((old, new), []).append(number)
            else:
                structure += 1
    return Alignment(
        pairs=n,
        symbol_edits=sum(map(len, confused.values())),
        structure_edits=structure,
        confusions=tuple(
            Confusion(label=old, answer=new, count=len(where), category=category_of(old, new), where=tuple(where))
            for (old, new), where in sorted(confused.items(), key=lambda item: (-len(item[1]), item[0]))
        ),
        symbols=tuple(
            SymbolScore(
                symbol=symbol,
                in_labels=count,
                in_answers=in_answers[symbol],
                found=count - lost[symbol],
                samples=samples[symbol],
                exprate=wilson(right[symbol], samples[symbol]),
            )
            for symbol, count in sorted(in_labels.items(), key=lambda item: (-item[1], item[0]))
            if prints_ink(symbol)
        ),
    )


@lru_cache(maxsize=1 << 14)
def differing_runs(label: Tokens, answer: Tokens) -> tuple[Run, ...]:
    """Where an answer differs from its label; none if the two are too long to be aligned (`MOST_CELLS`)."""
    return tuple(differing(answer, label)) if len(label) * len(answer) <= MOST_CELLS else ()


def category_of(label: str, answer: str) -> Category:
    r"""Letter and digit pairs; a letter is one Latin letter, ``\alpha`` is ``other``."""
    if label != answer and label.lower() == answer.lower() and _is_letter(label):
        return "case"
    kinds = sorted("letter" if _is_letter(token) else "digit" if _is_digit(token) else "" for token in (label, answer))
    categories: dict[tuple[str, ...], Category] = {
        ("letter", "letter"): "letter-letter",
        ("digit", "letter"): "letter-digit",
        ("digit", "digit"): "digit-digit",
    }
    return categories.get(tuple(kinds), "other")


def _edits(label: Tokens, answer: Tokens) -> Iterable[tuple[str, str]]:
    """(token of the label, token of the answer) of each edit, in order; ``GAP`` where there is none."""
    for run in differing_runs(label, answer):
        old, new = label[run.label_start : run.label_stop], answer[run.start : run.stop]
        yield from zip_longest(old, new, fillvalue=GAP)


def _is_letter(token: str) -> bool:
    return len(token) == 1 and token.isascii() and token.isalpha()


def _is_digit(token: str) -> bool:
    return len(token) == 1 and token.isascii() and token.isdigit()
