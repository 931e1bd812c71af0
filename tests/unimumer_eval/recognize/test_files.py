"""The output of a run: resumable while it grows, whole or absent in the end, in the format of its name."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from unimumer_data.errors import ConfigError, OutputError
from unimumer_eval.engines.base import Output
from unimumer_eval.recognize.files import WRITERS, ResultFile
from unimumer_eval.recognize.result import Recognition, make_result

SETTINGS = {"model": "m", "temperature": 0.0}
GOOD = make_result("a b.png", [Output(text=r"\frac { a } { b }", logprob=-0.1)], "vanilla")
BAD = Recognition(name="brøken.png", failure="image: brøken.png: damaged\nor truncated")
ODD = make_result("|*.png", [Output(text="x ^ {")], "vanilla")


def written(path: Path, **options: str) -> str:
    file = ResultFile(path, SETTINGS, **{"copy": "records", **options})  # type: ignore[arg-type]
    for key, result in zip("abc", (GOOD, BAD, ODD), strict=True):
        file.add(key, result)
    assert file.finish("abc") == 1
    return path.read_text(encoding="utf-8")


def test_json_lines_hold_everything(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in written(tmp_path / "out.jsonl").splitlines()]
    assert [row["latex"] for row in rows] == [r"\frac { a } { b }", "", "x ^ {"]
    assert rows[1]["failure"] == BAD.failure
    assert rows[2]["fault"] == "unbalanced_brace"


def test_tables_have_a_line_for_each_input(tmp_path: Path) -> None:
    tsv = [line.split("\t") for line in written(tmp_path / "out.tsv").splitlines()]
    assert tsv[1][:2] == ["a b.png", r"\frac { a } { b }"]
    assert tsv[2] == ["brøken.png", "", "", "image: brøken.png: damaged or truncated", ""]
    written(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["a b.png", "brøken.png", "|*.png"]


def test_documents_for_people(tmp_path: Path) -> None:
    tex = written(tmp_path / "out.tex")
    assert tex.startswith("\\documentclass") and tex.rstrip().endswith("\\end{document}")
    assert "\\[ \\frac { a } { b } \\]" in tex
    assert "% brøken.png: image: brøken.png: damaged or truncated\n" in tex
    assert "### \\|\\*.png" in written(tmp_path / "out.md")


def test_what_is_no_latex_is_printed_and_not_typeset(tmp_path: Path) -> None:
    assert "\\texttt{x \\textasciicircum{} \\{}" in written(tmp_path / "out.tex")
    assert "\n    x ^ {\n" in written(tmp_path / "out.md")


ANSWERS = (
    r"\input{/etc/passwd}",
    r"x \immediate\write18{id}",
    r"\begin{filecontents}{a}x\end{filecontents}",
    r"\href{javascript:window.harm=1}{x}",
    r"x } \input{secret}",
    "=cmd|' /C calc'!A1",
    "+ 1",
    "- x",
    "@sum(1)",
)


def test_no_name_and_no_answer_runs_anything(tmp_path: Path, hostile: tuple[str, ...]) -> None:
    texts = [*ANSWERS, *hostile, "\t=1+1", "=1+1\r\n=2", "\x9b31m \x1b]0;title\x07 \u202e"]
    results = [make_result(text, [Output(text=text)], "vanilla") for text in texts]
    results += [Recognition(name=text, failure=text) for text in texts]
    for suffix in (".csv", ".tsv", ".tex", ".md"):
        file = ResultFile(tmp_path / f"out{suffix}", SETTINGS, copy="records")
        for number, result in enumerate(results):
            file.add(str(number), result)
        assert file.finish(map(str, range(len(results)))) == len(texts)
        said = (tmp_path / f"out{suffix}").read_text(encoding="utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", said), suffix
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.reader(table))
    rows += [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 2 * len(results) + 2
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]
    lines = [line for line in (tmp_path / "out.tex").read_text(encoding="utf-8").splitlines() if line[:1] != "%"]
    commands = set(re.findall(r"\\[a-zA-Z]+", "\n".join(lines)))
    assert not commands & {r"\input", r"\immediate", r"\write", r"\href", r"\cmd"}
    assert "{filecontents}" not in "".join(lines)
    page = MarkdownIt("commonmark", {"html": True}).render((tmp_path / "out.md").read_text(encoding="utf-8"))
    between_dollars = {"h1", "blockquote", "ul", "ol", "li"}  # which this reader does not know
    assert set(re.findall(r"<(\w+)", page)) - between_dollars == {"h3", "p", "pre", "code"}


def test_the_copy_form_goes_into_every_format(tmp_path: Path) -> None:
    for suffix in WRITERS:
        assert "frac(a, b)" in written(tmp_path / f"out{suffix}", copy="typst"), suffix


def test_an_unfinished_run_is_known_and_a_torn_line_is_not(tmp_path: Path) -> None:
    path = tmp_path / "out.tsv"
    first = ResultFile(path, SETTINGS, copy="records")
    first.add("a", GOOD)
    first.add("b", BAD)
    first.close()
    journal = tmp_path / "out.tsv.partial"
    journal.write_bytes(journal.read_bytes()[:-9])  # as a kill in the middle of a line leaves it
    second = ResultFile(path, SETTINGS, copy="records")
    assert (second.known("a"), second.known("b"), second.resumed) == (True, False, 1)
    assert not path.exists()
    second.add("b", BAD)
    assert second.finish("ab") == 1
    assert not journal.exists()
    assert path.read_text(encoding="utf-8").count("\n") == 3


def test_other_settings_and_a_finished_file_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    begun = ResultFile(path, SETTINGS, copy="records")
    begun.add("a", GOOD)
    with pytest.raises(OutputError, match=r"temperature: 0\.0 -> 1\.0"):
        ResultFile(path, {**SETTINGS, "temperature": 1.0}, copy="records")
    begun.finish("a")
    with pytest.raises(OutputError, match="exists"):
        ResultFile(path, SETTINGS, copy="records")
    assert ResultFile(path, SETTINGS, copy="records", resume=False).resumed == 0


def test_an_unknown_format_is_named_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.jsonl, \.tsv.*did you mean '\.tsv'"):
        ResultFile(tmp_path / "out.tvs", SETTINGS, copy="records")
