"""The leaderboard: score files in docs/leaderboard/ become docs/leaderboard.md and a table in the README.

    unimumer leaderboard                      write both anew
    unimumer leaderboard check=true           only say whether they are up to date (1 if not)
    unimumer leaderboard add=results/x/scores.json entry=x model='X 3B' source=... decoding=...

``add`` takes the figures out of a run's scores.json; predictions and labels stay where they are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, PredictionError
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config
from unimumer_data.support.files import write_whole

from .report.data import SCHEMA, VERSION, dump
from .report.tables import markdown_lines

START = "<!-- leaderboard:start -->"
END = "<!-- leaderboard:end -->"
_KEPT = ("name", "n", "published", "forms", "counts", "visual")

_STRICT = {
    "≤ 1": "exprate_le1",
    "≤ 2": "exprate_le2",
    "TER": "token_error_rate",
    "CER": "char_error_rate",
    "BLEU-4": "bleu4",
}
"""Columns of the page -> figures of the strict form."""
_PAPER = ("CDM", "CDM F1", "Structure F1")

_INTRODUCTION = """\
# Leaderboard

Written by `unimumer leaderboard` from the score files in [leaderboard/](leaderboard/); do not edit it by hand.
All figures were measured by this project's scorer on the predictions named below. **Raw** compares what lies between
white space, as the published evaluator does; **strict** compares canonical forms, so that two spellings of one formula
are equal; **loose** forgives what [canonical-form.md](canonical-form.md) lists. All in percent, strict with its 95 %
bootstrap interval; **CDM** is ExpRate@CDM, of the printed formulas ([metrics.md](metrics.md)). Every sample counts;
where a label cannot be read as LaTeX, an answer is right only if it repeats the label, and the last column says how
many there are.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardConfig:
    """Keys of `unimumer leaderboard [key=value ...]`.

    add: scores.json of a run to take in; needs entry, model, source, decoding.
    entry: name of the score file, such as unimumer-3b; figures of sets that it has already are replaced.
    model: as the table shall call it.
    source: where the predictions are from.
    decoding: engine, temperature and so on, as the source says, or "not stated".
    variant: what is special about these figures, such as "intact labels"; shown behind the set's name.
    folder: of the score files.
    page: the page to write.
    readme: file with the markers between which the short table goes; null for none.
    check: change nothing, only compare.
    """

    add: Path | None = None
    entry: str = ""
    model: str = ""
    source: str = ""
    decoding: str = ""
    variant: str = ""
    folder: Path = Path("docs/leaderboard")
    page: Path = Path("docs/leaderboard.md")
    readme: Path | None = Path("README.md")
    check: bool = False

    def __post_init__(self) -> None:
        absent = [key for key in ("entry", "model", "source", "decoding") if not getattr(self, key)]
        if self.add is not None and absent:
            raise ConfigError("add= also needs " + ", ".join(f"{key}=" for key in absent))


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 1 too where the files are out of date, else as `commandline.run_command` says."""
    words = read_words("unimumer leaderboard", __doc__, argv, keys=keys_of(LeaderboardConfig))
    return run_command(lambda: _update(load_config(LeaderboardConfig, words)))


def _update(config: LeaderboardConfig) -> int:
    if config.add is not None:
        _add(config, config.add)
    return _write(config)


def short_table(entries: Sequence[dict[str, Any]]) -> str:
    """The table of the README: raw and strict side by side."""
    head = ["Model", "Test set", "n", "ExpRate raw", "strict", "loose", "@CDM"]
    rows = [
        [entry["model"], _title(one), f"{one['n']:,}", *_exprates(one), _on_paper(one)[0]]
        for entry in entries
        for one in entry["sets"]
    ]
    return "\n".join(markdown_lines([head, *rows], text_columns=2))


def page_text(entries: Sequence[dict[str, Any]]) -> str:
    """The whole page: figures of every set, then where the predictions are from."""
    head = ["Model", "Test set", "n", "Raw", "Strict", "Loose", *_PAPER, *_STRICT, "Bad labels"]
    rows = [[entry["model"], *_full_row(one)] for entry in entries for one in entry["sets"]]
    table = markdown_lines([head, *rows], text_columns=2)
    notes = [
        f"- **{entry['model']}**: {entry['source']}. Decoding: {entry['decoding']}. Scored with canonical rules, "
        f"version {entry['canonical']}."
        for entry in entries
    ]
    legend = "≤ 1, ≤ 2, TER (token edits / label tokens), CER (the same of characters) and BLEU-4: strict form."
    return "\n".join([_INTRODUCTION, *table, "", legend, "", "## Where the predictions are from", "", *notes, ""])


def replace_block(text: str, block: str, name: str) -> str:
    """``text`` with ``block`` between the two marker lines.

    Raises:
        PredictionError: the markers are not there, or not in order.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise PredictionError(f"{name}: put the lines {START} and {END} where the table belongs")
    return f"{before}{START}\n{block}\n{END}{after}"


def _add(config: LeaderboardConfig, file: Path) -> None:
    scores = _read(file, SCHEMA)
    path = config.folder / f"{config.entry}.json"
    kept = _read(path, f"{SCHEMA}-entry")["sets"] if path.exists() else []
    variant = {"variant": config.variant} if config.variant else {}
    fresh = [{key: one[key] for key in _KEPT} | variant for one in scores["sets"]]
    titles = {_title(one) for one in fresh}
    sets = [one for one in kept if _title(one) not in titles] + fresh
    entry = {
        "schema": f"{SCHEMA}-entry",
        "version": VERSION,
        "canonical": scores["canonical"],
        "model": config.model,
        "source": config.source,
        "decoding": config.decoding,
        "sets": sorted(sets, key=_title),
    }
    config.folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, dump(entry))


def _write(config: LeaderboardConfig) -> int:
    files = sorted(config.folder.glob("*.json"))
    if not files:
        raise PredictionError(f"{config.folder}: no score files; take one in with add=results/x/scores.json")
    entries = [_read(file, f"{SCHEMA}-entry") for file in files]
    wanted = {config.page: page_text(entries)}
    if config.readme is not None:
        text = config.readme.read_text(encoding="utf-8")
        wanted[config.readme] = replace_block(text, short_table(entries), str(config.readme))
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if config.check:
        for path in stale:
            print(f"{path} is out of date: unimumer leaderboard", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        write_whole(path, wanted[path])
    print(f"{len(files)} score files; written: {', '.join(map(str, stale)) or 'nothing, all up to date'}")
    return 0


def _read(path: Path, schema: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise PredictionError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(content, dict) or content.get("schema") != schema or content.get("version") != VERSION:
        raise PredictionError(f"{path}: not a file of the schema {schema}, version {VERSION}; write it anew")
    return content


def _title(one: dict[str, Any]) -> str:
    return one["name"] + (f" ({one['variant']})" if "variant" in one else "")


def _full_row(one: dict[str, Any]) -> list[str]:
    strict, counts = one["forms"]["strict"], one["counts"]
    return [
        _title(one),
        f"{one['n']:,}",
        *_exprates(one),
        *_on_paper(one),
        *(f"{strict[name]['value']:.2f}" for name in _STRICT.values()),
        str(counts["unparsable_labels"] + counts["empty_labels"]),
    ]


def _exprates(one: dict[str, Any]) -> tuple[str, str, str]:
    """Raw, strict with its interval, loose."""
    raw, strict, loose = (one["forms"][form]["exprate"] for form in ("raw", "strict", "loose"))
    return (
        f"{raw['value']:.2f}",
        f"{strict['value']:.2f} [{strict['low']:.2f}, {strict['high']:.2f}]",
        f"{loose['value']:.2f}",
    )


def _on_paper(one: dict[str, Any]) -> tuple[str, ...]:
    """The columns `_PAPER`; a dash each where they were not scored."""
    visual = one["visual"]
    if visual is None:
        return ("-",) * len(_PAPER)
    return tuple(f"{x:.2f}" for x in (visual["cdm"]["exprate"], visual["cdm"]["f1"], visual["structure_f1"]))


if __name__ == "__main__":
    sys.exit(main())
