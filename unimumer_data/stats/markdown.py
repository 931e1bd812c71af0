"""The data card as Markdown, without pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from unimumer_data.health.lint import KINDS
from unimumer_data.support.tables import markdown_text, printable, write_table

from .facts import RARE, SHOWN_SYMBOLS, cut, facts, measures, rare_symbols
from .measure import SetStats, StatsConfig, ink_symbols, quantiles


def markdown_card(all_stats: Sequence[SetStats], config: StatsConfig) -> str:
    """The card as Markdown."""
    return "\n".join(line for stats in all_stats for line in _set(stats, config)) + "\n"


def _set(stats: SetStats, config: StatsConfig) -> Iterator[str]:
    yield f"# {markdown_text(printable(stats.name))}\n"
    yield from overview(stats)
    rare = rare_symbols(stats)
    if rare:
        yield f"In fewer than {RARE} labels: {', '.join(code(token) for token, _ in rare)}\n"
    yield "## Oddities\n"
    if not stats.oddities:
        yield "None found.\n"
    for kind, hits in stats.oddities.items():
        yield f"- **{kind}** ({len(hits):,}): {KINDS[kind]}"
        for item, hit in hits[: config.examples]:
            words = (markdown_text(printable(text)) for text in (item.id, hit.message))
            yield f"  - {': '.join(words)}: {code(cut(item.label))}"
    yield "\n## Samples\n"
    samples = [(item.id, cut(item.label)) for item in stats.samples]
    yield write_table(("id", "label"), samples, "markdown", text_columns=2)


def overview(stats: SetStats) -> Iterator[str]:
    """The numbers of a set: its facts, its measures, its commonest symbols."""
    yield write_table(("", ""), facts(stats), "markdown") + "\n"
    summaries = [(title, unit, *map(str, quantiles(values).values())) for title, unit, values in measures(stats)]
    yield write_table(("measure", "unit", *quantiles([0])), summaries, "markdown", text_columns=2) + "\n"
    yield "## Symbols\n"
    size = len(stats.lengths)
    common = ink_symbols(stats).most_common(SHOWN_SYMBOLS)
    rows = [(token, f"{count:,}", f"{100 * stats.symbol_labels[token] / size:.1f} %") for token, count in common]
    yield write_table(("symbol", "occurrences", "in labels"), rows, "markdown") + "\n"


def code(text: str) -> str:
    """The text as code."""
    text = printable(" ".join(text.split()))
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}"
