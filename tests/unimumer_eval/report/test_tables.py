"""Tables for the screen, Markdown and LaTeX."""

from unimumer_eval.report.tables import comparison_table, latex_table, markdown_table, screen_table
from unimumer_eval.scores import Pair, compare, score_set


def toy(pred: str = "x^2", gt: str = "x ^ { 2 }", name: str = "my_set"):
    return score_set(name, [Pair(id="a", gt=gt, pred=pred), Pair(id="b", gt="y", pred="z")], resamples=20)


def test_screen_shows_published_figures_and_strict_ones():
    text = screen_table([toy()])
    lines = [line.split() for line in text.splitlines() if line.startswith("my_set")]
    assert lines[0][:4] == ["my_set", "2", "0.0000", "50.0000"]
    assert lines[1][1:3] == ["0.00", "50.00"]


def test_screen_names_labels_that_cannot_be_read():
    assert "1 of 2 labels cannot be read" in screen_table([toy(gt=r"\frac { 1 } {")])


def test_columns_line_up():
    first, *rest = screen_table([toy(), toy(name="another_long_name")]).split("\n\n")[0].splitlines()[1:]
    assert {len(line) for line in rest} == {len(first)}


def test_markdown_is_a_table():
    lines = markdown_table([toy()]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2].startswith("| my_set | 2 | 0.00 | 50.00 [")


def test_tables_have_cdm_where_every_set_has_it():
    plain = toy()
    seen = score_set("my_set", [sample.pair for sample in plain.samples], text_metrics=True)
    assert "50.00" in screen_table([seen]).rpartition("On paper")[2].splitlines()[2]
    head, _, row = markdown_table([seen]).splitlines()
    assert head.endswith("| ExpRate@CDM | CDM F1 | Structure F1 | Similarity |")
    assert row.endswith("| 50.00 | 50.00 | 50.00 | 62.50 |")
    assert "CDM" not in markdown_table([seen, plain])


def test_latex_escapes_names():
    text = latex_table([toy()])
    assert r"my\_set & 2 & 0.00" in text
    assert text.count(r"\\") == 2
    assert r"\begin{tabular}{lrrrrrrrrrr}" in text


def test_comparison_names_both_runs():
    text = comparison_table("old", "new", [compare(toy("x"), toy(), resamples=20)])
    assert "old" in text and "new" in text and "+50.00" in text
