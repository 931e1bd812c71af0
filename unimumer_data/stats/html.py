"""The data card as Markdown and as one HTML page."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from io import BytesIO

from unimumer_data.errors import ImageError
from unimumer_data.health.lint import KINDS
from unimumer_data.images import load_image
from unimumer_data.records.labelled import Labelled

from .command import SetStats, StatsConfig, ink_symbols, quantiles
from .plots import bars, histogram

THUMBNAIL = (360, 160)  # most width and height of a picture on the page, in pixels
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


def markdown_card(all_stats: Sequence[SetStats], config: StatsConfig) -> str:
    """The card as Markdown, without pictures."""
    return "\n".join(line for stats in all_stats for line in _markdown_set(stats, config)) + "\n"


def _markdown_set(stats: SetStats, config: StatsConfig) -> Iterator[str]:
    yield f"# {stats.name}\n"
    yield from _markdown_table(("", ""), facts(stats))
    summaries = [(title, unit, *map(str, quantiles(values).values())) for title, unit, values in measures(stats)]
    yield from _markdown_table(("measure", "unit", *quantiles([0])), summaries)
    yield "## Symbols\n"
    size = len(stats.lengths)
    common = ink_symbols(stats).most_common(SHOWN_SYMBOLS)
    rows = [
        (_code(token), f"{count:,}", f"{100 * stats.symbol_labels[token] / size:.1f} %") for token, count in common
    ]
    yield from _markdown_table(("symbol", "occurrences", "in labels"), rows)
    rare = rare_symbols(stats)
    if rare:
        yield f"In fewer than {RARE} labels: {', '.join(_code(token) for token, _ in rare)}\n"
    yield "## Oddities\n"
    if not stats.oddities:
        yield "None found.\n"
    for kind, hits in stats.oddities.items():
        yield f"- **{kind}** ({len(hits):,}): {KINDS[kind]}"
        yield from (
            f"  - {item.id}: {hit.message}: {_code(_cut(item.label))}" for item, hit in hits[: config.examples]
        )
    yield "\n## Samples\n"
    yield from _markdown_table(("id", "label"), [(item.id, _code(_cut(item.label))) for item in stats.samples])


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|")


def _cut(text: str, longest: int = 160) -> str:
    return text if len(text) <= longest else f"{text[:longest]} ..."


def html_card(all_stats: Sequence[SetStats], config: StatsConfig) -> str:
    """The card as one HTML page that needs nothing else: plots are SVG, pictures are inside it."""
    names = ", ".join(stats.name for stats in all_stats)
    links = "".join(f'<a href="#{escape(stats.name)}">{escape(stats.name)}</a>' for stats in all_stats)
    sections = "".join(_html_set(stats, config) for stats in all_stats)
    return _PAGE.format(
        title=escape(names), style=_STYLE, links=links if len(all_stats) > 1 else "", sections=sections
    )


def _html_set(stats: SetStats, config: StatsConfig) -> str:
    tiles = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts(stats))
    plots = "".join(_figure(title, unit, values) for title, unit, values in measures(stats))
    common = ink_symbols(stats).most_common(SHOWN_SYMBOLS)
    total = sum(ink_symbols(stats).values())
    symbols = bars(common, title=f"The {len(common)} most frequent symbols", total=total) if common else ""
    rare = "".join(f"<code>{escape(token)}</code> " for token, _ in rare_symbols(stats))
    rare = f"<h4>In fewer than {RARE} labels</h4><p class=rare>{rare}</p>" if rare else ""
    table = _symbol_table(stats)
    return f"""<section id="{escape(stats.name)}">
<h2>{escape(stats.name)}</h2>
<dl class="tiles">{tiles}</dl>
<h3>Oddities</h3>
{_html_oddities(stats, config)}
<h3>Distributions</h3>
<div class="plots">{plots}</div>
<h3>Symbols</h3>
<div class="plots"><figure>{symbols}<figcaption>The most frequent, of {total:,} that print</figcaption></figure>
<div>{rare}{table}</div></div>
<h3>Samples</h3>
<div class="samples">{"".join(_html_sample(item) for item in stats.samples)}</div>
</section>
"""


def _figure(title: str, unit: str, values: list[int]) -> str:
    numbers = ", ".join(f"{name} {value:,}" for name, value in quantiles(values).items())
    caption = f"<figcaption><strong>{title}</strong><br>{numbers}</figcaption>"
    return f"<figure>{caption}{histogram(values, title=f'{title} in {unit}: {numbers}', unit=unit)}</figure>"


def _symbol_table(stats: SetStats) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(token)}</code></td><td>{count:,}</td><td>{stats.symbol_labels[token]:,}</td></tr>"
        for token, count in stats.symbols.most_common()
    )
    head = "<tr><th>token</th><th>occurrences</th><th>labels</th></tr>"
    return f"<details><summary>All {len(stats.symbols):,} tokens</summary><table>{head}{rows}</table></details>"


def _html_oddities(stats: SetStats, config: StatsConfig) -> str:
    if not stats.oddities:
        return "<p>None found.</p>"
    rows = []
    for kind, hits in stats.oddities.items():
        examples = "".join(
            f"<li><b>{escape(item.id)}</b> {escape(hit.message)}<br><code>{escape(_cut(item.label))}</code></li>"
            for item, hit in hits[: config.examples]
        )
        rows.append(
            f"<details><summary><b>{kind}</b> <span class=count>{len(hits):,}</span> {escape(KINDS[kind])}</summary>"
            f"<ul>{examples}</ul></details>"
        )
    return "".join(rows)


def _html_sample(item: Labelled) -> str:
    picture = _thumbnail(item) if item.image is not None else ""
    label = f"<code>{escape(_cut(item.label))}</code>"
    return f"<figure>{picture}<figcaption>{escape(item.id)}<br>{label}</figcaption></figure>"


def _thumbnail(item: Labelled) -> str:
    assert item.image is not None
    try:
        image = load_image(item.image)
    except ImageError as error:
        return f'<p class="broken">{escape(str(error))}</p>'
    image.thumbnail(THUMBNAIL)
    buffer = BytesIO()
    image.convert("L").save(buffer, "PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    size = f'width="{image.width}" height="{image.height}"'
    return f'<img {size} alt="{escape(_cut(item.label), quote=True)}" src="data:image/png;base64,{data}">'


_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1e21; --soft: #5f6670; --line: #d9dde2; --tile: #f4f6f8;
  --bar: #2f6fb3; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e6e8ea; --soft: #9aa3ad; --line: #353a40;
  --tile: #202327; --bar: #6aa7e8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 24px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 21px; margin: 36px 0 12px; }
h3 { font-size: 17px; margin: 28px 0 10px; }
h4 { font-size: 14px; margin: 0 0 6px; }
nav a { margin-right: 14px; } a { color: var(--bar); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 10px; margin: 0; }
.tiles div { background: var(--tile); border-radius: 8px; padding: 10px 14px; }
dt { color: var(--soft); font-size: 13px; } dd { margin: 0; font-size: 18px; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 22px;
  align-items: start; }
figure { margin: 0; min-width: 0; } figcaption { color: var(--soft); font-size: 13px; }
figcaption strong { color: var(--ink); }
svg { width: 100%; height: auto; display: block; }
svg .bar { fill: var(--bar); } svg .grid { stroke: var(--line); } svg text { fill: var(--soft); font-size: 11px; }
svg .code, code { font-family: ui-monospace, monospace; } svg .code { fill: var(--ink); font-size: 12px; }
code { font-size: 13px; overflow-wrap: anywhere; color: var(--ink); }
.rare code { margin-right: 6px; }
details { border-top: 1px solid var(--line); padding: 7px 0; } summary { cursor: pointer; }
.count { background: var(--tile); border-radius: 9px; padding: 1px 8px; margin: 0 6px; }
table { border-collapse: collapse; margin: 8px 0; }
td, th { padding: 2px 16px 2px 0; text-align: left; font-size: 13px; }
td + td { font-variant-numeric: tabular-nums; text-align: right; } th + th { text-align: right; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 14px; }
.samples figure { border: 1px solid var(--line); border-radius: 8px; padding: 10px; }
.samples img { display: block; max-width: 100%; height: auto; margin: 0 auto 8px; background: #fff; }
.broken { color: var(--soft); overflow-wrap: anywhere; }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data card: {title}</title>
<style>{style}</style>
</head>
<body>
<h1>Data card</h1>
<nav>{links}</nav>
{sections}</body>
</html>
"""
