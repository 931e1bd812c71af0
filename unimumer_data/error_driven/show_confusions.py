r"""Count which symbols a model confuses, from its predictions, and draw a heat map.

    unimumer confusions predictions=results/run output=results/confusions

Prints the table and the heat map. Writes confusions.json, from which `unimumer errors synthetic=` makes errors, and
confusions.svg.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import write_whole
from unimumer_data.support.tables import show, write_table

from .confusions import Confusions, labelled_pairs, learn, look_alikes, save
from .heat_map import heat_svg, heat_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionsConfig:
    """Keys of `unimumer confusions [config.yaml] [key=value ...]`."""

    predictions: tuple[Path, ...] = option(
        (), "prediction files or folders of them; without any, the built-in table of look-alikes"
    )
    output: Path = option(Path("results/confusions"), "folder for confusions.json and confusions.svg")
    rows: int = option(30, "number of confusions to print")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer confusions", __doc__, argv, keys=keys_of(ConfusionsConfig))
    return run_command(lambda: _show(load_config(ConfusionsConfig, words)))


def _show(config: ConfusionsConfig) -> None:
    confusions = learn(labelled_pairs(config.predictions)) if config.predictions else look_alikes()
    save(confusions, config.output / "confusions.json")
    write_whole(config.output / "confusions.svg", heat_svg(confusions))
    show(table(confusions, config.rows))
    show(heat_text(confusions))
    show(f"files: {config.output / 'confusions.json'}, {config.output / 'confusions.svg'}")


def table(confusions: Confusions, rows: int = 30) -> str:
    """The most frequent confusions as text."""
    ranked = sorted(confusions.counts.items(), key=lambda item: (-item[1], item[0]))[:rows]
    cells = [
        (label or "(nothing)", answer or "(nothing)", str(count), str(confusions.seen.get(label, 0)))
        for (label, answer), count in ranked
    ]
    return write_table(["label", "taken for", "times", "of"], cells, "screen", text_columns=2)


if __name__ == "__main__":
    sys.exit(main())
