"""Changed inks: exact labels, the same writer's strokes, nothing that can be mistaken, every ink accounted for."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest

import unimumer_data
from unimumer_data.build.faithful import main
from unimumer_data.handwriting.changed import Usual, change
from unimumer_data.handwriting.collect import collect
from unimumer_data.handwriting.spans import BAR, name_of, spans_of
from unimumer_data.ink import Ink, read_inkml
from unimumer_data.latex import canonical

SAMPLE = Path(unimumer_data.__file__).parent / "sample"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("faithful") / "out"
    assert main([f"set={SAMPLE}", f"output={output}"]) == 0
    return output


def inks(folder: Path) -> list[Ink]:
    return [read_inkml(path) for path in sorted(folder.glob("*.inkml"))]


def written(ink: Ink) -> Counter[str]:
    """The symbols of the segmentation."""
    return Counter(name_of(symbol.label) for symbol in ink.symbols)


def test_every_ink_is_changed_or_listed(folder: Path) -> None:
    dropped = [json.loads(line) for line in (folder / "left_out.jsonl").read_text().splitlines()]
    kept = [path.stem for path in folder.glob("*.inkml")]
    assert len(kept) > 40
    assert sorted(kept + [one["id"] for one in dropped]) == sorted(path.stem for path in SAMPLE.rglob("*.inkml"))
    assert all(one["reason"] and one["message"] for one in dropped)


def test_the_label_is_what_is_written(folder: Path) -> None:
    for ink in inks(folder):
        printed = Counter("-" if span.token == BAR else span.token for span in spans_of(ink.label)[0])
        if r"\begin" not in printed:  # its parentheses are tokens of their own in ink only
            assert written(ink) == printed, ink.name
        assert canonical(ink.label, "loose") != canonical(ink.annotations["plausible"], "loose")


def test_strokes_are_kept_or_of_the_same_writer(folder: Path) -> None:
    originals = {path.stem: read_inkml(path) for path in SAMPLE.rglob("*.inkml")}
    for path in folder.glob("*.inkml"):
        before, after = originals[path.stem], read_inkml(path)
        lost = written(before) - written(after)
        exchanged = after.annotations["change"].startswith("exchanged")
        assert exchanged == (not lost) and sum(lost.values()) <= 1
        assert after.writer == before.writer
        kept = [points for points in before.traces.values() if points in after.traces.values()]
        assert len(kept) >= len(before.traces) - 8


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert main([f"set={SAMPLE}", f"output={tmp_path}/again"]) == 0
    for path in folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    assert main([f"set={SAMPLE}", f"output={tmp_path}/other", "seed=1"]) == 0
    pairs = [(path.read_bytes(), tmp_path / "other" / path.name) for path in folder.glob("*.inkml")]
    assert any(other.exists() and other.read_bytes() != data for data, other in pairs)


def test_the_least_usual_change_is_taken() -> None:
    ink = read_inkml(SAMPLE / "test" / "e049_w5.inkml")  # y^3
    found = [one for path in sorted(SAMPLE.rglob("*.inkml")) for one in collect(read_inkml(path)).segments]
    own = list({one.label: one for one in found if one.label.isdigit()}.values())
    labels = [["y", "^", str(digit)] for digit in range(10) if digit != 8 for _ in range(100)]
    labels += [[letter, "^", "3"] for letter in "abcdefghijklmnopqrstuvwxyz" for _ in range(100)]
    changed = change(ink, own, Usual(labels), random.Random(0))
    assert isinstance(changed, Ink) and changed.label == "y ^ 8"


def test_what_cannot_be_done_is_said(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ink").mkdir()
    (tmp_path / "ink" / "plain.inkml").write_text(
        '<ink><annotation type="truth">$1$</annotation><trace id="0">1 1, 2 2</trace></ink>'
    )
    (tmp_path / "ink" / "torn.inkml").write_text("<ink>")
    assert main([f"set={tmp_path}/ink", f"output={tmp_path}/out"]) == 1
    assert main([f"set={tmp_path}/none", f"output={tmp_path}/out"]) == 1
    assert main([f"set={SAMPLE}", f"output={folder}"]) == 1
    assert not (tmp_path / "out").exists()
    nothing, missing, there = (line for line in capsys.readouterr().err.splitlines() if "Error" in line)
    assert "no ink in it can be changed (no_segmentation: 1, unreadable: 1)" in nothing
    assert "no such folder" in missing
    assert "exists; choose another output=" in there
