"""The guard that keeps test samples out of training sets.

Equal labels alone are no leak: short formulas repeat (29 % of MNE N3's labels are also in CROHME's training set). The
same picture is one, and so is the same formula in a picture that looks alike, or under the same name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from unimumer_data.errors import UniMumerError

from .fingerprints import Fingerprint, Index


class LeakError(UniMumerError):
    """Test samples in a training set."""

    reason = "leak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A training sample that is a test sample, and by what."""

    training_id: str
    test_id: str
    test_set: str
    rule: str


class Guard:
    """Knows the test samples and recognises them.

    Args:
        tests: (name of the test set, fingerprints of its samples).
        by_label: whether an equal label alone is a leak.
    """

    def __init__(self, tests: Iterable[tuple[str, Iterable[Fingerprint]]], *, by_label: bool = False) -> None:
        named = [(name, item) for name, prints in tests for item in prints]
        self._names = [name for name, _ in named]
        self._index = Index([item for _, item in named])
        self._by_label = by_label

    def find(self, item: Fingerprint) -> Leak | None:
        """The test sample that this one is, by the first of the rules that holds; None if it is none."""
        index = self._index
        alike = index.labels.get(item.label, [])
        rules: list[tuple[str, Iterable[int]]] = [
            ("same picture", index.pixels.get(item.pixels, []) if item.pixels else []),
            ("same id and label", sorted(set(alike) & set(index.ids.get(item.id, [])))),
            ("same label, picture looks alike", sorted(set(alike) & index.look_alikes(item.look)) if alike else []),
            ("same label", alike if self._by_label else []),
        ]
        for rule, places in rules:
            for place in places:
                test = index.prints[place]
                return Leak(training_id=item.id, test_id=test.id, test_set=self._names[place], rule=rule)
        return None
