"""The leaderboard is what the score files say."""

import json
from pathlib import Path

import pytest

from unimumer_eval.leaderboard import END, START, main
from unimumer_eval.report.data import scores_json
from unimumer_eval.scores import Pair, score_set

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def board(tmp_path):
    (tmp_path / "README.md").write_text(f"# A\n{START}\nold\n{END}\nlast\n", encoding="utf-8")
    pairs = [Pair(id="a", gt="x ^ { 2 }", pred="x^2"), Pair(id="b", gt="y", pred="z")]
    (tmp_path / "scores.json").write_text(scores_json([score_set("toy", pairs)], {}), encoding="utf-8")

    def run(*words: str) -> int:
        places = (f"folder={tmp_path / 'board'}", f"page={tmp_path / 'board.md'}", f"readme={tmp_path / 'README.md'}")
        return main([*words, *places])

    def add(**more: str) -> int:
        given = {"entry": "m", "model": "M 3B", "source": "us", "decoding": "greedy"} | more
        return run(f"add={tmp_path / 'scores.json'}", *(f"{key}={value}" for key, value in given.items()))

    run.add = add
    return run


def test_raw_and_strict_stand_side_by_side(board, tmp_path):
    assert board.add() == 0
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("# A\n") and readme.endswith("\nlast\n") and "old" not in readme
    assert "| M 3B | toy | 2 | 0.00 | 50.00 [" in readme
    page = (tmp_path / "board.md").read_text(encoding="utf-8")
    assert "**M 3B**: us. Decoding: greedy." in page


def test_cdm_is_shown_where_it_was_scored(board, tmp_path):
    pairs = [Pair(id="a", gt="x + 1", pred="x + 1"), Pair(id="b", gt="y", pred="z")]
    plain = score_set("plain", pairs)
    seen = score_set("seen", pairs, text_metrics=True)
    (tmp_path / "scores.json").write_text(scores_json([plain, seen], {}), encoding="utf-8")
    assert board.add() == 0
    rows = [line for line in (tmp_path / "README.md").read_text(encoding="utf-8").splitlines() if "M 3B" in line]
    assert [row.split(" | ")[-1] for row in rows] == ["- |", "50.00 |"]


def test_a_set_is_replaced_and_a_variant_added(board, tmp_path):
    assert board.add() == board.add() == board.add(variant="intact labels") == 0
    page = (tmp_path / "board.md").read_text(encoding="utf-8")
    assert page.count("| toy |") == 1 and page.count("| toy (intact labels) |") == 1


def test_contaminated_rows_stand_below_the_clean_ones(board, tmp_path):
    ledger = tmp_path / "board" / "contamination.yaml"
    ledger.parent.mkdir()
    rows = [{"system": "A", "set": "toy", "share": 92.6, "found": "Looked up.", "source": "us"}]
    ledger.write_text(json.dumps(rows), encoding="utf-8")
    assert board.add(entry="a", model="A") == board.add(entry="b", model="B") == 0
    page = (tmp_path / "board.md").read_text(encoding="utf-8")
    clean, _, contaminated = page.partition("## Contaminated")
    assert "| B | toy |" in clean and "| A | toy |" not in clean
    assert "| A | toy |" in contaminated and "92.6 %" in contaminated
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert readme.index("| B | toy |") < readme.index("| A | toy |")
    assert "| 92.6 % |" in readme.splitlines()[readme.splitlines().index(END) - 1]


def test_a_damaged_ledger_is_refused_by_row(board, tmp_path, capsys):
    ledger = tmp_path / "board" / "contamination.yaml"
    ledger.parent.mkdir()
    ledger.write_text("- {system: A, set: toy, shard: 3}", encoding="utf-8")
    assert board.add() == 2
    assert "row 1" in capsys.readouterr().err


def test_check_tells_what_is_out_of_date(board, tmp_path, capsys):
    board.add()
    assert board("check=true") == 0
    (tmp_path / "board.md").write_text("edited", encoding="utf-8")
    assert board("check=true") == 1
    assert "board.md is out of date" in capsys.readouterr().err
    assert (tmp_path / "board.md").read_text(encoding="utf-8") == "edited"


def test_readme_without_markers_is_an_error(board, tmp_path, capsys):
    (tmp_path / "README.md").write_text("# A\n", encoding="utf-8")
    assert board.add() == 1
    assert START in capsys.readouterr().err


def test_add_needs_to_know_where_predictions_are_from(board, capsys):
    assert board("add=scores.json", "entry=x") == 2
    assert "model=, source=, decoding=" in capsys.readouterr().err


def test_the_committed_page_is_up_to_date(monkeypatch):
    monkeypatch.chdir(ROOT)
    readme = ROOT / "README.md"
    shown = readme.exists() and START in readme.read_text(encoding="utf-8")
    assert main(["check=true"] if shown else ["check=true", "readme=null"]) == 0
