"""The source that writes formulas by hand, through build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.build import command as build
from unimumer_data.errors import ConfigError, SourceError
from unimumer_data.export.command import main as export
from unimumer_data.ink import read_inkml
from unimumer_data.sources.synth import SOURCE

FORMULAS = ["x^2+1", r"\frac{a}{b}", r"\aleph", "", r"\frac{x", "y=2x"]


@pytest.fixture
def formulas(tmp_path: Path) -> Path:
    path = tmp_path / "list.txt"
    path.write_text("\n".join(FORMULAS) + "\n", encoding="utf-8")
    return path


def run(formulas: Path, bank: Path, output: Path, *words: str, options: str = "") -> int:
    options = f"options={{bank: {bank}{options}}}"
    return build.main(
        ["source=synth", f"path={formulas}", "name=made", f"output={output}", options, "workers=1", *words]
    )


def test_formulas_become_samples_and_what_cannot_be_written_is_dropped(
    formulas: Path, hand_bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(formulas, hand_bank, tmp_path, options=f", inkml: {tmp_path / 'ink'}") == 0
    assert "licence: handwriting of" in capsys.readouterr().out
    records = json.loads((tmp_path / "data/made/made.json").read_text())
    assert [one["messages"][1]["value"] for one in records] == ["x ^ { 2 } + 1", r"\frac { a } { b }", "y = 2 x"]
    changes = (tmp_path / "data/made/dropped.jsonl").read_text().splitlines()
    assert [(row["id"], row["reason"]) for row in map(json.loads, changes)] == [
        ("list_3", "missing_symbol"),
        ("list_5", "unbalanced_brace"),
    ]
    assert sorted(one.name for one in (tmp_path / "ink").iterdir()) == [f"list_{n}.inkml" for n in (1, 2, 6)]
    assert read_inkml(tmp_path / "ink" / "list_1.inkml").label == "$x^2+1$"


def test_the_same_seed_gives_the_same_bytes_at_any_worker_count(
    formulas: Path, hand_bank: Path, tmp_path: Path
) -> None:
    sets = {}
    for name, words in {"one": ["workers=1"], "two": ["workers=2"]}.items():
        assert run(formulas, hand_bank, tmp_path / name, *words, options=", copies: 60") == 0
        folder = tmp_path / name / "data" / "made"
        sets[name] = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert sets["one"] == sets["two"] and len(sets["one"]) > 180
    assert run(formulas, hand_bank, tmp_path / "three", options=", copies: 60, seed: 1") == 0
    image = "list_1.png"
    assert (tmp_path / "three/data/made/images" / image).read_bytes() != sets["one"][image]


def test_nothing_is_written_in_a_dry_run(formulas: Path, hand_bank: Path, tmp_path: Path) -> None:
    assert run(formulas, hand_bank, tmp_path, "--dry-run", options=f", inkml: {tmp_path / 'ink'}") == 0
    assert not (tmp_path / "ink").exists() and not (tmp_path / "data").exists()


def test_another_bank_makes_another_set(
    formulas: Path, hand_bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(formulas, hand_bank, tmp_path) == run(formulas, hand_bank, tmp_path) == 0
    assert "unchanged" in capsys.readouterr().out
    facts = json.loads((hand_bank / "bank.json").read_text())
    items = list(SOURCE.read(formulas, "train", bank=str(hand_bank)))
    assert {item.writing.digest for item in items} == {facts["sha256"]}  # type: ignore[union-attr]


def test_a_formula_of_a_test_set_is_refused(
    formulas: Path, hand_bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = tmp_path / "tests.txt"
    tests.write_text("exam\ty = 2 x\n", encoding="utf-8")
    options = f"options={{bank: {hand_bank}}}"
    words = ["source=synth", f"output={tmp_path}", options, "workers=1"]
    assert build.main([*words, f"path={tests}", "name=exam", "split=test"]) == 0
    assert run(formulas, hand_bank, tmp_path) == 1
    assert "list_6 is exam/exam (same label" in capsys.readouterr().err
    assert run(formulas, hand_bank, tmp_path, "guard=drop") == 0
    assert len(json.loads((tmp_path / "data/made/made.json").read_text())) == 2


def test_an_export_says_the_licence_of_the_bank(
    formulas: Path, hand_bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(formulas, hand_bank, tmp_path) == 0
    manifest = json.loads((tmp_path / "data/made/manifest.json").read_text())
    assert "Apache-2.0 of the sample" in manifest["config"]["licence"]
    assert export(["set=made", "format=parquet", f"output={tmp_path / 'out'}", f"root={tmp_path}"]) == 0
    assert "Apache-2.0 of the sample" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "bank is missing"),
        ({"bank": "nowhere"}, "no bank of handwriting"),
        ({"bank": "", "copies": "0"}, "copies must be a whole number"),
        ({"bank": "", "seed": "x"}, "seed must be a whole number"),
    ],
)
def test_mistakes_end_in_a_sentence(formulas: Path, options: dict[str, str], said: str) -> None:
    with pytest.raises((ConfigError, SourceError), match=said):
        list(SOURCE.read(formulas, "train", **options))


def test_lists_in_other_forms(hand_bank: Path, tmp_path: Path) -> None:
    (tmp_path / "some.json").write_text(json.dumps(["x", "y"]))
    (tmp_path / "named.tsv").write_text("one\tx\n\ntwo\ty\nthree\t\n")
    bank = str(hand_bank)
    ids = [
        [item.id for item in SOURCE.read(tmp_path / name, "train", bank=bank)] for name in ("some.json", "named.tsv")
    ]
    assert ids == [["some_0", "some_1"], ["one", "two", "three"]]
    with pytest.raises(SourceError, match="no such file"):
        list(SOURCE.read(tmp_path / "none.txt", "train", bank=bank))
