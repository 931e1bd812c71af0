"""The facts of a data card, in the order in which every form of the card shows them."""

from __future__ import annotations

from .measure import SetStats, ink_symbols

SHOWN_SYMBOLS = 30
RARE = 5  # fewer labels than this are too few to learn a symbol from

Measure = tuple[str, str, list[int]]  # title, unit, values


def measures(stats: SetStats) -> list[Measure]:
    """What is plotted of a set, in order; without what it does not have."""
    found: list[Measure] = [
        ("Label length", "LaTeX tokens", stats.lengths),
        ("Answer length", "model tokens", stats.model_tokens),
        ("Depth", "nesting; 0 on one line", stats.depths),
        ("Structural complexity", "scripts, fractions, roots, accents, environments", stats.structures),
        ("Picture width", "pixels", stats.widths),
        ("Picture height", "pixels", stats.heights),
    ]
    return [measure for measure in found if measure[2]]


def facts(stats: SetStats) -> list[tuple[str, str]]:
    """The headline numbers of a set: (name, value)."""
    size = len(stats.lengths)
    rare = sum(count < RARE for count in stats.symbol_labels.values())
    odd = len({id(item) for hits in stats.oddities.values() for item, _ in hits})
    found = [
        ("samples", f"{size:,}"),
        ("different labels", f"{stats.distinct:,} ({100 * stats.distinct / size:.1f} %)"),
        ("tokens", f"{sum(stats.lengths):,}"),
        ("symbols that print", f"{len(ink_symbols(stats)):,}"),
        (f"symbols in fewer than {RARE} labels", f"{rare:,}"),
        ("labels with a finding", f"{odd:,} ({100 * odd / size:.2f} %)"),
    ]
    if stats.widths or stats.missing_pictures:
        found.append(("pictures that open", f"{len(stats.widths):,}"))
        found.append(("pictures missing or broken", f"{len(stats.missing_pictures):,}"))
    return found


def rare_symbols(stats: SetStats) -> list[tuple[str, int]]:
    """(token, labels that have it) of the symbols with fewer than `RARE` labels, the rarest first."""
    rare = [(count, token) for token, count in stats.symbol_labels.items() if count < RARE]
    return [(token, count) for count, token in sorted(rare)]


def cut(text: str, longest: int = 160) -> str:
    """The text, or its beginning where it is long."""
    return text if len(text) <= longest else f"{text[:longest]} ..."
