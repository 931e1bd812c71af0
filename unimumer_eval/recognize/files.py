"""Results on disk: a journal while the run goes on, then the whole file in the format that its name asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from unimumer_data.errors import ConfigError, LatexSyntaxError, OutputError, suggestion
from unimumer_data.latex.grammar import is_known
from unimumer_data.latex.tokens import tokenize
from unimumer_data.support.plain_json import parse_json
from unimumer_data.support.tables import csv_row, latex_text, markdown_text, printable, printable_lines, safe_cell

from .forms import FORMS, CopyForm
from .result import Recognition

Row = dict[str, Any]


class ResultFile:
    """The output of a run. What was answered before a kill is known; it becomes the file when the run ends.

    While the run goes on, results are lines of ``<name>.partial``, whatever the format; the first line holds the
    settings.

    Args:
        path: of the output; its suffix is the format.
        settings: all that may change an answer.
        copy: form of the LaTeX in formats that are made for people.
        resume: False throws away what an earlier run has written.

    Raises:
        ConfigError: no such format.
        OutputError: the output exists, or an unfinished run with other settings is in the way.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], *, copy: CopyForm, resume: bool = True) -> None:
        check_format(path)
        self.path, self._copy = path, copy
        self._journal = path.with_name(f"{path.name}.partial")
        self._settings = json.loads(json.dumps(settings, ensure_ascii=False, default=str))
        self._file: TextIO | None = None
        if not resume:
            self._journal.unlink(missing_ok=True)
        elif path.exists() and not self._journal.exists():
            raise OutputError(f"{path} exists; choose another output=, or resume=false to write it again")
        self._rows = self._load()

    def known(self, key: str) -> bool:
        """Whether the input was answered before."""
        return key in self._rows

    @property
    def resumed(self) -> int:
        """Inputs that were answered before."""
        return len(self._rows)

    def add(self, key: str, result: Recognition) -> None:
        """Note a result; it is safe from a kill of this process when the call returns."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = not self._journal.exists()
            self._file = self._journal.open("a", encoding="utf-8")
            if new:
                self._file.write(_line({"settings": self._settings}))
        row = {"key": key, **result.to_dict()}
        self._file.write(_line(row))
        self._file.flush()
        self._rows[key] = -1

    def finish(self, keys: Iterable[str]) -> int:
        """Write the output whole, in the order of the keys; how many inputs have a reason instead of LaTeX.

        Raises:
            OutputError: it cannot be written.
        """
        self.close()
        failed = 0
        partial = self.path.with_name(f".{self.path.name}.writing")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("w", encoding="utf-8", newline="") as file:
                rows = self._in_order(keys)
                for text, failure in WRITERS[self.path.suffix.lower()](rows, self._copy):
                    file.write(text)
                    failed += failure
            partial.replace(self.path)
            self._journal.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written ({error.strerror}); make room, run it again") from error
        return failed

    def close(self) -> None:
        """Close the journal; the next `add` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _load(self) -> dict[str, int]:
        """Key -> where its line begins in the journal; the torn last line of a kill is cut off."""
        if not self._journal.exists():
            return {}
        rows: dict[str, int] = {}
        with self._journal.open("r+b") as file:
            start = 0
            for number, line in enumerate(file):
                if not line.endswith(b"\n"):
                    file.truncate(start)
                    break
                row = _read(line, self._journal, number + 1)
                if number == 0:
                    self._check(row.get("settings"))
                elif "key" in row:
                    rows[row["key"]] = start
                start += len(line)
        return rows

    def _check(self, settings: Any) -> None:
        if settings == self._settings:
            return
        old = settings if isinstance(settings, dict) else {}
        keys = [key for key in {**old, **self._settings} if old.get(key) != self._settings.get(key)]
        changed = ", ".join(f"{key}: {old.get(key)!r} -> {self._settings.get(key)!r}" for key in keys)
        raise OutputError(
            f"{self._journal} was begun with other settings ({changed}). Finish it with those, choose another "
            "output=, or throw its answers away with resume=false"
        )

    def _in_order(self, keys: Iterable[str]) -> Iterator[Row]:
        places = self._load()
        if not places:
            return
        with self._journal.open("rb") as file:
            for key in keys:
                if key in places:
                    file.seek(places[key])
                    row: Row = json.loads(file.readline())
                    del row["key"]
                    yield row


def check_format(path: Path) -> None:
    """Refuse an output whose suffix is no format.

    Raises:
        ConfigError: with the formats.
    """
    if path.suffix.lower() not in WRITERS:
        near = suggestion(path.suffix.lower(), WRITERS)
        raise ConfigError(f"output={path}: must end in one of {', '.join(WRITERS)}{near}")


def copied(row: Row, form: CopyForm) -> str:
    """The LaTeX of a row in a form; as it is where it cannot be read."""
    try:
        return FORMS[form](row["latex"])
    except LatexSyntaxError:
        return str(row["latex"])


def _read(line: bytes, path: Path, number: int) -> Row:
    try:
        row = parse_json(line)
        if isinstance(row, dict):
            return row
        raise ValueError("no object")
    except ValueError as error:
        raise OutputError(f"{path}, line {number}: damaged ({error}); use resume=false") from error


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


# A writer yields pieces of the file, each with 1 where it reports a failure.
Pieces = Iterator[tuple[str, int]]
_COLUMNS = ("name", "latex", "confidence", "failure", "accept")


def _jsonl(rows: Iterable[Row], form: CopyForm) -> Pieces:
    for row in rows:
        if form != "records":
            row = {**row, form: copied(row, form) if row["latex"] else ""}
        yield _line(row), int(bool(row["failure"]))


def _cells(row: Row, form: CopyForm) -> list[str]:
    confidence = "" if row["confidence"] is None else f"{row['confidence']:.4f}"
    accept = "" if row.get("accept") is None else str(row["accept"]).lower()
    return [row["name"], copied(row, form) if row["latex"] else "", confidence, row["failure"] or "", accept]


def _tsv(rows: Iterable[Row], form: CopyForm) -> Pieces:
    yield "\t".join(_COLUMNS) + "\n", 0
    for row in rows:
        yield "\t".join(safe_cell(_one_line(cell)) for cell in _cells(row, form)) + "\n", int(bool(row["failure"]))


def _csv(rows: Iterable[Row], form: CopyForm) -> Pieces:
    yield csv_row(_COLUMNS), 0
    for row in rows:
        yield csv_row(_cells(row, form)), int(bool(row["failure"]))


_TEX_HEAD = "\\documentclass{article}\n\\usepackage{amsmath,amssymb}\n\\begin{document}\n"


def _tex(rows: Iterable[Row], form: CopyForm) -> Pieces:
    yield _TEX_HEAD, 0
    for row in rows:
        name = _one_line(row["name"])
        if row["failure"]:
            yield f"\n% {name}: {_one_line(row['failure'])}\n", 1
            continue
        text = _one_line(copied(row, form))
        formula = f"\\[ {text} \\]" if form in _LATEX and _harmless(row) else f"\\texttt{{{latex_text(text)}}}"
        yield f"\n% {name}\n{formula}\n", 0
    yield "\n\\end{document}\n", 0


def _markdown(rows: Iterable[Row], form: CopyForm) -> Pieces:
    for row in rows:
        head = f"### {markdown_text(_one_line(row['name']))}\n\n"
        if row["failure"]:
            yield f"{head}    {_one_line(row['failure'])}\n\n", 1
            continue
        text = printable_lines(copied(row, form))
        if not _harmless(row):
            yield f"{head}    {_one_line(text)}\n\n", 0
        elif form in _LATEX:
            yield f"{head}$$\n{text}\n$$\n\n", 0
        else:
            yield f"{head}```{form}\n{text}\n```\n\n", 0


_LATEX = ("records", "strict")


def _harmless(row: Row) -> bool:
    r"""Whether LaTeX may be typeset: it can be read, and no command, such as ``\input``, is unknown here."""
    return not row["fault"] and all(map(is_known, tokenize(row["latex"])))


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())


WRITERS: Mapping[str, Callable[[Iterable[Row], CopyForm], Pieces]] = {
    ".jsonl": _jsonl,
    ".tsv": _tsv,
    ".csv": _csv,
    ".tex": _tex,
    ".md": _markdown,
}
