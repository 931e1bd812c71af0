"""Handwriting of any formulas: a list of LaTeX, written with a bank of symbols, each formula in one writer's hand.

The list has a formula on each line, after an id and a tab if you like; or it is a JSON array of formulas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from unimumer_data.errors import ConfigError, SourceError
from unimumer_data.records.json_array import read_json_array
from unimumer_data.records.record import Sample, Writing

from .base import Drop, Source
from .formats.tables import count_lines, read_lines

if TYPE_CHECKING:
    from unimumer_data.handwriting.bank import Bank
    from unimumer_data.ink import Ink


def read(
    path: Path, split: str, *, bank: str = "", seed: str = "0", copies: str = "1", inkml: str = ""
) -> Iterator[Sample | Drop]:
    """The formulas in the order of the list; ``copies`` samples of each, by other writers."""
    numbers = {"seed": seed, "copies": copies}
    for key, text in numbers.items():
        if not text.isdecimal() or (key == "copies" and int(text) < 1):
            raise ConfigError(f"options: {key} must be a whole number, got {text!r}")
    digest = _bank(bank).digest
    writing = Writing(bank=Path(bank), digest=digest, seed=int(seed), inkml=Path(inkml) if inkml else None)
    for sample_id, label in formulas_of(path):
        if not label.strip():
            yield Drop(id=sample_id, reason="empty_label", message=f"{path.name}: {sample_id} has no formula")
            continue
        for copy in range(1, int(copies) + 1):
            name = sample_id if copy == 1 else f"{sample_id}__{copy}"
            yield Sample(id=name, label=label, writing=writing, split=split)


def formulas_of(path: Path) -> Iterator[tuple[str, str]]:
    """(id, formula) of each item of the list; blank lines are none."""
    if not path.is_file():
        raise SourceError(f"{path}: no such file (from {Path.cwd()}); write path= of a list of formulas, one a line")
    stem = path.name.partition(".")[0]
    if path.suffix.lower() == ".json":
        for number, label in enumerate(read_json_array(path)):
            if not isinstance(label, str):
                raise SourceError(f"{path}: item {number}: a JSON array of formulas is needed, found {label!r:.60}")
            yield f"{stem}_{number}", label
        return
    for number, line, _ in read_lines(path):
        name, tab, label = line.partition("\t")
        if line.strip():
            yield (name.strip(), label.strip()) if tab else (f"{stem}_{number}", line.strip())


def _bank(bank: str) -> Bank:
    if not bank:
        raise ConfigError("options: bank is missing; write options={bank: FOLDER}, made by unimumer bank")
    from unimumer_data.handwriting.bank import read_bank

    return read_bank(Path(bank))


def write(sample: Sample) -> Ink:
    """The formula of a sample as ink.

    Raises:
        CannotWriteError: the bank lacks a symbol.
        LatexSyntaxError: the formula cannot be read.
    """
    from unimumer_data.handwriting.compose import compose

    assert sample.writing is not None
    bank = _bank(str(sample.writing.bank))
    return compose(sample.label.strip("$ "), bank, seed=sample.writing.seed, sample_id=sample.id)


def terms(path: Path, options: Mapping[str, str]) -> str:
    """The licence of the bank."""
    return f"handwriting of {options.get('bank', '')}: {_bank(options.get('bank', '')).licence}"


SOURCE = Source(
    name="synth",
    layout="a list of formulas, a line each ('id<TAB>formula' too), or a JSON array; options={bank: FOLDER}",
    read=read,
    count=lambda path, split: count_lines(path) if path.is_file() and path.suffix.lower() != ".json" else None,
    licence="that of the bank of handwriting",
    options={
        "bank": "folder of the handwriting, made by unimumer bank",
        "seed": "decides with the sample's id over all chance (default: 0)",
        "copies": "number of samples of each formula, by other writers (default: 1)",
        "inkml": "folder for the ink of each sample as InkML; default: none is written",
    },
    write=write,
    terms=terms,
)
