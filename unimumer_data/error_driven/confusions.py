"""Which symbols are mistaken for which: learned from predictions, or taken from a table of look-alikes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unimumer_data.errors import PredictionError
from unimumer_data.latex import canonical, prints_ink
from unimumer_data.latex.alignment import align
from unimumer_data.latex.grammar import COMMANDS
from unimumer_data.records.predictions import find_prediction_files, read_prediction_file
from unimumer_data.support.files import read_text, write_whole
from unimumer_data.support.plain_json import parse_json

GAP = ""  # in place of a token that is not there

# Each line: symbols that look alike in handwriting, the closer in the line, the more alike.
LOOK_ALIKES = r"""
    2 z Z
    0 o O \sigma
    1 l | I /
    5 s S
    9 q g y
    6 b \delta
    8 B \beta
    x X \times \chi
    u v \nu \mu
    U V \cup
    w W \omega
    p P \rho
    a \alpha d
    c C (
    e \in \epsilon \varepsilon
    n h \eta
    r \gamma Y
    t + f
    k K \kappa
    i j
    \phi \varphi \psi \Phi
    \theta \Theta \varnothing
    \pi \Pi \prod
    \sum \Sigma
    . ,
    < \langle \leq
    > \rangle \geq
    = \equiv \approx
    - \rightarrow \sim
    \cdot . \bullet
    \partial d \delta
    \Delta A
    T \top \tau
    m M
    7 1 \rceil
    4 y
    3 \xi \zeta
"""


@dataclass(frozen=True, slots=True)
class Confusions:
    """Counts of symbols taken for others.

    Args:
        counts: (symbol of the label, symbol of the prediction) -> times; one of both may be `GAP`.
        seen: symbol -> times in labels; the rates follow from both.
    """

    counts: Mapping[tuple[str, str], int]
    seen: Mapping[str, int]

    def rate(self, symbol: str) -> float:
        """Share of the symbol's occurrences that were taken for something else, or lost."""
        lost = sum(count for (label, _), count in self.counts.items() if label == symbol)
        return lost / max(1, self.seen.get(symbol, 0))


def learn(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Confusions:
    """Count confusions of symbols that print.

    >>> learn([(["a", "+", "z"], ["a", "+", "2"])]).counts
    {('2', 'z'): 1}

    Args:
        pairs: tokens of a prediction and of its label. Runs of several symbols taken for fewer or more count as far
            as symbol stands against symbol.
    """
    counts: Counter[tuple[str, str]] = Counter()
    seen: Counter[str] = Counter()
    for prediction, label in pairs:
        seen.update(filter(is_symbol, label))
        for run in align(prediction, label):
            wrong, right = prediction[run.start : run.stop], label[run.label_start : run.label_stop]
            if len(wrong) == len(right):
                edits = list(zip(right, wrong, strict=True))
            elif len(wrong) + len(right) == 1:
                edits = [((right or [GAP])[0], (wrong or [GAP])[0])]
            else:
                continue
            counts.update(edits)
    kept = {edit: count for edit, count in counts.items() if _is_confusion(*edit)}
    return Confusions(kept, dict(seen))


def look_alikes() -> Confusions:
    """The built-in table; neighbours in a line are confused more often than others."""
    counts: dict[tuple[str, str], int] = {}
    for line in filter(None, map(str.split, LOOK_ALIKES.splitlines())):
        for place, symbol in enumerate(line):
            for other, name in enumerate(line):
                if name != symbol:
                    counts[symbol, name] = counts.get((symbol, name), 0) + max(1, 4 - abs(place - other))
    return Confusions(counts, Counter(symbol for symbol, _ in counts))


def _is_confusion(label: str, answer: str) -> bool:
    r"""Whether symbols were confused, and not only written in another way, as ``\le`` and ``\leq``."""
    if not all(token == GAP or is_symbol(token) for token in (label, answer)):
        return False
    return canonical(label, "strict", repairs=[]) != canonical(answer, "strict", repairs=[])


def is_symbol(token: str) -> bool:
    """Whether a token prints and reads no arguments, so that another such token may stand in its place."""
    command = COMMANDS.get(token)
    plain = command is None or (command.role == "symbol" and not command.args and not command.option)
    return plain and prints_ink(token) and not (len(token) > 1 and token[0] == "{")


def save(confusions: Confusions, path: Path) -> None:
    """Write a table that `load` reads."""
    rows = [[label, answer, count] for (label, answer), count in sorted(confusions.counts.items())]
    content = {"confusions": rows, "seen": dict(sorted(confusions.seen.items()))}
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def load(path: Path) -> Confusions:
    """A table that `save` wrote, or what can be learned from a prediction file.

    Raises:
        PredictionError: neither.
    """
    try:
        content = parse_json(read_text(path)) if path.suffix == ".json" else None
    except (OSError, ValueError) as error:
        raise PredictionError(f"{path}: cannot be read as confusions or predictions: {error}") from error
    if isinstance(content, dict) and "confusions" in content:
        try:
            table = {(str(label), str(answer)): int(count) for label, answer, count in content["confusions"]}
            return Confusions(table, {str(token): int(count) for token, count in content["seen"].items()})
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise PredictionError(f"{path}: a damaged table of confusions ({error}); make it again") from error
    return learn(labelled_pairs([path]))


def labelled_pairs(paths: Sequence[Path]) -> Iterable[tuple[list[str], list[str]]]:
    """Tokens of each prediction and of its label, from prediction files or folders of them.

    Raises:
        PredictionError: a file has no labels.
    """
    for path in find_prediction_files(paths).values():
        for one in read_prediction_file(path):
            if one.label is None:
                raise PredictionError(f"{path}: has no labels in it; confusions need them")
            for text in one.texts:
                yield text.split(), one.label.split()
