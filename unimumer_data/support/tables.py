"""The one writer of tables: for the screen, for Markdown, for LaTeX, and as CSV for spreadsheets.

Cells are plain text. Whatever has a meaning in the target format is escaped here, so that ids, labels and names of
others can do no harm in the program that opens the table.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TextIO

Style = Literal["screen", "markdown", "latex"]

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "≤": r"$\leq$",
    "±": r"$\pm$",
    "–": "--",
}
# what has a meaning in Markdown: an underscore within a word and a bracket that opens no link are plain text
_MARKDOWN = re.compile(r"([\\`*|~]|\](?=[(\[:])|(?<![^\W_])_|_(?![^\W_]))")
_MARKDOWN_BLOCK = re.compile(r"^(\d*)([#+.)-])(?=[\s#-])")  # headings and items of lists begin so
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_UNSEEN = re.compile(r"(?![\t\n])" + _CONTROL.pattern.removesuffix("+"))
_FORMULA = tuple("=+-@")


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]], style: Style, *, text_columns: int = 1) -> str:
    """A table as text, without a line feed at its end.

    >>> print(write_table(["set", "n"], [["a_b", "12"], ["c", "7"]], "screen"))
    set   n
    a_b  12
    c     7
    >>> print(write_table(["set", "n"], [["a_b", "12"]], "markdown"))
    | set | n |
    | --- | ---: |
    | a_b | 12 |

    Args:
        head: headings of k columns.
        rows: k cells each.
        text_columns: the first columns hold text and stand at the left; the others hold numbers.
    """
    table = [[_one_line(cell) for cell in row] for row in (head, *rows)]
    return {"screen": _screen, "markdown": _markdown, "latex": _latex}[style](table, text_columns)


def write_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    r"""A table as CSV. Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay.

    >>> write_csv(["id", "gain"], [["=1+1", -2.5], ["-x", "-3"]])
    "id,gain\n'=1+1,-2.5\n'-x,-3\n"
    """
    return "".join(map(csv_row, (head, *rows)))


def csv_row(cells: Iterable[Any]) -> str:
    """One row of `write_csv`, with its line feed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(map(safe_cell, cells))
    return text.getvalue()


def safe_cell(cell: Any) -> Any:
    """A cell of CSV or TSV that no spreadsheet runs and no terminal obeys; line feeds stay."""
    if not isinstance(cell, str):
        return cell
    cell = _UNSEEN.sub(" ", cell)  # among them carriage returns, at which some programs end a row
    if not cell.lstrip().startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell


def show(text: object, *, file: TextIO | None = None, flush: bool = False) -> None:
    """Print what may hold text of others: no control character but line feeds and tabs reaches the terminal."""
    print(_UNSEEN.sub(" ", str(text)), file=file, flush=flush)


def printable(text: str) -> str:
    """``text`` without control characters: what others wrote cannot move the cursor or colour the terminal."""
    return _CONTROL.sub(" ", text)


def printable_lines(text: str) -> str:
    """As `printable`, but line feeds stay."""
    return "\n".join(map(printable, text.split("\n")))


def markdown_text(text: str) -> str:
    """``text`` as it reads in Markdown: no tag, emphasis, link or cell border comes of it."""
    return _MARKDOWN_BLOCK.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", html.escape(text, quote=False)))


def latex_text(text: str) -> str:
    """``text`` as LaTeX prints it."""
    return "".join(_LATEX.get(character, character) for character in text)


def _one_line(cell: str) -> str:
    return printable(cell).strip()


def _screen(table: Sequence[Sequence[str]], text_columns: int) -> str:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        cells = [
            cell.ljust(width) if column < text_columns else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _markdown(table: Sequence[Sequence[str]], text_columns: int) -> str:
    lines = ["| " + " | ".join(map(markdown_text, row)) + " |" for row in table]
    numbers = len(table[0]) - text_columns
    return "\n".join([lines[0], "|" + " --- |" * text_columns + " ---: |" * numbers, *lines[1:]])


def _latex(table: Sequence[Sequence[str]], text_columns: int) -> str:
    lines = [" & ".join(map(latex_text, row)) + r" \\" for row in table]
    columns = "l" * text_columns + "r" * (len(table[0]) - text_columns)
    head = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", lines[0], r"\midrule"]
    return "\n".join([*head, *lines[1:], r"\bottomrule", r"\end{tabular}"])
