"""The priced plan says what a build then does, and where missing corpora are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.build import command as build
from unimumer_data.build import price as pricing

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """400 pictures of noise, of which every tenth has a broken label."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(400):
        Image.effect_noise((60 + number % 20, 40), 90).save(folder / f"p{number}.png")
    labels = ["x ^ {" if number % 10 == 3 else f"x_{number % 7}" for number in range(400)]
    (folder / "t.tsv").write_text("".join(f"p{number}\t{label}\n" for number, label in enumerate(labels)))
    return folder


def cells(printed: str, name: str) -> list[str]:
    """The cells of a row; two spaces or more are between them."""
    (line,) = re.findall(rf"^{name} .*$", printed, re.MULTILINE)
    return re.split(r"  +", line)


def number(cell: str) -> float:
    return float(re.sub(r"[~,]", "", cell))


def test_what_the_plan_says_is_what_the_build_does(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["source=table", f"path={corpus}", "name=s", "tasks=vanilla,tree", f"output={tmp_path / 'out'}"]
    assert build.main([*words, "--plan", "workers=7"]) == 0
    printed = capsys.readouterr().out
    assert "7 workers" in printed and f"{corpus}: is there (s). Licence: your own data" in printed
    assert not (tmp_path / "out").exists()
    assert build.main([*words, "workers=1"]) == 0
    manifest = json.loads((tmp_path / "out/data/s/manifest.json").read_text())
    _, samples, pictures, records, read, written, *_ = cells(printed, "s")
    assert number(samples) == manifest["samples"]["read"]
    assert number(pictures) == pytest.approx(manifest["images"]["count"], rel=0.05)
    assert number(records) == pytest.approx(2 * manifest["samples"]["kept"], rel=0.05)
    size = sum(file.stat().st_size for file in corpus.glob("*.png"))
    assert float(read.removesuffix(" MB")) == pytest.approx(size / 1e6, rel=0.1)
    folder = tmp_path / "out/data/s"
    size = sum(file.stat().st_size for file in folder.glob("s*.json"))
    size += sum(-(-file.stat().st_size // 4096) * 4096 for file in folder.glob("images/*"))
    assert float(written.removesuffix(" MB")) == pytest.approx(size / 1e6, rel=0.1)


def test_missing_corpora_are_estimated_by_those_that_are_there_and_named(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "sets.yaml"
    recipe.write_text(
        f"output: {tmp_path}\ntasks: [vanilla]\nsets:\n- {{name: mine, source: table, path: {corpus}}}\n"
        "- {name: big, source: mathwriting, path: corpora/mw, published: 4000}\n"
        "- {name: theirs, source: table, path: corpora/theirs, package: 'https://example.org/a.zip (1 GB)'}\n"
    )
    assert build.main([str(recipe), "--plan"]) == 0
    printed = capsys.readouterr().out
    mine, big, everything = (cells(printed, name) for name in ("mine", "big", "all"))
    assert big[1] == "~4,000" and number(big[3]) == pytest.approx(10 * number(mine[3]), rel=0.01)
    assert cells(printed, "theirs")[1:] == ["?"] * 8
    assert everything[1] == "~4,400"
    assert "corpora/mw: MISSING (big). Licence: CC BY-NC-SA 4.0" in printed
    assert "get it from https://storage.googleapis.com/mathwriting_data/mathwriting-2024.tgz (2.9 GB)" in printed
    assert "get it from https://example.org/a.zip (1 GB)" in printed


def test_no_room(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Usage:
        free = 1000

    monkeypatch.setattr(pricing.shutil, "disk_usage", lambda path: Usage)
    assert build.main(["source=table", f"path={corpus}", "name=s", f"output={tmp_path}", "--plan"]) == 0
    assert f"1.0 kB free in {tmp_path}: TOO LITTLE" in capsys.readouterr().out


def test_the_plan_of_the_paper_prices_every_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main([str(ROOT / "recipes/data/paper.yaml"), "--plan", "output=nowhere"]) == 0
    printed = capsys.readouterr().out
    for name in ("crohme_2014", "hme100k_train", "mne_n3", "im2latex_v2_train", "mathwriting_symbols"):
        assert len(cells(printed, name)) == 9
    assert printed.count("get it from http") + printed.count("get it from the repository") >= 8
