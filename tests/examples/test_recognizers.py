"""Other people's recognisers behind the same engine: one for real, two as far as one can without their weights."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from PIL import Image

from unimumer_data.__main__ import main as unimumer

ROOT = Path(__file__).resolve().parents[2]
INK = ROOT / "unimumer_data" / "sample" / "test"
MATHNOTE = "engine=python:examples.recognizers.mathnote:Mathnote"


@pytest.fixture(autouse=True)
def _from_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.chdir(tmp_path)


def test_mistakes_of_a_real_recogniser_become_confusions_and_an_error_corpus(tmp_path: Path) -> None:
    pytest.importorskip("mathnote_ocr", reason="needs the extra [mathnote]")
    files = sorted(INK.glob("*.inkml"))[:4]
    for file in files:
        (tmp_path / "ink").mkdir(exist_ok=True)
        (tmp_path / "ink" / file.name).write_bytes(file.read_bytes())
    assert unimumer(["eval", "data=ink", MATHNOTE, "output=results", "cdm=false"]) == 0
    rows = json.loads(Path("results/ink_pred.json").read_text("utf-8"))
    assert len(rows) == 4 and all(row["pred"] for row in rows)
    wrong = [row for row in rows if row["pred"].split() != row["gt"].split()]
    assert wrong, "a recogniser of a tenth of CROHME would have to be lucky"
    assert unimumer(["confusions", "predictions=results", "output=confusions"]) == 0
    assert unimumer(["errors", "predictions=results/ink_pred.json", "name=ink", "max_edit_share=1"]) == 0
    corpus = json.loads(Path("data/ink/ink_errors.json").read_text("utf-8"))
    assert {row["img_id"] for row in corpus} <= {row["img_id"] for row in wrong}
    assert corpus


def test_strokes_are_scaled_and_cleaned_as_mathnote_needs_them() -> None:
    from examples.recognizers.mathnote import SIZE, prepared

    [first, dot] = prepared([[(500.0, 900.0), (500.0, 900.0), (500.0, 1200.0)], [(600.0, 900.0)]])
    assert first == [(0.0, 0.0), (0.0, SIZE)]
    assert dot == [(SIZE / 3, 0.0)]


def test_pix2tex_gets_a_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = ModuleType("pix2tex.cli")
    module.LatexOCR = lambda: lambda picture: f"{picture.mode} {picture.width}"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pix2tex", ModuleType("pix2tex"))
    monkeypatch.setitem(sys.modules, "pix2tex.cli", module)
    assert _read("pix2tex:Pix2Tex", tmp_path) == ["R G B 7 0", "R G B 8 0"]


def test_texteller_gets_pictures_in_batches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = SimpleNamespace(
        load_model=lambda: "m",
        load_tokenizer=lambda: "t",
        img2latex=lambda model, tokenizer, arrays: [f"{model} {tokenizer} {array.shape[1]}" for array in arrays],
    )
    monkeypatch.setitem(sys.modules, "texteller", module)  # type: ignore[arg-type]
    assert _read("texteller:TexTeller", tmp_path) == ["m t 7 0", "m t 8 0"]


def _read(name: str, folder: Path) -> list[str]:
    for width in (70, 80):
        Image.new("RGB", (width, 40), "white").save(folder / f"{width}.png")
    words = ["70.png", "80.png", f"engine=python:examples.recognizers.{name}", "output=out.jsonl"]
    assert unimumer(["recognize", *words]) == 0
    return [json.loads(line)["latex"] for line in Path("out.jsonl").read_text("utf-8").splitlines()]
