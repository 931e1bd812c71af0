"""The data card as one HTML page that needs nothing else: plots are SVG, pictures are inside it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from unimumer_data.errors import ImageError, SourceError
from unimumer_data.health.lint import KINDS
from unimumer_data.images import load_image
from unimumer_data.records.labelled import Labelled
from unimumer_data.support.tables import printable

from .facts import RARE, SHOWN_SYMBOLS, cut, facts, measures, rare_symbols
from .measure import SetStats, StatsConfig, ink_symbols, quantiles
from .plots import bars, histogram

THUMBNAIL = (360, 160)  # most width and height of a picture on the page, in pixels


def html_card(all_stats: Sequence[SetStats], config: StatsConfig) -> str:
    """The card as a page.

    Raises:
        SourceError: jinja2 is missing.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise SourceError("the card needs jinja2; pip install jinja2") from None
    environment = Environment(
        loader=PackageLoader("unimumer_data.stats"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: printable(value) if type(value) is str else value,  # plots have a type of their own
    )
    page = environment.get_template("card.html")
    return page.render(sets=[_set(stats, config) for stats in all_stats], rare_below=RARE)


def _set(stats: SetStats, config: StatsConfig) -> dict[str, Any]:
    """What the page shows of a set."""
    common = ink_symbols(stats).most_common(SHOWN_SYMBOLS)
    total = sum(ink_symbols(stats).values())
    return {
        "name": stats.name,
        "facts": facts(stats),
        "plots": [_plot(title, unit, values) for title, unit, values in measures(stats)],
        "symbols": bars(common, title=f"The {len(common)} most frequent symbols", total=total) if common else "",
        "total": total,
        "rare": [token for token, _ in rare_symbols(stats)],
        "tokens": [(token, count, stats.symbol_labels[token]) for token, count in stats.symbols.most_common()],
        "oddities": [
            {
                "kind": kind,
                "count": len(hits),
                "meaning": KINDS[kind],
                "examples": [(item.id, hit.message, cut(item.label)) for item, hit in hits[: config.examples]],
            }
            for kind, hits in stats.oddities.items()
        ],
        "samples": [{"id": item.id, "label": cut(item.label), **_thumbnail(item)} for item in stats.samples],
    }


def _plot(title: str, unit: str, values: list[int]) -> dict[str, str]:
    numbers = ", ".join(f"{name} {value:,}" for name, value in quantiles(values).items())
    return {
        "title": title,
        "numbers": numbers,
        "svg": histogram(values, title=f"{title} in {unit}: {numbers}", unit=unit),
    }


def _thumbnail(item: Labelled) -> dict[str, Any]:
    """A picture for the page, as PNG in base64; or why there is none."""
    if item.image is None:
        return {"data": "", "fault": ""}
    try:
        image = load_image(item.image)
    except ImageError as error:
        return {"data": "", "fault": str(error)}
    image.thumbnail(THUMBNAIL)
    buffer = BytesIO()
    image.convert("L").save(buffer, "PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"data": data, "width": image.width, "height": image.height, "fault": ""}
