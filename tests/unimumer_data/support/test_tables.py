"""One table, four formats; what others wrote stays text in each."""

from __future__ import annotations

import ast
import csv
import html
import io
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from unimumer_data.support.tables import latex_text, markdown_text, printable, show, write_csv, write_table


def test_columns_line_up_on_the_screen() -> None:
    rows = [["a", "long name", "7"], ["bcd", "m", "1,000"]]
    first, *rest = write_table(["set", "model", "n"], rows, "screen", text_columns=2).splitlines()
    assert first == "set  model          n"
    assert {len(line) for line in rest} == {len(first)}


def test_booktabs() -> None:
    text = write_table(["Set", "≤ 1"], [["a_b", "50 %"]], "latex")
    assert r"\begin{tabular}{lr}" in text
    assert r"a\_b & 50 \% \\" in text and r"Set & $\leq$ 1 \\" in text


@pytest.mark.parametrize("name", [r"\input{secret}", r"\immediate\write18{id}", "$ ^ ~ { }", "a & b % c # d"])
def test_latex_of_others_is_printed_not_run(name: str) -> None:
    bare = latex_text(name).replace(r"\textbackslash{}", "").replace(r"\textasciicircum{}", "")
    bare = bare.replace(r"\textasciitilde{}", "")
    for escaped in (r"\{", r"\}", r"\$", r"\&", r"\%", r"\#"):
        bare = bare.replace(escaped, "")
    assert not set(bare) & set("\\{}$^~&%#")


@pytest.mark.parametrize("cell", ["<script>x</script>", "a | b", "[x](y)", "a\nb", "`x`"])
def test_markdown_of_others_stays_one_cell_of_text(cell: str) -> None:
    lines = write_table(["x", "n"], [[cell, "1"]], "markdown").splitlines()
    assert len(lines) == 3
    assert "<script" not in lines[2]
    assert lines[2].replace(r"\|", "").count("|") == 3


def test_markdown_shows_what_others_wrote(hostile: tuple[str, ...]) -> None:
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for text in hostile:
        table = reader.render(write_table(["x", "n"], [[text, "1"]], "markdown"))
        item = reader.render(f"- {markdown_text(printable(text))}")
        for page, tags in ((table, {"table", "thead", "tbody", "tr", "th", "td"}), (item, {"ul", "li"})):
            assert set(re.findall(r"<(\w+)", page)) == tags, text
            assert " ".join(printable(text).split()) in " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A1", "+1+1", "-x", "@sum(1)", "\t=x", "\r=x"])
def test_spreadsheets_run_no_cell(cell: str) -> None:
    (row,) = list(csv.reader(io.StringIO(write_csv(["a"], [[cell]]), newline="")))[1:]
    assert row == ["'" + cell.replace("\r", " ")]


@pytest.mark.parametrize("cell", ["-1.5", "+3", -2, "x - 1", ""])
def test_numbers_and_other_text_stay(cell: object) -> None:
    assert write_csv(["a", "b"], [[cell, 1]]).splitlines()[1] == f"{cell},1"


def test_no_escape_reaches_the_terminal() -> None:
    assert printable("a\x1b[31mb\x07\nc\u202ed") == "a [31mb c d"


def test_show_keeps_lines_and_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    show("a\tb\n\x1b[31mc\x9b\r\u202e")
    assert capsys.readouterr().out == "a\tb\n [31mc   \n"


def test_commands_print_by_show_alone() -> None:
    """Text of others reaches the terminal by one way; those listed print what is ours, or data for programs."""
    root = Path(__file__).resolve().parents[3]
    files = [path for package in ("unimumer_data", "unimumer_eval") for path in (root / package).rglob("*.py")]
    found = {
        file.relative_to(root).as_posix()
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert found == {
        "unimumer_data/__main__.py",
        "unimumer_data/latex/command.py",
        "unimumer_data/support/commandline.py",
        "unimumer_data/support/completion.py",
        "unimumer_data/support/progress.py",
        "unimumer_data/support/start.py",
        "unimumer_data/support/tables.py",
        "unimumer_data/training/doctor/findings.py",
        "unimumer_eval/callback.py",
        "unimumer_eval/run.py",
    }
