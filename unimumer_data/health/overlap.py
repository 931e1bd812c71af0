"""Which samples two data sets share: by label, by picture, and by both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unimumer_data.records.labelled import LabelledSet

from .fingerprints import Index, fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What set a shares with set b; with itself, what it holds more than once.

    Args:
        a, b: names of the sets.
        size_a, size_b: samples.
        label_a: samples of a whose label occurs in b (of itself: at another sample).
        label_b: samples of b whose label occurs in a.
        labels: different labels that both have (of itself: that occur more than once).
        pictures_a, pictures_b: samples with a picture that could be opened.
        pixels: samples of a whose picture is in b, pixel for pixel.
        look: samples of a whose picture looks like one in b; includes the same pictures.
        both: samples of a for which one sample of b has the label and the look.
    """

    a: str
    b: str
    size_a: int
    size_b: int
    label_a: int
    label_b: int
    labels: int
    pictures_a: int = 0
    pictures_b: int = 0
    pixels: int = 0
    look: int = 0
    both: int = 0


def compare(a: str, prints_a: Index, b: str, prints_b: Index) -> Overlap:
    """The overlap of two sets, or of a set with itself where both are the same object."""
    same = prints_a is prints_b
    shared = {label for label, places in prints_a.labels.items() if len(prints_b.labels.get(label, ())) > same}
    pixels = look = both = 0
    for place, item in enumerate(prints_a.prints):
        own = {place} if same else set()
        alike = prints_b.look_alikes(item.look) - own
        pixels += bool(item.pixels and set(prints_b.pixels.get(item.pixels, ())) - own)
        look += bool(alike)
        both += bool(alike & set(prints_b.labels.get(item.label, ())))
    return Overlap(
        a=a,
        b=b,
        size_a=len(prints_a.prints),
        size_b=len(prints_b.prints),
        label_a=sum(len(prints_a.labels[label]) for label in shared),
        label_b=sum(len(prints_b.labels[label]) for label in shared),
        labels=len(shared),
        pictures_a=sum(item.look is not None for item in prints_a.prints),
        pictures_b=sum(item.look is not None for item in prints_b.prints),
        pixels=pixels,
        look=look,
        both=both,
    )


def overlaps(sets: Sequence[LabelledSet], *, pictures: bool = True) -> Iterator[Overlap]:
    """Each set with itself and with every later one.

    Args:
        pictures: whether to open the pictures; without, only labels are compared.
    """
    indexes = [Index([fingerprint(item, pictures=pictures) for item in one.items]) for one in sets]
    for i, (one, index) in enumerate(zip(sets, indexes, strict=True)):
        for other, other_index in zip(sets[i:], indexes[i:], strict=True):
            yield compare(one.name, index, other.name, other_index)
