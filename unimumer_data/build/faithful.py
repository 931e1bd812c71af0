"""Make test samples that show over-correction: ink of formulas that are unusual or false, with exact labels.

    unimumer faithful set=corpora/CROHME/TestEM2014GT output=data/faithful_2014
    unimumer eval model=outputs/unimumer data=data/faithful_2014

A model that was trained on right formulas may "repair" wrong ones: 2 + 2 = 5 becomes 2 + 2 = 4. In each ink of the
folder one symbol is replaced by another one of the same writer, or two are exchanged, so that the formula is the least
usual of many. `unimumer eval` reports how many answers are the plausible formula instead of what is written.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from unimumer_data.errors import ConfigError, InkError, LatexSyntaxError, SourceError
from unimumer_data.handwriting.changed import Usual, change
from unimumer_data.handwriting.collect import Segment, collect, writer_of
from unimumer_data.ink import Ink, read_inkml, write_inkml
from unimumer_data.latex import tokenize
from unimumer_data.sources.base import existing_folder, unique_ids
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import REQUIRED, load_config, option
from unimumer_data.support.files import refuse_taken, whole_folder
from unimumer_data.support.progress import Progress
from unimumer_data.support.tables import show

LEFT_OUT = "left_out.jsonl"  # dropped.jsonl would make the folder look like a set
_REASONS = {
    "no_segmentation": "has no trace groups with labels",
    "label": "its label cannot be read as LaTeX",
    "no_symbol": "has no symbol that could be changed: digits, letters and signs are, where the label has them too",
    "nothing_fits": "its writer has no other symbol that fits and is not mistaken for the one before",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaithfulConfig:
    """Keys of ``unimumer faithful``."""

    set: Path = option(REQUIRED, "folder of InkML files with trace groups, at any depth")
    output: Path = option(Path("data/faithful"), "folder to make")
    limit: int | None = option(None, "only this many samples, the first ones")
    seed: int = option(0, "of the changes that are compared")

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"limit must be at least 1, got {self.limit}")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer faithful", __doc__, argv, keys=keys_of(FaithfulConfig))
    return run_command(lambda: show(make(load_config(FaithfulConfig, words))))


def make(config: FaithfulConfig) -> str:
    """Write the folder; a text for the screen.

    Raises:
        SourceError: no ink of the folder can be changed.
        OutputError: the output exists, or cannot be written.
    """
    output = config.output
    refuse_taken(output)
    files = dict(unique_ids(config.set, sorted(existing_folder(config.set).rglob("*.inkml"))))
    dropped: list[dict[str, str]] = []
    symbols: dict[str, list[Segment]] = defaultdict(list)
    labels: list[list[str]] = []
    with Progress("reading", len(files)) as progress:
        for name, ink in _inks(files, dropped):
            symbols[writer_of(ink, files[name].stem)] += collect(ink).segments
            labels.append(_tokens(ink))
            progress.step()
    with whole_folder(output) as folder:
        kept = _write(files, symbols, Usual(labels), config, dropped, folder)
        reasons = ", ".join(
            f"{reason}: {n}" for reason, n in sorted(Counter(one["reason"] for one in dropped).items())
        )
        if not kept:
            raise SourceError(f"{config.set}: no ink in it can be changed ({reasons or 'there is none'})")
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in dropped)
        (folder / LEFT_OUT).write_text(text, encoding="utf-8")
    said = [
        f"{kept} samples -> {output}",
        *([f"  left out: {reasons}   (each in {output / LEFT_OUT})"] if reasons else []),
    ]
    return "\n".join(said)


def _inks(files: dict[str, Path], dropped: list[dict[str, str]] | None = None) -> Iterator[tuple[str, Ink]]:
    for name, file in files.items():
        try:
            yield name, read_inkml(file)
        except InkError as error:
            if dropped is not None:
                dropped.append({"id": name, "reason": "unreadable", "message": str(error)})


def _tokens(ink: Ink) -> list[str]:
    try:
        return tokenize(ink.label.strip("$ \n\t"))
    except LatexSyntaxError:
        return []


def _write(
    files: dict[str, Path],
    symbols: dict[str, list[Segment]],
    usual: Usual,
    config: FaithfulConfig,
    dropped: list[dict[str, str]],
    folder: Path,
) -> int:
    """Write the changed inks; how many there are."""
    kept = 0
    with Progress("writing", config.limit or len(files)) as progress:
        for name, ink in _inks(files):
            if kept == config.limit:
                break
            rng = random.Random(f"{config.seed} {name}")
            found = (
                change(ink, symbols[writer_of(ink, files[name].stem)], usual, rng)
                if ink.symbols
                else "no_segmentation"
            )
            if isinstance(found, str):
                dropped.append({"id": name, "reason": found, "message": f"{files[name]}: {_REASONS[found]}"})
            else:
                (folder / f"{name}.inkml").write_text(write_inkml(found), encoding="utf-8")
                kept += 1
            progress.step()
    return kept


if __name__ == "__main__":
    sys.exit(main())
