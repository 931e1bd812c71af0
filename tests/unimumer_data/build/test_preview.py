"""Contact sheets."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.build import command as build
from unimumer_data.build.preview import contact_sheet, main, set_samples

ROOT = Path(__file__).resolve().parents[3]


def test_every_picture_is_on_the_sheet_and_none_is_cut() -> None:
    colours = [(index, 200, 50) for index in range(30)]
    samples = [
        (f"id_{index}", "x", Image.new("RGB", (90 + index, 40), colour)) for index, colour in enumerate(colours)
    ]
    sheet = contact_sheet(samples, width=400)
    areas = {colour: count for count, colour in sheet.getcolors(1 << 20)}
    assert [areas.get(colour) for colour in colours] == [(90 + index) * 40 for index in range(30)]


def test_a_huge_picture_is_scaled_down_with_its_aspect() -> None:
    sheet = contact_sheet([("wide", "", Image.new("L", (8000, 200), 0))], width=500)
    assert sheet.width == 500
    assert 0 < sum(count for count, colour in sheet.getcolors(1 << 20) if colour == (0, 0, 0)) <= 484 * 13


def test_labels_are_drawn_under_the_ids_and_cut_where_they_are_long() -> None:
    def inked(label: str) -> int:
        sheet = contact_sheet([("id", label, Image.new("L", (300, 40), 255))], width=400)
        return sum(count for count, colour in sheet.getcolors(1 << 20) if colour not in ((200, 200, 200), (255,) * 3))

    assert inked("") < inked("x + y") < inked("x + y " * 20)
    assert contact_sheet([("id", "x " * 5000, Image.new("L", (300, 40), 255))], width=400).height < 150


def test_a_built_set_shows_its_labels(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("L", (50, 50), 0).save(folder / "a.png")
    (folder / "t.tsv").write_text("a.png\tx^2\n")
    assert build.main(["source=table", f"path={folder}", "name=s", f"output={tmp_path}", "workers=1"]) == 0
    assert [(name, label) for name, label, _ in set_samples(tmp_path / "data/s")] == [("a", "x ^ { 2 }")]
    assert main([f"path={tmp_path / 'data/s'}", f"output={tmp_path / 'sheet.png'}"]) == 0
    assert main([f"path={tmp_path / 'data/s'}", f"output={tmp_path / 'sheet.unknown'}"]) == 1


def test_the_command_draws_ink_and_pictures_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (50, 50), 0).save(tmp_path / "mine.png")
    ink = next((ROOT / "unimumer_data" / "sample").rglob("*.inkml"))
    (tmp_path / "drawn.inkml").write_bytes(ink.read_bytes())
    (tmp_path / "broken.inkml").write_text("<ink>", encoding="utf-8")
    assert main([f"path={tmp_path}", f"output={tmp_path / 'sheet.png'}"]) == 0
    printed = capsys.readouterr()
    assert "2 of 3 samples" in printed.out
    assert "broken.inkml" in printed.err
    assert Image.open(tmp_path / "sheet.png").size[0] == 1600


def test_mistakes_end_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"path={tmp_path / 'nowhere'}"]) == 1
    assert "correct path=" in capsys.readouterr().err
    assert main(["pth=x"]) == 2
    assert "did you mean 'path'" in capsys.readouterr().err
