"""Write the leaderboard: docs/leaderboard.md and a table in the README, from the score files in docs/leaderboard/.

    unimumer leaderboard                      write both again
    unimumer leaderboard check=true           only say whether they are up to date (1 if not)
    unimumer leaderboard add=results/x/scores.json entry=x model='X 3B' source=... decoding=...

``add`` takes the figures out of a run's scores.json; predictions and labels stay where they are.
"""

from __future__ import annotations

if __name__ == "__main__":  # a missing package is one sentence here too
    from unimumer_data.__main__ import check

    check("leaderboard")

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError, PredictionError
from unimumer_data.health.ledger import Contamination, read_ledger
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import read_text, write_whole
from unimumer_data.support.plain_json import parse_json
from unimumer_data.support.tables import markdown_text, show, write_table

from .report.data import SCHEMA, VERSION, dump
from .scores import TEXT_METRICS, TOKEN_METRICS, Metric

START = "<!-- leaderboard:start -->"
END = "<!-- leaderboard:end -->"
LEDGER = "contamination.yaml"
_KEPT = ("name", "n", "published", "forms", "counts", "metrics")

_TOKEN: list[Metric[Any]] = [metric for metric in TOKEN_METRICS if metric.in_tables and metric.name != "exprate"]
_TEXT: list[Metric[Any]] = [metric for metric in TEXT_METRICS if metric.in_tables]

_INTRODUCTION = """\
# Leaderboard

Written by `unimumer leaderboard` from the score files in [leaderboard/](leaderboard/); do not edit it by hand.
All figures were measured by this project's scorer on the predictions named below. **Raw** compares what lies between
white space, as the published evaluator does; **strict** compares canonical forms, so that two spellings of one formula
are equal; **loose** also accepts what [canonical-form.md](canonical-form.md) lists. All in percent, strict with its
95 % Wilson interval; **ExpRate@CDM** looks at the printed formulas ([metrics.md](metrics.md)). Every sample counts;
where a label cannot be read as LaTeX, an answer is right only if it repeats the label, and the last column says how
many there are. Rows of systems whose training data held part of the test set stand apart, below.
"""

_LEGEND = "≤ 1, ≤ 2, ≤ 3, BLEU-4, TER (token edits / label tokens) and CER (the same of characters): strict form."

_CONTAMINATED = """\
## Contaminated: the test set was in the training data

These figures say how well a system remembers. They do not compare with those above. What is known stands in
[leaderboard/contamination.yaml](leaderboard/contamination.yaml): the share of the test set that the training data
holds, and how it was found. Where only the labels of a training set are known, `by` says `labels`: an equal label is
not yet an equal picture. `suspected` says that nothing was compared.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardConfig:
    """Keys of `unimumer leaderboard`."""

    add: Path | None = option(None, "scores.json of a run to add; needs entry, model, source and decoding")
    entry: str = option(
        "", "name of the score file, such as unimumer-3b; figures of sets that it has already are replaced"
    )
    model: str = option("", "name of the model in the table")
    source: str = option("", "where the predictions are from")
    decoding: str = option("", 'engine, temperature and so on, as the source says, or "not stated"')
    variant: str = option(
        "", 'what is special about these figures, such as "intact labels"; shown after the name of the set'
    )
    folder: Path = option(Path("docs/leaderboard"), "folder of the score files")
    page: Path = option(Path("docs/leaderboard.md"), "the page to write")
    readme: Path | None = option(
        Path("README.md"), "file with the markers between which the short table goes; null for none"
    )
    check: bool = option(False, "change nothing, only compare")

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


@dataclass(frozen=True, slots=True)
class _Row:
    """A scored set of an entry, and what is known of its contamination."""

    entry: Mapping[str, Any]
    scores: Mapping[str, Any]
    contamination: Contamination | None


def _rows(entries: Sequence[dict[str, Any]], ledger: Sequence[Contamination]) -> list[_Row]:
    """All rows, the clean ones first."""
    known = {(row.system, row.set): row for row in ledger}
    rows = [_Row(entry, one, known.get((entry["model"], one["name"]))) for entry in entries for one in entry["sets"]]
    return sorted(rows, key=lambda row: row.contamination is not None)


def short_table(entries: Sequence[dict[str, Any]], ledger: Sequence[Contamination] = ()) -> str:
    """The table of the README: raw and strict side by side; below it, apart and marked, the contaminated rows."""
    head = ("Model", "Test set", "n", "ExpRate raw", "strict", "loose", "@CDM")
    rows = _rows(entries, ledger)
    lines = [write_table(head, [_short_row(row) for row in rows if not row.contamination], "markdown", text_columns=2)]
    seen = [(*_short_row(row), _share(row.contamination)) for row in rows if row.contamination]
    if seen:
        table = write_table((*head, "of it in training data"), seen, "markdown", text_columns=2)
        note = "Contaminated, not to be compared with the rows above: trained on test samples, or suspected to be."
        lines += ["", note, "", table]
    return "\n".join(lines)


def _short_row(row: _Row) -> tuple[str, ...]:
    scores = row.scores
    return (row.entry["model"], _title(scores), f"{scores['n']:,}", *_exprates(scores), _text_figures(scores)[0])


def page_text(entries: Sequence[dict[str, Any]], ledger: Sequence[Contamination] = ()) -> str:
    """The whole page: figures of every set, clean ones apart from contaminated ones, then where they are from."""
    titles = (metric.title for metric in (*_TEXT, *_TOKEN))
    head = ("Model", "Test set", "n", "Raw", "Strict", "Loose", *titles, "Bad labels")
    rows = _rows(entries, ledger)
    clean = [(row.entry["model"], *_full_row(row.scores)) for row in rows if row.contamination is None]
    seen = [
        (row.entry["model"], *_full_row(row.scores), _share(row.contamination)) for row in rows if row.contamination
    ]
    notes = [
        f"- **{markdown_text(entry['model'])}**: {entry['source']}. Decoding: {entry['decoding']}. Scored with "
        f"canonical rules, version {entry['canonical']}."
        for entry in entries
    ]
    lines = [_INTRODUCTION, write_table(head, clean, "markdown", text_columns=2), "", _LEGEND, ""]
    if seen:
        lines += [_CONTAMINATED, write_table((*head, "In training data"), seen, "markdown", text_columns=2), ""]
        lines += [_note(row.contamination) for row in rows if row.contamination] + [""]
    return "\n".join([*lines, "## Where the predictions are from", "", *notes, ""])


def _share(contamination: Contamination) -> str:
    return "not known" if contamination.share is None else f"{contamination.share:.1f} %"


def _note(row: Contamination) -> str:
    return f"- **{markdown_text(row.system)}, {markdown_text(row.set)}** ({row.by}): {row.found} Source: {row.source}."


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
    ledger = read_ledger(config.folder / LEDGER)
    wanted = {config.page: page_text(entries, ledger)}
    if config.readme is not None:
        text = read_text(config.readme)
        wanted[config.readme] = replace_block(text, short_table(entries, ledger), str(config.readme))
    stale = [path for path, text in wanted.items() if not path.exists() or read_text(path) != text]
    if config.check:
        for path in stale:
            show(f"{path} is out of date: unimumer leaderboard", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        write_whole(path, wanted[path])
    show(f"{len(files)} score files; written: {', '.join(map(str, stale)) or 'nothing, all up to date'}")
    return 0


def _read(path: Path, schema: str) -> dict[str, Any]:
    try:
        content = parse_json(read_text(path))
    except (OSError, ValueError) as error:
        raise PredictionError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(content, dict) or content.get("schema") != schema or content.get("version") != VERSION:
        raise PredictionError(f"{path}: not a file of the schema {schema}, version {VERSION}; write it again")
    return content


def _title(one: Mapping[str, Any]) -> str:
    return str(one["name"]) + (f" ({one['variant']})" if "variant" in one else "")


def _full_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    strict, counts = one["forms"]["strict"], one["counts"]
    return (
        _title(one),
        f"{one['n']:,}",
        *_exprates(one),
        *_text_figures(one),
        *(f"{strict[metric.name]['value']:.2f}" for metric in _TOKEN),
        str(counts["unparsable_labels"] + counts["empty_labels"]),
    )


def _exprates(one: Mapping[str, Any]) -> tuple[str, str, str]:
    """Raw, strict with its interval, loose."""
    raw, strict, loose = (one["forms"][form]["exprate"] for form in ("raw", "strict", "loose"))
    return (
        f"{raw['value']:.2f}",
        f"{strict['value']:.2f} [{strict['low']:.2f}, {strict['high']:.2f}]",
        f"{loose['value']:.2f}",
    )


def _text_figures(one: Mapping[str, Any]) -> tuple[str, ...]:
    """The text metrics of the tables; a dash each where they were not scored."""
    figures = one["metrics"]
    return tuple(f"{figures[metric.name]['value']:.2f}" if metric.name in figures else "-" for metric in _TEXT)


if __name__ == "__main__":
    sys.exit(main())
