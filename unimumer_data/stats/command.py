"""Write a data card: what labelled sets hold, to look at before training.

    unimumer card data/x/x.json ... output=results/card [tokenizer=DIR] [key=value ...]

Writes ``data_card.md`` and ``data_card.html`` (one page, no network) into the output folder. A set is a JSON file
(records, predictions or label strings) or a data set name of dataset_info.json.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from unimumer_data.records.labelled import SETS, read_labelled, split_sets
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config
from unimumer_data.support.files import write_whole
from unimumer_data.support.tables import show

from .html import html_card
from .markdown import markdown_card
from .measure import SetStats, StatsConfig, load_tokenizer, measure


def main(argv: Sequence[str] | None = None) -> int:
    """Write the card; see `commandline.run_command` for what is returned."""
    words = read_words("unimumer card", __doc__, argv, keys=keys_of(StatsConfig), metavar=SETS)
    return run_command(lambda: _card(words))


def _card(words: Sequence[str]) -> None:
    names, options = split_sets(words)
    config = load_config(StatsConfig, options)
    count = load_tokenizer(config.tokenizer) if config.tokenizer else None
    stats = [measure(read_labelled(name, root=config.root), config, count) for name in names]
    for path in write_card(stats, config):
        show(f"written to {path}")
    for one in stats:
        if missing := one.missing_pictures:
            said = f"{one.name}: {len(missing)} pictures missing or broken, the first of {missing[0]!r}"
            show(said, file=sys.stderr)


def write_card(stats: Sequence[SetStats], config: StatsConfig) -> list[Path]:
    """Write both files; each is whole or absent.

    Raises:
        OutputError: the folder cannot be written to.
    """
    paths = []
    for name, text in (("data_card.md", markdown_card(stats, config)), ("data_card.html", html_card(stats, config))):
        path = config.output / name
        write_whole(path, text)
        paths.append(path)
    return paths


if __name__ == "__main__":
    sys.exit(main())
