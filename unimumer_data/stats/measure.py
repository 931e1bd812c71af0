"""What a data card says about a set: gone over once, kept as numbers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from unimumer_data.errors import ImageError, LatexSyntaxError, SourceError
from unimumer_data.health.lint import KINDS, Finding, lint
from unimumer_data.images import picture_size
from unimumer_data.latex import canonical, prints_ink, tokenize
from unimumer_data.latex.measures import complexity, depth
from unimumer_data.records.labelled import Labelled, LabelledSet
from unimumer_data.support.config import option


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsConfig:
    """Keys of ``unimumer card``."""

    output: Path = option(Path("results/data_card"), "folder for the card")
    tokenizer: Path | None = option(
        None, "folder of a tokenizer (tokenizer.json, or vocab.json and merges.txt), to count its tokens"
    )
    root: Path = option(Path(), "folder of the image paths and of dataset_info.json")
    pictures: bool = option(True, "open the pictures, where the sets have them")
    samples: int = option(12, "number of samples to show of each set")
    examples: int = option(5, "number of examples to show for each kind of finding")
    seed: int = option(0, "random seed for the choice of samples")


@dataclass(slots=True, kw_only=True)
class SetStats:
    """What a card says about one set. All lists have an entry for each sample, in the order of the set.

    Args:
        name: of the set.
        lengths: LaTeX tokens of the label.
        model_tokens: tokens of the whole answer by the given tokenizer; empty without one.
        depths: nesting, see `latex.measures.depth`: 0 for ``x + y``, 1 for ``x ^ { 2 }``.
        structures: structural complexity, see `latex.measures.complexity`: 0 for ``x + y``, 1 for a fraction.
        widths, heights: of the pictures, in pixels; only of those that could be opened.
        symbols: token -> how often, braces left out.
        symbol_labels: token -> in how many labels.
        distinct: different labels.
        missing_pictures: samples that name a picture that is not there or cannot be opened.
        oddities: kind of finding -> the samples, each with its first finding of that kind.
        samples: a seeded choice.
    """

    name: str
    lengths: list[int] = field(default_factory=list)
    model_tokens: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    structures: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)
    symbols: Counter[str] = field(default_factory=Counter)
    symbol_labels: Counter[str] = field(default_factory=Counter)
    distinct: int = 0
    missing_pictures: list[str] = field(default_factory=list)
    oddities: dict[str, list[tuple[Labelled, Finding]]] = field(default_factory=dict)
    samples: list[Labelled] = field(default_factory=list)


def measure(one: LabelledSet, config: StatsConfig, count: Callable[[str], int] | None = None) -> SetStats:
    """Go once over a set.

    Args:
        count: text -> number of model tokens.

    Raises:
        SourceError: the set is empty.
    """
    if not one.items:
        raise SourceError(f"{one.name}: no samples in it")
    stats = SetStats(name=one.name, distinct=len({item.label for item in one.items}))
    for item in one.items:
        tokens = tokenize(item.label)
        strict = strict_tokens(item.label)
        stats.lengths.append(len(tokens))
        stats.depths.append(depth(strict))
        stats.structures.append(complexity(strict))
        stats.symbols.update(token for token in tokens if token not in "{}")
        stats.symbol_labels.update({token for token in tokens if token not in "{}"})
        if count is not None:
            stats.model_tokens.append(count(item.answer))
        size = _size_of(item, stats) if config.pictures else None
        for finding in lint(item.label, size=size):
            hits = stats.oddities.setdefault(finding.kind, [])
            if not hits or hits[-1][0] is not item:
                hits.append((item, finding))
    stats.oddities = {kind: stats.oddities[kind] for kind in KINDS if kind in stats.oddities}
    chosen = random.Random(config.seed).sample(range(len(one.items)), min(config.samples, len(one.items)))
    stats.samples = [one.items[place] for place in sorted(chosen)]
    return stats


def strict_tokens(label: str) -> list[str]:
    """The tokens that measures are taken on, as in scores: the strict form; the plain tokens of a damaged label."""
    try:
        return canonical(label, "strict").split()
    except LatexSyntaxError:
        return tokenize(label)


def _size_of(item: Labelled, stats: SetStats) -> tuple[int, int] | None:
    if item.image is None:
        return None
    try:
        width, height = picture_size(item.image)
    except ImageError:
        stats.missing_pictures.append(item.id)
        return None
    stats.widths.append(width)
    stats.heights.append(height)
    return width, height


def load_tokenizer(folder: Path) -> Callable[[str], int]:
    """A function that counts the tokens of a text.

    Raises:
        SourceError: no tokenizer there, or the package that reads it is missing.
    """
    if (folder / "tokenizer.json").is_file():
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise SourceError(f"{folder}: counting model tokens needs tokenizers; pip install tokenizers") from None
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
    if not (folder / "vocab.json").is_file():
        raise SourceError(f"{folder}: neither tokenizer.json nor vocab.json in it; give the folder of a tokenizer")
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise SourceError(
            f"{folder}: without tokenizer.json, transformers is needed; pip install transformers"
        ) from None
    pretrained = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    return lambda text: len(pretrained.encode(text, add_special_tokens=False))


def quantiles(values: Iterable[int]) -> dict[str, int]:
    """Least, median, 95 % and 99 % quantile, and greatest of at least one value."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return {
        "min": ordered[0],
        "median": ordered[last // 2],
        "95 %": ordered[round(0.95 * last)],
        "99 %": ordered[round(0.99 * last)],
        "max": ordered[last],
    }


def ink_symbols(stats: SetStats) -> Counter[str]:
    """The tokens that leave ink."""
    return Counter({token: count for token, count in stats.symbols.items() if prints_ink(token)})
