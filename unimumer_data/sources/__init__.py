"""The corpora that build can read. Add one by a module with a ``SOURCE`` and one line below (docs/corpora.md)."""

from __future__ import annotations

from unimumer_data.errors import UnknownSourceError, suggestion

from . import (
    captions,
    collected,
    conversations,
    crohme,
    crohme2023,
    cvat,
    hme100k,
    hub_parquet,
    im2latex,
    im2latex_csv,
    imagefolder,
    label_studio,
    mathwriting,
    pickles,
    published,
    synth,
    table,
    unimer,
)
from .base import Drop, Source

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        captions.SOURCE,
        collected.SOURCE,
        conversations.SOURCE,
        crohme.SOURCE,
        crohme2023.SOURCE,
        cvat.SOURCE,
        hme100k.SOURCE,
        hub_parquet.SOURCE,
        im2latex.SOURCE,
        im2latex_csv.SOURCE,
        imagefolder.SOURCE,
        label_studio.SOURCE,
        mathwriting.SOURCE,
        pickles.SOURCE,
        published.SOURCE,
        synth.SOURCE,
        table.SOURCE,
        unimer.SOURCE,
    )
}


def get_source(name: str) -> Source:
    """The source of that name.

    Raises:
        UnknownSourceError: with the nearest name.
    """
    try:
        return SOURCES[name]
    except KeyError:
        raise UnknownSourceError(
            f"unknown source {name!r}{suggestion(name, SOURCES)}. Known: {', '.join(SOURCES)}"
        ) from None


__all__ = ["SOURCES", "Drop", "Source", "get_source"]
