"""Which samples two sets share: by label, by picture, by both; and the guard that keeps test samples out of training.

Equal labels alone are no leak: short formulas repeat (29 % of MNE N3's labels stand in CROHME's training set). The
same picture is one, and so is the same formula in a picture that looks alike, or under the same name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TypeVar

from PIL import Image, ImageOps, ImageStat

from unimumer_data.errors import ImageError, UniMumerError
from unimumer_data.images import load_image
from unimumer_data.latex.canonical import canonical
from unimumer_data.latex.parser import Repair
from unimumer_data.records.labelled import Labelled, LabelledSet

LOOK_SIZE = (17, 8)  # columns and rows of the thumbnail; 16 x 8 = 128 bits
NOISE = 4  # grey levels that JPEG compression may add to flat paper
LOOK_DISTANCE = 12  # bits that may differ; see `look_hash`
_BANDS = LOOK_DISTANCE + 1
_BAND_BITS = 128 // _BANDS + 1


class LeakError(UniMumerError):
    """Test samples in a training set."""

    reason = "leak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What a sample is recognised by.

    Args:
        id: of the sample.
        label: in the strict canonical form, in which spellings of one formula agree.
        pixels: hash of the decoded picture, None without one.
        look: `look_hash` of the picture, None without one.
    """

    id: str
    label: str
    pixels: bytes | None = None
    look: int | None = None


def fingerprint(item: Labelled, *, pictures: bool = True) -> Fingerprint:
    """The fingerprint of a sample; without its picture where that cannot be opened."""
    label = _strict(item.label)
    if not pictures or item.image is None:
        return Fingerprint(id=item.id, label=label)
    try:
        image = load_image(item.image)
    except ImageError:
        return Fingerprint(id=item.id, label=label)
    return Fingerprint(id=item.id, label=label, pixels=pixel_hash(image), look=look_hash(image))


def _strict(label: str) -> str:
    repairs: list[Repair] = []  # a damaged label still has a canonical form
    return canonical(label, "strict", repairs=repairs)


def pixel_hash(image: Image.Image) -> bytes:
    """16 bytes that are equal for equal pixels, whatever the file format."""
    return blake2b(image.tobytes(), digest_size=16, key=f"{image.width}x{image.height}".encode()).digest()


def look_hash(image: Image.Image) -> int:
    """128 bits of which few differ between two renderings of the same writing.

    Dark on light or light on dark, whatever the margins and the size: the ink's box is scaled to 17 x 8 greys, and
    each bit says whether a grey has more ink than its left neighbour (a difference hash). Of CROHME 2014 as 256x256
    PNG and as tight BMP, 79 % of the pairs differ in at most 12 bits; 295,500 pairs of different pictures all differ
    in 18 or more. JPEG (quality 75) changes at most 4 bits, of 300 pictures.
    """
    grey = image.convert("L")
    if ImageStat.Stat(grey).median[0] > 127:
        grey = ImageOps.invert(grey)
    box = grey.point(lambda level: 255 if level > 64 else 0).getbbox()
    small = grey.resize(LOOK_SIZE, Image.Resampling.BOX, box=box)
    columns, rows = LOOK_SIZE
    levels = small.tobytes()
    bits = 0
    for row in range(rows):
        for column in range(columns - 1):
            place = row * columns + column
            bits = bits << 1 | (levels[place + 1] > levels[place] + NOISE)
    return bits


class Index:
    """Finds the samples of one set that are like a given one."""

    def __init__(self, prints: Sequence[Fingerprint]) -> None:
        self.prints = prints

    @cached_property
    def ids(self) -> dict[str, list[int]]:
        return _places(item.id for item in self.prints)

    @cached_property
    def labels(self) -> dict[str, list[int]]:
        return _places(item.label for item in self.prints)

    @cached_property
    def pixels(self) -> dict[bytes, list[int]]:
        return _places(item.pixels for item in self.prints)

    @cached_property
    def _looks(self) -> dict[tuple[int, int], list[int]]:
        bands: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for place, item in enumerate(self.prints):
            for band in _bands(item.look):
                bands[band].append(place)
        return bands

    def look_alikes(self, look: int | None) -> set[int]:
        """Places of the samples whose look differs in `LOOK_DISTANCE` bits or fewer.

        Hashes that differ in 12 bits agree in at least one of 13 bands, so only those that share a band are compared.
        """
        candidates = {place for band in _bands(look) for place in self._looks.get(band, ())}
        return {place for place in candidates if self._differs(place, look) <= LOOK_DISTANCE}

    def _differs(self, place: int, look: int | None) -> int:
        other = self.prints[place].look
        return 128 if other is None or look is None else (other ^ look).bit_count()


Value = TypeVar("Value", str, bytes)


def _places(values: Iterable[Value | None]) -> dict[Value, list[int]]:
    places: dict[Value, list[int]] = {}
    for place, value in enumerate(values):
        if value is not None:
            places.setdefault(value, []).append(place)
    return places


def _bands(look: int | None) -> list[tuple[int, int]]:
    if look is None:
        return []
    return [(band, look >> band * _BAND_BITS & ((1 << _BAND_BITS) - 1)) for band in range(_BANDS)]


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
