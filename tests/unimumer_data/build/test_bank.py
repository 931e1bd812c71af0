"""`unimumer bank`: what goes into a bank, what is left out and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.build.bank import main
from unimumer_data.errors import SourceError
from unimumer_data.handwriting.bank import read_bank
from unimumer_data.ink import Ink, Symbol, write_inkml

SAMPLE = Path(__file__).resolve().parents[3] / "unimumer_data" / "sample" / "train"


def save(folder: Path, name: str, truth: str, symbols: list[tuple[str, list[list[float]]]], **notes: str) -> None:
    """An ink file with a segmentation."""
    traces: dict[str, list[float]] = {}
    marked = []
    for own, strokes in symbols:
        ids = [str(len(traces) + i) for i in range(len(strokes))]
        traces |= dict(zip(ids, strokes, strict=True))
        marked.append(Symbol(label=own, traces=tuple(ids)))
    folder.mkdir(parents=True, exist_ok=True)
    ink = Ink(name=name, traces=traces, annotations={"truth": truth, **notes}, symbols=tuple(marked))
    (folder / f"{name}.inkml").write_text(write_inkml(ink), encoding="utf-8")


def letter(x: float, *, y: float = 0.0, high: float = 43.0) -> list[list[float]]:
    """A letter of one stroke that stands on y; an em is about 100 units."""
    return [[x, y - high, x + 10, y, x + 20, y - high, x + 40, y]]


def dropped(folder: Path) -> list[tuple[str, str]]:
    lines = (folder / "left_out.jsonl").read_text(encoding="utf-8").splitlines()
    return [(row["label"], row["reason"]) for row in map(json.loads, lines)]


def test_the_bundled_ink_becomes_a_bank_with_writers_sizes_and_licence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "bank"
    assert main([f"path={SAMPLE}", f"output={output}", "licence=Apache-2.0", "workers=1"]) == 0
    said = capsys.readouterr().out
    assert "licence: Apache-2.0" in said
    bank = read_bank(output)
    assert bank.licence == "Apache-2.0"
    assert {name.rpartition("/")[2] for name in bank.writers} == {"w1", "w2", "w3", "w4", "w5"}
    x = json.loads(next(iter(bank.symbols["x"].values()))[0])
    high = max(y for stroke in x for y in stroke[1::2]) - min(y for stroke in x for y in stroke[1::2])
    assert 250 < high < 900  # thousandths of an em; in print 430
    assert Image.open(output / "sheet.png").width == 1600


def test_workers_change_no_byte(tmp_path: Path) -> None:
    for workers in (1, 2):
        assert main([f"path={SAMPLE}", f"output={tmp_path / str(workers)}", f"workers={workers}"]) == 0
    for name in ("symbols.tsv", "left_out.jsonl", "bank.json", "sheet.png"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_a_finished_bank_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "mine").write_text("x")
    assert main([f"path={SAMPLE}", f"output={tmp_path / 'bank'}"]) == 1
    assert "exists; choose another output" in capsys.readouterr().err


def test_broken_segmentations_are_left_out_with_a_reason(tmp_path: Path) -> None:
    corpus, output = tmp_path / "ink", tmp_path / "bank"
    save(corpus, "good_1", "a b", [("a", letter(0)), ("b", letter(60, high=70))], writer="w")
    save(corpus, "other_1", "a b", [("a", letter(0)), ("c", letter(60))], writer="w")
    save(corpus, "low_1", "a b c", [("a", letter(0)), ("b", letter(60, y=200)), ("c", letter(120))], writer="w")
    far = [("a", letter(0) + letter(500)), ("b", letter(60, high=70)), ("c", letter(120)), ("d", letter(180, high=70))]
    save(corpus, "wide_1", "a b c d", far, writer="w")
    save(corpus, "dot_1", "a b", [("a", [[5.0, 5.0]]), ("b", letter(60, high=70))], writer="w")
    save(corpus, "none_1", "a", [], writer="w")
    (corpus / "none_1.inkml").write_text(
        '<ink><annotation type="truth">a</annotation><trace id="0">0 0, 9 9</trace></ink>'
    )
    (corpus / "torn_1.inkml").write_text("<ink><trace")
    assert main([f"path={corpus}", f"output={output}", "workers=1"]) == 0
    reasons = dropped(output)
    assert ("c", "label_differs") in reasons
    assert ("b", "misplaced") in reasons
    assert ("a", "scattered") in reasons
    assert ("a", "point") in reasons
    assert ("", "no_segmentation") in reasons
    assert ("", "unreadable") in reasons
    counts = json.loads((output / "bank.json").read_text())["left_out"]
    assert sum(counts.values()) == len(reasons)


def test_a_symbol_of_an_odd_size_is_left_out(tmp_path: Path) -> None:
    for number in range(6):
        save(tmp_path / "ink", f"n_{number}", "a b", [("a", letter(0)), ("b", letter(60, high=70))], writer="w")
    save(tmp_path / "ink", "odd_1", "a b b", [("a", letter(0, high=3)), ("b", letter(60)), ("b", letter(120))])
    odd = tmp_path / "ink" / "odd_1.inkml"
    odd.write_text(odd.read_text().replace("10 0, 20 -3, 40 0", "2 0, 3 -3, 4 0"))
    assert main([f"path={tmp_path / 'ink'}", f"output={tmp_path / 'bank'}", "workers=1"]) == 0
    assert ("a", "odd_size") in dropped(tmp_path / "bank")


def test_a_writer_is_told_by_the_annotation_or_by_the_id(tmp_path: Path) -> None:
    two = [("a", letter(0)), ("b", letter(60, high=70))]
    save(tmp_path / "ink" / "one", "f1_1", "a b", two, writer="ann")
    save(tmp_path / "ink" / "two", "f2_1", "a b", two, UI="2009210-947-0.ink")
    save(tmp_path / "ink" / "two", "f3_1", "a b", two, UI="2009210-947-12.ink", writer="Unknown")
    assert main([f"path={tmp_path / 'ink'}", f"output={tmp_path / 'bank'}", "workers=1"]) == 0
    writers = read_bank(tmp_path / "bank").writers
    assert {name: one.inks for name, one in writers.items()} == {"one/ann": 1, "two/2009210-947": 2}


def test_mathwriting_symbols_come_from_its_list_or_its_folder(tmp_path: Path) -> None:
    corpus = tmp_path / "mathwriting"
    save(corpus / "train", "00aa", "", [("", letter(0)), ("", letter(60, high=70))], normalizedLabel="ab")
    rows = [
        {"sourceSampleId": "00aa", "strokeIndices": [0], "label": "a"},
        {"sourceSampleId": "00aa", "strokeIndices": [7], "label": "b"},
        {"sourceSampleId": "11bb", "strokeIndices": [0], "label": "b"},
    ]
    (corpus / "symbols.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "no json\n")
    words = ["source=mathwriting", f"path={corpus}"]
    assert main([*words, f"output={tmp_path / 'listed'}"]) == 0
    assert set(read_bank(tmp_path / "listed").symbols) == {"a"}
    assert "CC BY-NC-SA 4.0" in read_bank(tmp_path / "listed").licence
    assert sorted(reason for _, reason in dropped(tmp_path / "listed")) == ["bad_row", "bad_row", "unreadable"]
    (corpus / "symbols.jsonl").unlink()
    save(corpus / "symbols", "22cc", "", [("", letter(0))], label=r"\alpha")
    assert main([*words, f"output={tmp_path / 'folder'}"]) == 0
    assert set(read_bank(tmp_path / "folder").symbols) == {r"\alpha"}


def test_half_a_root_is_left_out(tmp_path: Path) -> None:
    hook: list[float] = [0, -40, 20, 0, 40, -90]
    line: list[float] = [40, -90, 160, -90]
    a = ("a", letter(60))
    save(tmp_path / "ink", "whole_1", r"\sqrt{a}", [(r"\sqrt", [hook + line[2:]]), a], writer="w")
    save(tmp_path / "ink", "lines_1", r"\sqrt{a}", [(r"\sqrt", [hook, line]), a], writer="w")
    save(tmp_path / "ink", "hook_1", r"\sqrt{a}", [(r"\sqrt", [hook]), a], writer="w")
    assert main([f"path={tmp_path / 'ink'}", f"output={tmp_path / 'bank'}", "workers=1"]) == 0
    assert dropped(tmp_path / "bank") == [(r"\sqrt", "half_root")]
    assert len(read_bank(tmp_path / "bank").symbols[r"\sqrt"]["ink/w"]) == 2


def test_dots_that_make_no_picture_stop_no_bank(tmp_path: Path) -> None:
    dots = [[60.0, -18.0], [94.0, -10.0], [144.0, -16.0]]
    save(tmp_path / "ink", "a", r"x \ldots y", [("x", letter(0)), (r"\ldots", dots), ("y", letter(170))])
    assert main([f"path={tmp_path / 'ink'}", f"output={tmp_path / 'bank'}", "workers=1"]) == 0
    assert sorted(read_bank(tmp_path / "bank").symbols) == [r"\ldots", "x", "y"]


def test_mistakes_end_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"path={tmp_path / 'nowhere'}", f"output={tmp_path / 'b'}"]) == 1
    assert main(["source=mathwriting", f"path={tmp_path}", f"output={tmp_path / 'b'}"]) == 1
    save(tmp_path / "ink", "a_1", "a", [("b", letter(0))])
    assert main([f"path={tmp_path / 'ink'}", f"output={tmp_path / 'b'}", "workers=1"]) == 1
    assert "no symbol in it can be used (label_differs: 1)" in capsys.readouterr().err
    assert main([f"path={tmp_path}"]) == 2
    assert not (tmp_path / "b").exists()


def test_a_damaged_bank_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no bank of handwriting; make one: unimumer bank"):
        read_bank(tmp_path / "none")
    assert main([f"path={SAMPLE}", f"output={tmp_path / 'bank'}", "workers=1"]) == 0
    file = tmp_path / "bank" / "symbols.tsv"
    file.write_text(file.read_text() + "x\tw\ti\t[[0,0]]\n")
    with pytest.raises(SourceError, match=r"damaged bank .* make it again"):
        read_bank(tmp_path / "bank")
