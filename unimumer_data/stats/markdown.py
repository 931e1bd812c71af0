"""The data card as Markdown, without pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unimumer_data.health.lint import KINDS
from unimumer_data.support.tables import code, escape, markdown_table

from .facts import RARE, SHOWN_SYMBOLS, cut, facts, measures, rare_symbols
from .measure import SetStats, StatsConfig, ink_symbols, quantiles


def markdown_card(all_stats: Sequence[SetStats], config: StatsConfig) -> str:
    """The card as Markdown."""
    return "\n".join(line for stats in all_stats for line in _set(stats, config)) + "\n"


def _set(stats: SetStats, config: StatsConfig) -> Iterator[str]:
    yield f"# {escape(stats.name)}\n"
    yield markdown_table(("", ""), facts(stats))
    summaries = [(title, unit, *map(str, quantiles(values).values())) for title, unit, values in measures(stats)]
    yield markdown_table(("measure", "unit", *quantiles([0])), summaries)
    yield "## Symbols\n"
    size = len(stats.lengths)
    common = ink_symbols(stats).most_common(SHOWN_SYMBOLS)
    rows = [(code(token), f"{count:,}", f"{100 * stats.symbol_labels[token] / size:.1f} %") for token, count in common]
    yield markdown_table(("symbol", "occurrences", "in labels"), rows)
    rare = rare_symbols(stats)
    if rare:
        yield f"In fewer than {RARE} labels: {', '.join(code(token) for token, _ in rare)}\n"
    yield "## Oddities\n"
    if not stats.oddities:
        yield "None found.\n"
    for kind, hits in stats.oddities.items():
        yield f"- **{kind}** ({len(hits):,}): {KINDS[kind]}"
        for item, hit in hits[: config.examples]:
            yield f"  - {escape(item.id)}: {escape(hit.message)}: {code(cut(item.label))}"
    yield "\n## Samples\n"
    yield markdown_table(("id", "label"), [(escape(item.id), code(cut(item.label))) for item in stats.samples])
