"""``unimumer latex``: streaming, in order, refusals with their line number."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def run(*arguments: str, lines: bytes) -> tuple[list[str], str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "unimumer_data", "latex", *arguments], input=lines, capture_output=True
    )
    return done.stdout.decode().split("\n"), done.stderr.decode(), done.returncode


def test_json_answers_stay_in_order_with_null_for_the_refused() -> None:
    out, err, code = run("records", "--json", lines=b"x^2\nx^{\n\xff\n\\frac12\r\n")
    assert [json.loads(line) for line in out[:-1]] == ["x ^ { 2 }", None, None, r"\frac { 1 } { 2 }"]
    assert "line 2: token 3" in err and "line 3: not UTF-8" in err
    assert code == 1


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("records", r"\lim _ { x \rightarrow 0 } \mathbf x".replace(r"\mathbf x", "x")),
        ("strict", r"\lim _ { x \rightarrow 0 } \mathbf { x }"),
        ("loose", r"l i m _ { x \rightarrow 0 } x"),
        ("tokens", r"\lim _ { x \to 0 } \mathbf { x }"),
        ("count", r"\lim: 1, _: 1, x: 2, \rightarrow: 1, 0: 1"),
        ("tree", "\\lim\n\tx (below)\n\t\\rightarrow (right)\n\t0 (right)\nx (right)\n"),
    ],
)
def test_forms(form: str, answer: str) -> None:
    out, err, code = run(form, lines=rb"\lim_{x \to 0} \mathbf{x}")
    assert ("\n".join(out), err, code) == (answer + "\n", "", 0)


def test_corpus_and_repair() -> None:
    out, err, code = run("records", "--corpus", "crohme", "--repair", lines=rb"\sum_{i} {x")
    assert out[0] == r"\sum \limits _ { i } x"
    assert "line 1: repaired unbalanced_brace" in err
    assert code == 0


def test_wrong_form_is_a_usage_error() -> None:
    _, err, code = run("recrods", lines=b"x")
    assert code == 2 and "records" in err
